// How often somebody may ask. Requests are counted by account, or by the address they come from; wrong logins and mails by the mail
// address, whether anybody has it or not. Counted by all API processes together, and by each for itself without Redis.
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Config } from '../config.ts';
import type { Counters, Limit } from '../platform/counters.ts';
import { sha256 } from '../platform/digests.ts';
import { ProblemError, problem } from './problem.ts';
import type { AppEnv } from './router.ts';
import { createAddressReader } from './senders.ts';

const MINUTE = 60;
const QUARTER = 900;
const HOUR = 3_600;

const FIGURES = {
  reads: { name: 'reads', max: 1_200, seconds: MINUTE },
  writes: { name: 'writes', max: 300, seconds: MINUTE },
  wrongLoginsOfAccount: { name: 'wrong-logins-of-account', max: 10, seconds: QUARTER },
  wrongLoginsFromAddress: { name: 'wrong-logins-from-address', max: 50, seconds: QUARTER },
  mailsTo: { name: 'mails-to', max: 5, seconds: HOUR },
  /** Each of them may be to somebody else. An office that logs in by codes asks for about as many. */
  mailsFromAddress: { name: 'mails-from-address', max: 30, seconds: HOUR },
  /** Each order sends two or three mails, to an address that nobody has proven. */
  ordersTo: { name: 'orders-to', max: 20, seconds: HOUR },
  /** An order is counted once, however often it is submitted. */
  countedOrders: { name: 'counted-orders', max: 1, seconds: HOUR },
} as const satisfies Record<string, Limit>;

/** Answers that stay open for one caller in one process: a household that follows its orders has a few. */
const MOST_OPEN = 100;

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const LIMITED_PATHS = /^\/(api\/v\d+|media)\//;
/** Stripe sends as fast as shoppers pay, and repeats what is refused. */
const WEBHOOK = '/api/v1/payments/webhook';
/** Credentials whose account is remembered; others are looked up again. */
const MAX_KNOWN = 10_000;
const UNAUTHORIZED = 401;

export interface Limits {
  /** Counts each request, and refuses those beyond the limit before anything else is done for them. */
  callers: MiddlewareHandler<AppEnv>;
  /**
   * Tries to log in. Only what ends `unauthenticated` is counted; of many tries at once no more are under way than may still be wrong.
   * @throws rate_limited after too many wrong ones; what `attempt` throws
   */
  logIn<T>(c: Context<AppEnv>, email: string, attempt: () => Promise<T>): Promise<T>;
  /** Counts a mail that somebody who is not logged in has us send to this address. @throws rate_limited */
  mailsTo(email: string): Promise<void>;
  /** Counts a mail of that kind for where the request comes from, to whomever it goes. @throws rate_limited */
  mailsFrom(c: Context<AppEnv>): Promise<void>;
  /** Counts an order whose mails go to this address, once. Nobody waits for it. @throws rate_limited */
  orderMailsTo(email: string, orderId: string): void;
  /**
   * Counts an answer that stays open, for the account whose credentials the request has proven or else for its address.
   * @returns what lets it go
   * @throws rate_limited when too many of this caller's are open in this process
   */
  keepOpen(c: Context<AppEnv>): () => void;
}

type Settings = Pick<Config, 'RATE_LIMIT_SCALE' | 'TRUSTED_PROXIES'>;

export function createLimits({ RATE_LIMIT_SCALE: scale, TRUSTED_PROXIES }: Settings, counters: Counters): Limits {
  if (scale === 0) {
    return {
      callers: (_c, next) => next(),
      logIn: (_c, _email, attempt) => attempt(),
      mailsTo: () => Promise.resolve(),
      mailsFrom: () => Promise.resolve(),
      orderMailsTo: () => undefined,
      keepOpen: () => () => undefined,
    };
  }
  const scaled = <L extends Limit>(limit: L) => ({ ...limit, max: Math.max(1, Math.round(limit.max * scale)) });
  const addressOf = createAddressReader(TRUSTED_PROXIES);
  const guard = createGuard(counters);
  const [ofAccount, fromAddress] = [scaled(FIGURES.wrongLoginsOfAccount), scaled(FIGURES.wrongLoginsFromAddress)];
  return {
    callers: limitedCallers(counters, {
      reads: scaled(FIGURES.reads),
      writes: scaled(FIGURES.writes),
      addressOf,
    }),
    logIn: (c, email, attempt) =>
      guard(
        [
          { limit: ofAccount, key: normalised(email) },
          { limit: fromAddress, key: addressOf(c) },
        ],
        attempt,
      ),
    mailsTo: (email) => countShared(counters, scaled(FIGURES.mailsTo), mailbox(email)),
    mailsFrom: (c) => countShared(counters, scaled(FIGURES.mailsFromAddress), addressOf(c)),
    orderMailsTo: (email, orderId) => {
      if (counters.look(FIGURES.countedOrders, orderId).total > 0) return;
      const [limit, key] = [scaled(FIGURES.ordersTo), mailbox(email)];
      refuseBeyond(counters, limit, key);
      counters.add(FIGURES.countedOrders, orderId);
      counters.add(limit, key);
    },
    keepOpen: createOpenAnswers(Math.max(1, Math.round(MOST_OPEN * scale)), addressOf),
  };
}

function createOpenAnswers(most: number, addressOf: (c: Context<AppEnv>) => string): Limits['keepOpen'] {
  const open = new Map<string, number>();
  return (c) => {
    const caller = c.var.account ?? `address:${addressOf(c)}`;
    const before = open.get(caller) ?? 0;
    if (before >= most) throw problem('rate_limited', { detail: 'Too many answers are open for this caller.' });
    open.set(caller, before + 1);
    return () => {
      const left = (open.get(caller) ?? 0) - 1;
      if (left > 0) open.set(caller, left);
      else open.delete(caller);
    };
  };
}

/** One address is one, however it is written; and none stands in Redis. */
function normalised(email: string): string {
  return sha256(email.trim().toLowerCase());
}

/** Where mails to this address go: what follows a `+` names no other mailbox with those who offer it (RFC 5233). */
function mailbox(email: string): string {
  return normalised(email.replace(/\+[^@]*(?=@[^@]*$)/, ''));
}

/** Counts one more, knowing what all processes have counted. @throws rate_limited */
async function countShared(counters: Counters, limit: Limit, key: string): Promise<void> {
  await counters.refresh({ limit, key });
  refuseBeyond(counters, limit, key);
  counters.add(limit, key);
  await counters.refresh({ limit, key });
}

/** @throws rate_limited, with the time until the window's end */
function refuseBeyond(counters: Counters, limit: Limit, key: string): void {
  const { total, endsIn } = counters.look(limit, key);
  if (total >= limit.max) throw problem('rate_limited', { retryAfter: endsIn });
}

/**
 * A request counts for the account whose credentials it carries, as far as this process has seen them proven; otherwise for its
 * address. So made-up credentials buy nothing, and telling who calls costs no query.
 */
function limitedCallers(
  counters: Counters,
  { reads, writes, addressOf }: { reads: Limit; writes: Limit; addressOf: (c: Context<AppEnv>) => string },
): MiddlewareHandler<AppEnv> {
  const accounts = new Map<string, string>();
  return async (c, next) => {
    if (!LIMITED_PATHS.test(c.req.path) || c.req.path === WEBHOOK) return next();
    const credentials = credentialsOf(c);
    const key = (credentials === undefined ? undefined : accounts.get(credentials)) ?? `address:${addressOf(c)}`;
    const limit = SAFE_METHODS.has(c.req.method) ? reads : writes;
    refuseBeyond(counters, limit, key);
    counters.add(limit, key);
    await next();
    if (credentials === undefined) return;
    if (c.res.status === UNAUTHORIZED) accounts.delete(credentials);
    else if (c.var.account !== undefined && !accounts.has(credentials)) remember(accounts, credentials, c.var.account);
  };
}

/** The one that was remembered first goes. */
function remember(accounts: Map<string, string>, credentials: string, account: string): void {
  const [oldest] = accounts.size < MAX_KNOWN ? [] : accounts.keys();
  if (oldest !== undefined) accounts.delete(oldest);
  accounts.set(credentials, account);
}

/** The hash of what the caller proves itself with; undefined for a guest. */
function credentialsOf(c: Context<AppEnv>): string | undefined {
  const given = c.req.header('X-API-Key') || c.req.header('Authorization') || getCookie(c, 'session');
  return given === undefined || given === '' ? undefined : sha256(given);
}

/** Lets tries through as long as each of those under way may be wrong without breaking a limit; the others wait for these. */
function createGuard(counters: Counters) {
  const underWay = new Map<string, Set<Promise<unknown>>>();
  const idOf = ({ limit, key }: { limit: Limit; key: string }) => `${limit.name}:${key}`;
  const triesOf = (id: string) => underWay.get(id) ?? new Set<Promise<unknown>>();

  return async function guarded<T>(counted: { limit: Limit; key: string }[], attempt: () => Promise<T>): Promise<T> {
    await counters.refresh(...counted);
    for (;;) {
      for (const { limit, key } of counted) refuseBeyond(counters, limit, key);
      const full = counted.find(
        (one) => counters.look(one.limit, one.key).total + triesOf(idOf(one)).size >= one.limit.max,
      );
      if (full === undefined) break;
      await Promise.race(triesOf(idOf(full)));
    }
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    for (const one of counted) underWay.set(idOf(one), triesOf(idOf(one)).add(ended));
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'unauthenticated') {
        for (const { limit, key } of counted) counters.add(limit, key);
        await counters.refresh(...counted);
      }
      throw error;
    } finally {
      for (const one of counted) {
        const tries = triesOf(idOf(one));
        tries.delete(ended);
        if (tries.size === 0) underWay.delete(idOf(one));
      }
      end();
    }
  };
}
