// Bodies on their way in: none is larger than the limit, and each is there as a whole before its handler begins.
// Nothing here touches the Request's own body while Node's is at hand: making that stream costs more than the handler.
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problem } from './problem.ts';
import type { AppEnv } from './router.ts';

/** What is sent to us is nested three or four deep, Stripe's events about ten. What walks a body calls itself for each level. */
const MAX_DEPTH = 32;

/** Refuses a body of more than `maxSize` bytes: by its length where it is told, and by counting where it comes in pieces. */
export function limitedBodies(maxSize: number): MiddlewareHandler<AppEnv> {
  const refuse = (): never => {
    throw problem('payload_too_large', { detail: `A body may have at most ${maxSize} bytes.` });
  };
  const counted = bodyLimit({ maxSize, onError: refuse });
  return (c, next) => {
    if (!isFramed(c) || isChunked(c)) return counted(c, next);
    return Number(c.req.header('content-length') ?? 0) > maxSize ? refuse() : next();
  };
}

/** An empty body is no JSON, whatever its content type says: without the type it is judged as `{}`. */
export const emptyBodies: MiddlewareHandler<AppEnv> = (c, next) => {
  if (c.req.header('content-type') !== undefined && hasEmptyBody(c)) {
    const headers = new Headers(c.req.raw.headers);
    headers.delete('content-type');
    c.req.raw = new Request(c.req.raw, { headers });
  }
  return next();
};

/**
 * Takes the whole body in before the handler's time begins, so that a slow sender is cut by the server's own limit for
 * bodies and a slow handler by the limit for handlers. As text, which is what every route asks for.
 * @throws validation_failed for JSON that is nested too deep, whatever the body is said to be: several read it
 */
export const receivedBodies: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    if (isTooDeep(await textOf(c))) {
      const message = `must not be nested more than ${MAX_DEPTH} deep`;
      throw problem('validation_failed', { errors: [{ path: '', message }] });
    }
  }
  await next();
};

async function textOf(c: Context<AppEnv>): Promise<string> {
  try {
    return await c.req.text();
  } catch (error) {
    throw problem('request_timeout', { detail: 'The body did not arrive.' }, error);
  }
}

const JSON_NEST = /^\s*[[{]/;

/** Whether JSON has brackets within brackets beyond the limit; those within strings are none, and a picture has no depth. */
function isTooDeep(text: string): boolean {
  if (!JSON_NEST.test(text)) return false;
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) at += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** On the wire, neither a length nor a transfer coding means: no body (RFC 9112, section 6.3). */
function hasEmptyBody(c: Context<AppEnv>): boolean {
  if (isChunked(c)) return false;
  const length = c.req.header('content-length');
  if (length !== undefined) return Number(length) === 0;
  return isFramed(c) || c.req.raw.body === null;
}

/** Whether the request came over the wire, where Node has seen to it that its headers say truly where its body ends. */
function isFramed(c: Context<AppEnv>): boolean {
  return c.env?.incoming !== undefined;
}

function isChunked(c: Context<AppEnv>): boolean {
  return c.req.header('transfer-encoding') !== undefined;
}
