// How often a caller may ask: each request is counted before anything else is done for it, by its account or by its address.
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Counters, Limit } from '../platform/counters.ts';
import { sha256 } from '../platform/digests.ts';
import { SESSION_COOKIE } from './cookies.ts';
import { SAFE_METHODS } from './methods.ts';
import { problem } from './problem.ts';
import type { AppEnv } from './router.ts';

/**
 * What nobody is refused: Stripe sends as fast as shoppers pay, and repeats what is refused; and who asks for health must not learn
 * of how many others ask. That answer is shared (health.ts).
 */
const UNLIMITED = new Set(['/api/v1/payments/webhook', '/health', '/health/live', '/health/ready']);
/** Credentials whose account is remembered; others are looked up again. */
const MAX_KNOWN = 10_000;
const UNAUTHORIZED = 401;

/** What one caller may do, and what all accounts of one address may do together. */
interface Allowed {
  one: Limit;
  accounts: Limit;
}

/**
 * A request counts for the account whose credentials it carries, as far as this process has seen them proven; otherwise for its
 * address. So made-up credentials buy nothing, and telling who calls costs no query.
 */
export function limitedCallers(
  counters: Counters,
  addressOf: (c: Context<AppEnv>) => string,
  { reads, writes }: { reads: Allowed; writes: Allowed },
): MiddlewareHandler<AppEnv> {
  const known = new Map<string, string>();
  return async (c, next) => {
    if (UNLIMITED.has(c.req.path)) return next();
    const credentials = credentialsOf(c);
    const account = credentials === undefined ? undefined : known.get(credentials);
    const [allowed, address] = [SAFE_METHODS.has(c.req.method) ? reads : writes, `address:${addressOf(c)}`];
    const counted = [{ limit: allowed.one, key: account ?? address }];
    if (account !== undefined) counted.push({ limit: allowed.accounts, key: address });
    for (const { limit, key } of counted) refuseBeyond(counters, limit, key);
    for (const { limit, key } of counted) counters.add(limit, key);
    await next();
    if (credentials === undefined) return;
    if (c.res.status === UNAUTHORIZED) known.delete(credentials);
    else if (c.var.account !== undefined && !known.has(credentials)) remember(known, credentials, c.var.account);
  };
}

/** @throws rate_limited, with the time until the window's end */
export function refuseBeyond(counters: Counters, limit: Limit, key: string): void {
  const { total, endsIn } = counters.look(limit, key);
  if (total >= limit.max) throw problem('rate_limited', { retryAfter: endsIn });
}

/** The one that was remembered first goes. */
function remember(accounts: Map<string, string>, credentials: string, account: string): void {
  const [oldest] = accounts.size < MAX_KNOWN ? [] : accounts.keys();
  if (oldest !== undefined) accounts.delete(oldest);
  accounts.set(credentials, account);
}

/** The hash of what the caller proves itself with; undefined for a guest. */
function credentialsOf(c: Context<AppEnv>): string | undefined {
  const given = c.req.header('X-API-Key') || c.req.header('Authorization') || getCookie(c, SESSION_COOKIE);
  return given === undefined || given === '' ? undefined : sha256(given);
}
