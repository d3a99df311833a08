// Logins that were refused, in the audit: who guesses at a password is seen there.
import type { Context } from 'hono';
import { actOf } from '../http/acts.ts';
import type { AppDeps } from '../http/deps.ts';
import { ProblemError } from '../http/problem.ts';
import type { AppEnv } from '../http/router.ts';
import { findUserId } from './user-store.ts';

/**
 * Tries to log in, and records it where the credentials are wrong. Whose address it is is looked up in any case, so that an
 * unknown one is not answered sooner; an address that nobody has is not kept, for it could never be erased.
 * @throws what the attempt throws
 */
export async function recordingRefusals<T>(
  c: Context<AppEnv>,
  deps: Pick<AppDeps, 'db' | 'clock' | 'record'>,
  email: string,
  attempt: () => Promise<T>,
): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'unauthenticated') {
      const userId = await findUserId(deps.db, email);
      const subject = userId === undefined ? {} : { subject: `user:${userId}` };
      await deps.record(actOf(c, deps, { action: 'login_failed', ...subject }));
    }
    throw error;
  }
}
