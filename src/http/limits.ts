// How often somebody may ask. Requests are counted by account, or by the address they come from; wrong guesses and mails by the mail
// address, whether anybody has it or not. Counted by all API processes together, and by each for itself without Redis.
import type { Context, MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { Counters, Limit } from '../platform/counters.ts';
import { sha256 } from '../platform/digests.ts';
import { createRefusalTeller } from './first-refusals.ts';
import { createGuard } from './guesses.ts';
import { limitedCallers, refuseBeyond } from './limited-callers.ts';
import { problem } from './problem.ts';
import type { AppEnv } from './router.ts';
import { createAddressReader } from './senders.ts';

const MINUTE = 60;
const QUARTER = 900;
const HOUR = 3_600;

const FIGURES = {
  reads: { name: 'reads', max: 1_200, seconds: MINUTE },
  writes: { name: 'writes', max: 300, seconds: MINUTE },
  /** Accounts are free, so that many of them are to gain little; and an office or a school is one address. */
  readsOfAccounts: { name: 'reads-of-accounts', max: 4_800, seconds: MINUTE },
  writesOfAccounts: { name: 'writes-of-accounts', max: 1_200, seconds: MINUTE },
  wrongPasswords: { name: 'wrong-logins-of-account', max: 10, seconds: QUARTER },
  wrongCodes: { name: 'wrong-codes-of-account', max: 10, seconds: QUARTER },
  wrongLoginsFromAddress: { name: 'wrong-logins-from-address', max: 50, seconds: QUARTER },
  mailsTo: { name: 'mails-to', max: 5, seconds: HOUR },
  /** Each of them may be to somebody else. A school or an office that logs in by codes is one address, and asks for about as many. */
  mailsFromAddress: { name: 'mails-from-address', max: 1_000, seconds: HOUR },
  /** Each order sends two or three mails, to an address that nobody has proven. */
  ordersTo: { name: 'orders-to', max: 1_000, seconds: HOUR },
  /** An order is counted once, however often it is submitted. */
  countedOrders: { name: 'counted-orders', max: 1, seconds: HOUR },
} as const satisfies Record<string, Limit>;

/** Answers that stay open for one caller in one process: a household that follows its orders has a few. */
const MOST_OPEN = 100;

/** What is guessed at: something of the account with this mail address. */
export interface Guessed {
  email: string;
  what: 'password' | 'code';
}

/** Whose wrong tries are too many: the account's, from anywhere, or those from one address, at any account. */
export type GuessLimit = 'account' | 'address';

export interface Limits {
  /** Counts each request, and refuses those beyond the limit before anything else is done for them. */
  callers: MiddlewareHandler<AppEnv>;
  /**
   * Tries a password or a code of an account. Only what ends `unauthenticated` is counted, passwords apart from codes: whoever guesses
   * at a password must not keep its owner from the mailbox. Of many tries at once no more are under way than may still be wrong.
   * @param onRefused called for the first try of a window that is refused, with whose limit it is
   * @throws rate_limited after too many wrong ones; what `attempt` throws
   */
  guess<T>(
    c: Context<AppEnv>,
    at: Guessed,
    attempt: () => Promise<T>,
    onRefused: (by: GuessLimit) => Promise<void>,
  ): Promise<T>;
  /** What was guessed at this account's password counts no more: its owner has proven the mailbox and chosen another. */
  forgetGuesses(email: string): Promise<void>;
  /** Counts a mail of that purpose that somebody who is not logged in has us send to this address. @throws rate_limited */
  mailsTo(email: string, purpose: string): Promise<void>;
  /** Counts a mail of that kind for where the request comes from, to whomever it goes. @throws rate_limited */
  mailsFrom(c: Context<AppEnv>): Promise<void>;
  /**
   * An order whose mails are to go to this address. Nobody waits for Redis here.
   * @returns what counts it when it is placed, once
   * @throws rate_limited
   */
  orderMailsTo(email: string, orderId: string): () => void;
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
      guess: (_c, _at, attempt) => attempt(),
      forgetGuesses: () => Promise.resolve(),
      mailsTo: () => Promise.resolve(),
      mailsFrom: () => Promise.resolve(),
      orderMailsTo: () => () => undefined,
      keepOpen: () => () => undefined,
    };
  }
  const scaled = <L extends Limit>(limit: L) => ({ ...limit, max: Math.max(1, Math.round(limit.max * scale)) });
  const addressOf = createAddressReader(TRUSTED_PROXIES);
  const guard = createGuard(counters);
  const telling = createRefusalTeller(counters);
  const ofAccount = { password: scaled(FIGURES.wrongPasswords), code: scaled(FIGURES.wrongCodes) };
  return {
    callers: limitedCallers(counters, addressOf, {
      reads: { one: scaled(FIGURES.reads), accounts: scaled(FIGURES.readsOfAccounts) },
      writes: { one: scaled(FIGURES.writes), accounts: scaled(FIGURES.writesOfAccounts) },
    }),
    guess: (c, { email, what }, attempt, onRefused) => {
      const counted = [
        { by: 'account' as const, limit: ofAccount[what], key: normalised(email) },
        { by: 'address' as const, limit: scaled(FIGURES.wrongLoginsFromAddress), key: addressOf(c) },
      ];
      return telling(
        counted,
        () => guard(counted, attempt),
        ({ by }) => onRefused(by),
      );
    },
    forgetGuesses: (email) => counters.clear(ofAccount.password, normalised(email)),
    mailsTo: (email, purpose) => countShared(counters, scaled(FIGURES.mailsTo), `${purpose}:${mailbox(email)}`),
    mailsFrom: (c) => countShared(counters, scaled(FIGURES.mailsFromAddress), addressOf(c)),
    orderMailsTo: (email, orderId) => {
      const [limit, key] = [scaled(FIGURES.ordersTo), mailbox(email)];
      const isCounted = () => counters.look(FIGURES.countedOrders, orderId).total > 0;
      if (!isCounted()) refuseBeyond(counters, limit, key);
      return () => {
        if (isCounted()) return;
        counters.add(FIGURES.countedOrders, orderId);
        counters.add(limit, key);
      };
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
