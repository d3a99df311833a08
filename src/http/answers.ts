// What every answer carries: security headers, CORS where it is configured, caching rules, ETags and compression.
import type { Context, MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { secureHeaders } from 'hono/secure-headers';
import type { AppEnv } from './router.ts';

/** Seconds that a browser may keep the answer to a preflight. */
const PREFLIGHT_MAX_AGE = 600;
const EXPOSED_HEADERS = ['X-Request-Id', 'X-Cart-Token', 'ETag', 'Location', 'Retry-After', 'Idempotent-Replayed'];
const ACCEPTED_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'X-API-Key',
  'X-Cart-Token',
  'X-Order-Token',
  'X-Request-Id',
];

/** Headers that keep a browser from doing anything with an answer but read it. A route that sets one itself keeps its own. */
export function securityHeaders(): MiddlewareHandler<AppEnv> {
  return secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] },
    xFrameOptions: 'DENY',
    overwrite: false,
  });
}

/** Lets the pages of the given origins call the API with their cookies; no origin, no CORS headers at all. */
export function crossOrigin(origins: string[]): MiddlewareHandler<AppEnv> {
  if (origins.length === 0) return (_c, next) => next();
  return cors({
    origin: origins,
    credentials: true,
    allowHeaders: ACCEPTED_HEADERS,
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_MAX_AGE,
  });
}

/** Answers are asked for again each time (their ETag makes that cheap), and answers to writes are not kept at all. */
export const cacheRules: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (c.res.headers.has('Cache-Control')) return;
  const read = c.req.method === 'GET' || c.req.method === 'HEAD';
  c.res.headers.set('Cache-Control', read ? 'private, no-cache' : 'no-store');
};

const done = () => Promise.resolve();
const JSON_TYPE = /^application\/(problem\+)?json/;

/**
 * ETag and 304 for JSON reads, and compression from 1 KiB on. A live stream passes untouched: it must not be read here.
 * What its route says must not be stored is never 304: its tag, where it has one, is for If-Match only.
 */
export function representation(): MiddlewareHandler<AppEnv> {
  const tag = etag();
  const squeeze = compress();
  return async (c, next) => {
    await next();
    if (JSON_TYPE.test(c.res.headers.get('Content-Type') ?? '')) {
      await measure(c);
      if (c.res.headers.get('Cache-Control') !== 'no-store') await tag(c, done);
    }
    await squeeze(c, done);
  };
}

/** Compression goes by the length, which an answer that is still a stream does not know. */
async function measure(c: Context<AppEnv>): Promise<void> {
  if (c.res.headers.has('Content-Length')) return;
  const body = await c.res.arrayBuffer();
  c.res = new Response(body, c.res);
  c.res.headers.set('Content-Length', String(body.byteLength));
}
