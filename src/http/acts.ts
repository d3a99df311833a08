// What a request's caller has done, as an entry of the audit.
import type { Context } from 'hono';
import type { Act } from '../platform/audit.ts';
import type { Clock } from '../platform/clock.ts';
import type { AppEnv } from './router.ts';

/** The act of whoever the request's credentials have proven it to be from: ask after who is calling, not before. */
export function actOf(
  c: Context<AppEnv>,
  { clock }: { clock: Clock },
  what: Pick<Act, 'action' | 'subject' | 'details'>,
): Act {
  return { actor: c.var.account ?? 'anonymous', requestId: c.var.requestId, now: clock(), ...what };
}
