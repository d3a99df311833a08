// Guests who turn out to be customers: what they ordered before is theirs.
import type { AppDeps } from '../http/deps.ts';
import { claimGuestOrders } from './customer-store.ts';

/** Makes the guest orders of a mail address those of its customer. */
export type ClaimOrders = (user: { userId: string; email: string }) => Promise<void>;

/**
 * Makes what is called when a customer has proven that a mail address is theirs, never before. May be called again at any time.
 */
export function createClaimOrders({ db, clock }: Pick<AppDeps, 'db' | 'clock'>): ClaimOrders {
  return (user) => claimGuestOrders(db, user, clock());
}
