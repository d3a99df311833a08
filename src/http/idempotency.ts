// Idempotency-Key: the same key and body give the stored answer again, another body is refused, and nothing runs twice.
// Answers live in PostgreSQL, encrypted, per caller, until they expire. One statement before the handler and one after it.
import type { Context, MiddlewareHandler } from 'hono';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Database } from '../platform/database.ts';
import { sha256 } from '../platform/digests.ts';
import { seal, unseal } from '../platform/sealing.ts';
import { identify } from './caller.ts';
import { CART_TOKEN_HEADER, sentCartToken } from './cart-token.ts';
import type { AppDeps } from './deps.ts';
import { sentOrderToken } from './order-access.ts';
import { type ProblemCode, ProblemError, problem } from './problem.ts';
import type { AppEnv } from './router.ts';
import { textOf, textResponse } from './texts.ts';

/** Printable ASCII, as header values are; longer keys than this are no keys. */
const KEY = /^[\x21-\x7e]{1,255}$/;
/** Headers of an answer that belong to it and are replayed with it; the others are the floor's, made anew each time. */
const KEPT_HEADERS = ['content-type', 'location', 'etag'];
const PURPOSE = 'kept answers';
/** Who had to log in, or to wait, may ask again with the same key. */
const NEVER_KEPT = [401, 429];
/** A claim outlives its handler's own limit by this factor; after that its process must have died, and a retry may run. */
const CLAIM_FACTOR = 2;
const MS_PER_SECOND = 1000;
/** Refusals that need no more than made-up credentials. A repeat gets them again, and they are not worth a row for a day. */
const REFUSED_TO_ANYBODY: ReadonlySet<ProblemCode> = new Set([
  'malformed_json',
  'forbidden',
  'not_found',
  'unsupported_media_type',
  'validation_failed',
]);
/** A handler that is under way is done in about a second. */
const RETRY_AFTER_SECONDS = 1;

type IdempotencyDeps = Pick<AppDeps, 'db' | 'clock'> & {
  config: Pick<
    AppDeps['config'],
    'IDEMPOTENCY_TTL' | 'REQUEST_TIMEOUT' | 'TOKEN_SECRET' | 'PUBLIC_URL' | 'CORS_ORIGINS'
  >;
};
type Options = {
  /** A request without the header is 400 `idempotency_key_missing`. */
  required?: boolean;
  /**
   * The handler itself makes concurrent repeats one (POST /orders, by the order's identity): they all run and get the
   * same answer. Without it, a repeat that comes while the first is running is 409 `request_in_progress`.
   */
  converges?: boolean;
};

/**
 * Middleware for a route (`createRoute({ middleware: idempotent(deps, { required: true }), ... })`).
 * Stores every answer but 5xx, 401, 429 and what is refused to whoever has not proven an account: these let the same key run again.
 */
export function idempotent(deps: IdempotencyDeps, options: Options = {}): MiddlewareHandler<AppEnv> {
  const { required = false, converges = false } = options;
  return async (c, next) => {
    const key = c.req.header('Idempotency-Key');
    if (key === undefined || key === '') {
      if (required) throw problem('idempotency_key_missing');
      return next();
    }
    if (!KEY.test(key)) {
      const message = 'must be 1 to 255 printable ASCII characters';
      throw problem('validation_failed', { errors: [{ path: 'Idempotency-Key', message }] });
    }
    const scope = await scopeOf(c, deps);
    if (scope === undefined) return next();
    const request: KeyedRequest = { scope, key, requestHash: await hashRequest(c), now: deps.clock() };
    c.set('requestKey', sha256([scope, key, request.requestHash].join('\n')));
    const stored = await (converges ? find(deps.db, request) : claim(deps, request));
    if (stored) return replay(stored, request, deps.config.TOKEN_SECRET);
    await next();
    await settle(c, deps, request, converges);
  };
}

/** Removes what has expired. */
export async function deleteExpiredKeys(db: Database, now: Date): Promise<void> {
  await db.deleteFrom('idempotencyKeys').where('expiresAt', '<=', now).execute();
}

type KeyedRequest = { scope: string; key: string; requestHash: string; now: Date };
type StoredAnswer = { requestHash: string; status: number | null; headers: unknown; sealed: Buffer | null };
/** What of an answer may be anybody's secret. */
const secretPart = z.object({ body: z.string(), cartToken: z.string().nullable() });

async function find(db: Database, { scope, key, now }: KeyedRequest): Promise<StoredAnswer | undefined> {
  return await db
    .selectFrom('idempotencyKeys')
    .select(['requestHash', 'status', 'headers', 'sealed'])
    .where('scope', '=', scope)
    .where('key', '=', key)
    .where('expiresAt', '>', now)
    .executeTakeFirst();
}

/**
 * Takes the key for this request, or gives what holds it. The insert decides who is first; a rival whose row became
 * visible only after this statement began shows up as neither, and counts as running.
 */
async function claim({ db, config }: IdempotencyDeps, request: KeyedRequest): Promise<StoredAnswer | undefined> {
  const { scope, key, requestHash, now } = request;
  const until = new Date(now.getTime() + config.REQUEST_TIMEOUT * CLAIM_FACTOR * MS_PER_SECOND);
  const { rows } = await sql<StoredAnswer & { claimed: boolean }>`
    WITH claim AS (
      INSERT INTO idempotency_keys (scope, key, request_hash, created_at, expires_at)
      VALUES (${scope}, ${key}, ${requestHash}, ${now}, ${until})
      ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, status = NULL, headers = NULL,
        sealed = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at
      WHERE idempotency_keys.expires_at <= excluded.created_at
      RETURNING request_hash
    )
    SELECT true AS claimed, request_hash, NULL::integer AS status, NULL::jsonb AS headers, NULL::bytea AS sealed FROM claim
    UNION ALL
    SELECT false, request_hash, status, headers, sealed FROM idempotency_keys
    WHERE scope = ${scope} AND key = ${key} AND NOT EXISTS (SELECT FROM claim)`.execute(db);
  const [row] = rows;
  if (row === undefined) return { requestHash, status: null, headers: null, sealed: null };
  return row.claimed ? undefined : row;
}

function replay(stored: StoredAnswer, request: KeyedRequest, secrets: readonly string[]): Response {
  if (stored.requestHash !== request.requestHash) throw problem('idempotency_key_reused');
  if (stored.status === null) throw problem('request_in_progress', { retryAfter: RETRY_AFTER_SECONDS });
  const opened = unseal(secrets, PURPOSE, boundTo(request), stored.sealed ?? Buffer.alloc(0));
  if (opened === undefined) {
    throw problem('idempotency_key_reused', { detail: 'What was answered under this key cannot be read any more.' });
  }
  const { body, cartToken } = secretPart.parse(JSON.parse(opened));
  const headers = new Headers({ 'Idempotent-Replayed': 'true' });
  for (const [name, value] of Object.entries(stored.headers ?? {})) headers.set(name, String(value));
  if (cartToken !== null) headers.set(CART_TOKEN_HEADER, cartToken);
  // An empty body is none: with 204, a body of any length is an error.
  return body === ''
    ? new Response(null, { status: stored.status, headers })
    : textResponse(body, { status: stored.status, headers });
}

function boundTo({ scope, key }: KeyedRequest): string {
  return `${scope}\n${key}`;
}

/** Stores the answer, or frees the key where the answer is not to be kept. What was done is done: a failure here is only logged. */
async function settle(
  c: Context<AppEnv>,
  { db, config }: IdempotencyDeps,
  request: KeyedRequest,
  converges: boolean,
): Promise<void> {
  const { status } = c.res;
  const kept = status < 500 && !NEVER_KEPT.includes(status) && !isRefusedToAnybody(c);
  try {
    if (kept) await store(db, request, await answerOf(c), config);
    else if (!converges) await free(db, request);
  } catch (error) {
    c.var.logger().warn({ err: error }, 'the answer to an Idempotency-Key was not stored');
  }
}

function isRefusedToAnybody({ error, var: { account } }: Context<AppEnv>): boolean {
  return account === undefined && error instanceof ProblemError && REFUSED_TO_ANYBODY.has(error.code);
}

async function answerOf(c: Context<AppEnv>) {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = c.res.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  const secret: z.infer<typeof secretPart> = {
    body: await textOf(c.res),
    cartToken: c.res.headers.get(CART_TOKEN_HEADER),
  };
  return { status: c.res.status, headers: JSON.stringify(headers), secret: JSON.stringify(secret) };
}

async function store(
  db: Database,
  request: KeyedRequest,
  { status, headers, secret }: Awaited<ReturnType<typeof answerOf>>,
  { TOKEN_SECRET, IDEMPOTENCY_TTL }: IdempotencyDeps['config'],
): Promise<void> {
  const { scope, key, requestHash, now } = request;
  const sealed = seal(TOKEN_SECRET, PURPOSE, boundTo(request), secret);
  const until = new Date(now.getTime() + IDEMPOTENCY_TTL * MS_PER_SECOND);
  await sql`
    INSERT INTO idempotency_keys (scope, key, request_hash, status, headers, sealed, created_at, expires_at)
    VALUES (${scope}, ${key}, ${requestHash}, ${status}, ${headers}, ${sealed}, ${now}, ${until})
    ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, status = excluded.status,
      headers = excluded.headers, sealed = excluded.sealed, created_at = excluded.created_at, expires_at = excluded.expires_at
    WHERE (idempotency_keys.status IS NULL AND idempotency_keys.request_hash = excluded.request_hash)
      OR idempotency_keys.expires_at <= excluded.created_at`.execute(db);
}

async function free(db: Database, { scope, key, requestHash }: KeyedRequest): Promise<void> {
  await db
    .deleteFrom('idempotencyKeys')
    .where('scope', '=', scope)
    .where('key', '=', key)
    .where('requestHash', '=', requestHash)
    .where('status', 'is', null)
    .execute();
}

/**
 * Whose key it is: of the person or machine that the credentials prove, in the role of the moment, whichever token they prove it
 * with; a guest's by their tokens. Undefined for a request of nobody, which runs each time: two strangers with the same key must
 * never get each other's answer, which may carry a token.
 */
async function scopeOf(c: Context<AppEnv>, deps: IdempotencyDeps): Promise<string | undefined> {
  const actor = await identify(c, deps);
  if (actor !== undefined) return `${actor.name} ${actor.role}`;
  // An access token that is over is refused; the cookie of a login that is over makes a guest.
  if ((c.req.header('Authorization') ?? '') !== '') return undefined;
  const tokens = guestTokens(c);
  return tokens.every((token) => token === '') ? undefined : sha256(tokens.join('\n'));
}

function guestTokens(c: Context<AppEnv>): string[] {
  return [sentCartToken(c) ?? '', sentOrderToken(c) ?? ''];
}

/** Method, path, body, the version it is bound to and the guest it speaks of; two spellings of the same JSON are the same body. */
async function hashRequest(c: Context<AppEnv>): Promise<string> {
  const version = c.req.header('If-Match') ?? '';
  const about = [`${c.req.method} ${c.req.path}`, version, ...guestTokens(c)];
  return sha256(`${about.join('\n')}\n${canonical(await c.req.text())}`);
}

function canonical(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), sortFields);
  } catch (error) {
    if (error instanceof SyntaxError) return body;
    throw error;
  }
}

function sortFields(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
