// Pictures from the `media` table. A key's bytes never change, so browsers may keep them for good; whatever the bytes are,
// a browser treats them as a picture and runs nothing in them.
import type { AppDeps } from '../http/deps.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { findMedia } from './store.ts';

const HEADERS = {
  'Cache-Control': 'public, max-age=31536000, immutable',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  // Shops on other origins show these pictures.
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** GET /media/{key}; a key may have slashes. */
export function mediaRoutes({ db }: Pick<AppDeps, 'db'>): AppRouter {
  const router = createRouter();
  router.get('/media/:key{.+}', async (c) => {
    const key = c.req.param('key');
    const media = key.isWellFormed() && !key.includes('\0') ? await findMedia(db, key) : undefined;
    if (media === undefined) throw problem('not_found', { detail: 'There is no such picture.' });
    return c.body(new Uint8Array(media.bytes), 200, { ...HEADERS, 'Content-Type': media.contentType });
  });
  return router;
}
