// The library that knows how people prove who they are (better-auth), on our tables and without routes of its own: our
// routes call its server API. It makes the session rows, but never sees a token: what a session is to be is made here,
// before the step, and the library gets the hash where it believes the token to be.
import { AsyncLocalStorage } from 'node:async_hooks';
import { BetterAuthError } from '@better-auth/core/error';
import { betterAuth } from 'better-auth';
import type { AppDeps } from '../http/deps.ts';
import { problem } from '../http/problem.ts';
import { hashSessionToken, newSessionToken } from '../platform/auth.ts';
import { newId } from '../platform/ids.ts';
import { hashPassword, verifyPassword } from '../platform/passwords.ts';
import { MAX_PASSWORD, MIN_PASSWORD, ROLES, SESSION_SECONDS } from './rules.ts';
import { isActiveUser } from './store.ts';

const MS_PER_SECOND = 1000;

type AuthDeps = Pick<AppDeps, 'db' | 'clock' | 'logger'> & { config: Pick<AppDeps['config'], 'TOKEN_SECRET'> };

/** A session before it is there. Its token is the refresh token and the cookie's value; the database keeps its hash. */
interface NewSession {
  id: string;
  token: string;
  now: Date;
}

/** The one answer for an unknown address, a wrong password and a user who is not active: none of them can be told apart. */
export function wrongCredentials() {
  return problem('unauthenticated', { detail: 'The mail address or the password is wrong.' });
}

/** The session that the present call of the library is to open. */
const opening = new AsyncLocalStorage<NewSession>();

/**
 * Calls a way to log in (`() => auth.api.signInEmail(...)`) and gives its result with the session that it opened.
 * @throws what the library throws: an `APIError` with `statusCode` 401 for wrong credentials
 */
export async function openSession<T>(now: Date, logIn: () => Promise<T>): Promise<{ session: NewSession; result: T }> {
  const session = { id: newId(now), token: newSessionToken(), now };
  return { session, result: await opening.run(session, logIn) };
}

/** Makes the library's server API. Asks the database nothing until it is used. */
export function createAuth({ db, clock, logger, config }: AuthDeps) {
  return betterAuth({
    database: { db, type: 'postgres', transaction: true },
    // Signs nothing that leaves the process: its cookies and routes are not used.
    secret: config.TOKEN_SECRET[0] ?? '',
    baseURL: 'http://unused.invalid',
    emailAndPassword: {
      enabled: true,
      minPasswordLength: MIN_PASSWORD,
      maxPasswordLength: MAX_PASSWORD,
      password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(hash, password) },
    },
    user: {
      modelName: 'users',
      additionalFields: {
        role: { type: [...ROLES], required: true, input: false },
        active: { type: 'boolean', required: true, input: false, returned: false },
      },
    },
    account: { modelName: 'accounts' },
    // A cached session would outlive its logout.
    session: { modelName: 'sessions', fields: { token: 'tokenHash' }, cookieCache: { enabled: false } },
    verification: { modelName: 'verifications', storeIdentifier: 'hashed' },
    databaseHooks: {
      session: {
        create: {
          before: async ({ userId }) => {
            if (!(await isActiveUser(db, userId))) throw wrongCredentials();
            return { data: sessionColumns() };
          },
        },
      },
    },
    advanced: {
      database: { generateId: () => newId(clock()), validateSchema: false },
      ipAddress: { disableIpTracking: true },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { log: (level, message) => logger[level]({ library: 'better-auth' }, message) },
  });
}

/** What our session is, over what the library would have made. @throws when a login is not wrapped in `openSession` */
function sessionColumns() {
  const session = opening.getStore();
  if (session === undefined) throw new BetterAuthError('a login outside openSession would store a token as it is');
  const { id, token, now } = session;
  const expiresAt = new Date(now.getTime() + SESSION_SECONDS * MS_PER_SECOND);
  return { id, token: hashSessionToken(token), expiresAt, createdAt: now, updatedAt: now };
}
