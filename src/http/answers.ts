// What every answer carries: security headers, CORS where it is configured, caching rules, ETags and compression.
import { hash } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { secureHeaders } from 'hono/secure-headers';
import type { AppEnv } from './router.ts';
import { keepText, textOf } from './texts.ts';

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
  c.res.headers.set('Cache-Control', isRead(c.req.method) ? 'private, no-cache' : 'no-store');
};

const done = () => Promise.resolve();
const JSON_TYPE = /^application\/(problem\+)?json/;
/** Bytes. Below that compression saves no packet. */
const COMPRESSED_FROM = 1024;

/**
 * ETag and 304 for JSON reads, and compression. A live stream passes untouched: it must not be read here.
 * What its route says must not be stored is never 304: its tag, where it has one, is for If-Match only.
 */
export function representation(): MiddlewareHandler<AppEnv> {
  const compare = etag();
  const squeeze = compress({ threshold: COMPRESSED_FROM });
  return async (c, next) => {
    await next();
    if (JSON_TYPE.test(c.res.headers.get('Content-Type') ?? '')) {
      describe(c, await textOf(c.res));
      if (c.res.headers.get('Cache-Control') !== 'no-store') await compare(c, done);
    }
    await squeeze(c, done);
  };
}

/** Answers with the text that `c.json` would make of the object, and keeps it. */
export const keptTexts: MiddlewareHandler<AppEnv> = (c, next) => {
  c.json = new Proxy(c.json, {
    apply(_json, _self, [object, status, headers]) {
      const text = JSON.stringify(object);
      const response = c.newResponse(text, status, { 'Content-Type': 'application/json', ...headers });
      keepText(response, text);
      return response;
    },
  });
  return next();
};

/** Says of the answer what its text tells: its length, and of a read its tag. */
function describe({ req, res: { headers, ok } }: Context<AppEnv>, text: string): void {
  const length = Buffer.byteLength(text);
  headers.set('Content-Length', String(length));
  // Said here, because the middleware that compresses makes a new answer to say it, through streams.
  if (length >= COMPRESSED_FROM) headers.append('Vary', 'Accept-Encoding');
  const isStored = isRead(req.method) && ok && headers.get('Cache-Control') !== 'no-store';
  if (isStored && !headers.has('ETag')) headers.set('ETag', `"${hash('sha1', text)}"`);
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
