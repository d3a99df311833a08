// Who does what a request asks for, as the audit names them.
import type { Context } from 'hono';
import type { By } from '../platform/audit.ts';
import type { Clock } from '../platform/clock.ts';
import type { AppEnv } from './router.ts';

/** Whoever the request's credentials have proven it to be from: ask after who is calling, not before. */
export function doneBy(c: Context<AppEnv>, { clock }: { clock: Clock }): By {
  return { actor: c.var.account ?? 'anonymous', requestId: c.var.requestId, now: clock() };
}
