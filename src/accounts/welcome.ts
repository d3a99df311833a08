// What every way to log in ends with: the pair of tokens and the cookie, the guest's cart, the guest's orders, the audit. Who
// has proven who they are is let in, whatever becomes of the rest.
import type { Context } from 'hono';
import { isForeignWrite } from '../http/caller.ts';
import { cartTokenHash, dropCartCookie } from '../http/cart-token.ts';
import { keepCookie, SESSION_COOKIE } from '../http/cookies.ts';
import type { AppDeps } from '../http/deps.ts';
import type { Guessed } from '../http/limits.ts';
import type { AppEnv } from '../http/router.ts';
import type { Act } from '../platform/audit.ts';
import { accessToken } from '../platform/auth.ts';
import { findUserId } from './credential-store.ts';
import { ACCESS_TOKEN_SECONDS, type Person, SESSION_SECONDS } from './rules.ts';
import { presentUser } from './schemas.ts';
import type { OpenSession } from './session-store.ts';

const MS_PER_SECOND = 1000;

/** What a guest has that becomes their account's: the business of other areas. */
export interface Guests {
  /** Moves the items of a guest's cart into the user's. @returns whether the token names no cart any more */
  mergeCart(user: { userId: string }, cartTokenHash: Buffer): Promise<boolean>;
  /** Gives the user the orders that guests have made under this address, which is proven to be theirs. */
  claimOrders(user: { userId: string; email: string }): Promise<void>;
}

type Deps = Pick<AppDeps, 'config' | 'db' | 'clock' | 'limits' | 'record'>;

export type Welcome = ReturnType<typeof createWelcome>;

export function createWelcome({ config, db, clock, limits, record }: Deps, guests: Guests) {
  /** Does what must not fail the request: a failure is for the log. */
  const attempt = async (c: Context<AppEnv>, what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      c.var.logger().error({ err: error }, what);
    }
  };
  /** Appends what somebody unknown has tried, and at whose account where the address is somebody's. */
  const recordTry = (
    c: Context<AppEnv>,
    action: string,
    email: string | undefined,
    details: Act['details'] = {},
  ): Promise<void> =>
    attempt(c, 'the audit lacks an act', async () => {
      const userId = email === undefined ? undefined : await findUserId(db, email);
      const subject = userId === undefined ? {} : { subject: `user:${userId}` };
      await record({ actor: 'anonymous', action, ...subject, details, requestId: c.var.requestId, now: clock() });
    });
  return {
    /** A try of a password or a code, as `limits.guess` lets it through; that it has begun to refuse them is on record. */
    guess<T>(c: Context<AppEnv>, at: Guessed, tryIt: () => Promise<T>): Promise<T> {
      return limits.guess(c, at, tryIt, (by) =>
        recordTry(c, 'login_locked', by === 'account' ? at.email : undefined, { by }),
      );
    },

    recordTry,

    /** The pair of tokens, in the body and as a cookie. */
    tokens(c: Context<AppEnv>, user: Person, session: OpenSession) {
      keepCookie(c, SESSION_COOKIE, session.token, SESSION_SECONDS, config);
      const tokenEnd = new Date(session.now.getTime() + ACCESS_TOKEN_SECONDS * MS_PER_SECOND);
      return {
        user: presentUser(user),
        accessToken: accessToken(config.TOKEN_SECRET, session.id, tokenEnd),
        refreshToken: session.token,
        expiresIn: ACCESS_TOKEN_SECONDS,
      };
    },

    /** The cart of the guest who is somebody now, where the request carries its token; not where it came with a foreign page. */
    async mergeCart(c: Context<AppEnv>, userId: string): Promise<void> {
      const tokenHash = isForeignWrite(c, config) ? undefined : cartTokenHash(c, config);
      if (tokenHash === undefined) return;
      await attempt(c, 'a cart was not merged at a login', async () => {
        if (await guests.mergeCart({ userId }, tokenHash)) dropCartCookie(c, config);
      });
    },

    /** The orders of the guest who is somebody now; none before their address is confirmed. */
    async claimOrders(c: Context<AppEnv>, { id, email, emailVerified }: Person): Promise<void> {
      if (!emailVerified) return;
      await attempt(c, 'orders of a guest were not claimed', () => guests.claimOrders({ userId: id, email }));
    },

    /** Appends to the audit. @param userId who did it and to whom it was done; nobody is known where there is none */
    async record(
      c: Context<AppEnv>,
      action: string,
      userId: string | undefined,
      more: Pick<Act, 'now'> & Partial<Pick<Act, 'actor' | 'details'>>,
    ): Promise<void> {
      const person = userId === undefined ? {} : { subject: `user:${userId}` };
      const actor = userId === undefined ? 'anonymous' : `user:${userId}`;
      const { requestId } = c.var;
      await attempt(c, 'the audit lacks an act', () => record({ actor, action, ...person, requestId, ...more }));
    },
  };
}
