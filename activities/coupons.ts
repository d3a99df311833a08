// Effects on coupons: the use of one is held for an order, or given back. Each is one transaction under the lock of its
// checkout and may be repeated at will (P7).
import { holdCouponUse, releaseCouponUse } from '../src/coupons/store.ts';
import { closeCheckout } from '../src/orders/checkout-store.ts';
import type { CouponProblem } from '../src/orders/rules.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { requireOpenCheckout } from './checkout-lock.ts';

export function createCouponActivities({ db, clock }: { db: Database; clock: Clock }) {
  return {
    /** Holds a use for the order's customer, or says why there is none. @throws CheckoutClosed when it was unwound meanwhile */
    async holdOrderCoupon(order: {
      orderId: string;
      couponId: string;
      expiresAt: string;
    }): Promise<{ problem?: CouponProblem }> {
      return db.transaction().execute(async (tx) => {
        const { email } = await requireOpenCheckout(tx, order.orderId);
        const use = { ...order, customer: email, expiresAt: new Date(order.expiresAt), now: clock() };
        const problem = await holdCouponUse(tx, use);
        return problem === undefined ? {} : { problem };
      });
    },

    /** Gives the use back, and sees to it that a hold that is still under way cannot happen any more. */
    async releaseOrderCoupon(orderId: string): Promise<void> {
      await db.transaction().execute(async (tx) => {
        await closeCheckout(tx, orderId, clock());
        await releaseCouponUse(tx, orderId, clock());
      });
    },
  };
}
