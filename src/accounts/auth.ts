// The library that knows how people prove who they are (better-auth), on our tables and without routes of its own: our
// routes call its server API. It makes the session rows, but never sees a token: what a session is to be is made here,
// before the step, and the library gets the hash where it believes the token to be.
import { AsyncLocalStorage } from 'node:async_hooks';
import { APIError, BetterAuthError } from '@better-auth/core/error';
import { betterAuth } from 'better-auth';
import type { AppDeps } from '../http/deps.ts';
import { newId } from '../platform/ids.ts';
import { hashPassword, verifyPassword } from '../platform/passwords.ts';
import { newestSecret } from '../platform/secrets.ts';
import { isPasswordOf } from './credential-store.ts';
import { MAX_PASSWORD, MIN_PASSWORD, type Person, ROLES } from './rules.ts';
import { deleteSession, newSession, type OpenSession, sessionColumns } from './session-store.ts';

const UNAUTHORIZED = 401;

type AuthDeps = Pick<AppDeps, 'db' | 'clock' | 'logger'> & { config: Pick<AppDeps['config'], 'TOKEN_SECRET'> };

/** The session that a call of the library is to open, and the hash of the password that it found to be right. */
interface Opening {
  session: OpenSession;
  provenHash: string;
}

/** That of the present call. */
const opening = new AsyncLocalStorage<Opening>();

/** Logins by password, as the library checks them. Asks the database nothing until it is used. */
export function createLogins(deps: AuthDeps) {
  const { api } = createAuth(deps);
  return {
    /**
     * Opens a session for whoever has this password. One that was replaced while it was being checked opens none: what ended
     * the sessions of its user has ended this one too.
     * @returns undefined for an unknown address, a wrong password and a user who is not active
     */
    async byPassword(
      credentials: { email: string; password: string },
      now: Date,
    ): Promise<{ user: Person; session: OpenSession } | undefined> {
      const opened: Opening = { session: newSession(now), provenHash: '' };
      const { session } = opened;
      try {
        const { user } = await opening.run(opened, () => api.signInEmail({ body: credentials }));
        if (await isPasswordOf(deps.db, user.id, opened.provenHash)) return { user, session };
      } catch (error) {
        if (error instanceof APIError && error.statusCode === UNAUTHORIZED) return undefined;
        throw error;
      }
      await deleteSession(deps.db, session.id);
      return undefined;
    },
  };
}

/** The library's server API. */
export function createAuth({ db, clock, logger, config }: AuthDeps) {
  return betterAuth({
    database: { db, type: 'postgres', transaction: true },
    // Signs nothing that leaves the process: its cookies and routes are not used.
    secret: newestSecret(config.TOKEN_SECRET),
    baseURL: 'http://unused.invalid',
    emailAndPassword: {
      enabled: true,
      minPasswordLength: MIN_PASSWORD,
      maxPasswordLength: MAX_PASSWORD,
      password: { hash: hashPassword, verify: provePassword },
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
          before: () => Promise.resolve({ data: libraryColumns() }),
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

async function provePassword({ hash, password }: { hash: string; password: string }): Promise<boolean> {
  const isRight = await verifyPassword(hash, password);
  const opened = opening.getStore();
  if (isRight && opened !== undefined) opened.provenHash = hash;
  return isRight;
}

/** What our session is, over what the library would have made. @throws outside `byPassword` */
function libraryColumns() {
  const opened = opening.getStore();
  if (opened === undefined) throw new BetterAuthError('a login outside byPassword would store a token as it is');
  const { tokenHash, ...columns } = sessionColumns(opened.session);
  return { ...columns, token: tokenHash };
}
