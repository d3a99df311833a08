// A guest logs in: what is in their cart goes into the customer's own. Both carts are locked, the guest's first, so that what
// is merged or edited at once lines up: nothing is lost, and nothing is added twice.
import type { AppDeps } from '../http/deps.ts';
import { ProblemError } from '../http/problem.ts';
import type { Database } from '../platform/database.ts';
import { hashToken, newCartToken } from '../platform/tokens.ts';
import { writeTogether } from '../platform/writes.ts';
import { type CartEditing, createCartEditing, type FindCoupon } from './editing.ts';
import { isOver, lockOwnToFill, requireEditable, retire } from './edits.ts';
import { MAX_QUANTITY } from './schemas.ts';
import { type Cart, clearItems, copyItems, leaveOwner, lockCart, setCoupon, touchCart } from './store.ts';

interface Merger {
  customerId: string;
  tokenHash: Buffer | undefined;
  ifMatch?: string | undefined;
}

/** Merges a guest's cart into a customer's. @returns whether the token names no cart any more */
export type MergeCart = (user: { userId: string }, cartTokenHash: Buffer) => Promise<boolean>;

/**
 * Makes what a login calls: the cart of this token goes into the customer's own. A cart that is not there any more, or has
 * been merged before, does nothing; one that is in checkout, on either side, stays, because nobody's login fails for it.
 */
export function createMergeCart(deps: AppDeps, findCoupon: FindCoupon): MergeCart {
  const merge = createMerging(deps, createCartEditing(deps, findCoupon), findCoupon);
  return async ({ userId: customerId }, tokenHash) => {
    try {
      await deps.db.transaction().execute((tx) => merge(tx, { customerId, tokenHash }));
      return true;
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'cart_in_checkout') throw error;
      return false;
    }
  };
}

/** Makes the merging itself. */
export function createMerging(
  { config, clock }: Pick<AppDeps, 'config' | 'clock'>,
  { endOfLife, price }: CartEditing,
  findCoupon: FindCoupon,
) {
  /**
   * One merge, in the caller's transaction. Afterwards the guest's cart is empty and its token names nothing.
   * @returns the customer's cart as it is then; undefined when there was nothing to merge
   * @throws cart_in_checkout, or precondition_failed when the customer has seen another version of their cart
   */
  return async function merge(tx: Database, { customerId, tokenHash, ifMatch }: Merger): Promise<Cart | undefined> {
    const now = clock();
    const guests = tokenHash && (await lockCart(tx, { tokenHash }));
    if (guests === undefined) return undefined;
    if (isOver(guests, now)) {
      await retire(tx, guests);
      return undefined;
    }
    requireEditable(guests, undefined);
    const fresh = { currency: config.CURRENCY, expiresAt: endOfLife(now) };
    const { cart } = await lockOwnToFill(tx, { customerId, ifMatch, now }, fresh);
    await writeTogether(tx, [
      copyItems(tx, { from: guests.id, to: cart.id, most: MAX_QUANTITY }),
      clearItems(tx, guests.id),
      leaveOwner(tx, guests.id, hashToken(newCartToken())),
    ]);
    await keepCoupon(tx, cart, guests.couponId);
    return touchCart(tx, cart.id, fresh.expiresAt, now);
  };

  /** The guest's coupon comes along where the customer's cart has none, and it can be used for what is in it now. */
  async function keepCoupon(tx: Database, cart: Cart, id: string | null): Promise<void> {
    if (cart.couponId !== null || id === null) return;
    const coupon = await findCoupon(tx, { id, exceptOrder: cart.nextOrderId });
    if (coupon === undefined || (await price(tx, cart, coupon)).couponProblem !== null) return;
    await setCoupon(tx, cart.id, id);
  }
}
