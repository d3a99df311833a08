// What is held and whose time is over: found, and ended in batches. P3 rests here. "Now" is the workflow's time.
import { expireCouponUses, isAnyCouponUseDue } from '../src/coupons/store.ts';
import { expireHolds, findDueHolds, isAnyHoldDue } from '../src/inventory/store.ts';
import { findWaiting } from '../src/orders/store.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { watchFor } from './watch.ts';

/** A look a second keeps the promise of 5 s with room for a killed worker. Heartbeats are under half of their timeout. */
const WATCH = { lastsMs: 5 * 60_000, lookEveryMs: 1_000, heartbeatEveryMs: 500 } as const;

/** Stock holds whose time is over, and of their orders those that have not come to their end. */
export interface DueHolds {
  holdIds: string[];
  liveOrders: { orderId: string; cartId: string }[];
}

export function createExpiryActivities({ db, clock, stopping }: { db: Database; clock: Clock; stopping: AbortSignal }) {
  return {
    /** Returns as soon as anything is due, or after some minutes without. @returns whether anything is due */
    async watchHolds(): Promise<{ due: boolean }> {
      let due = false;
      await watchFor({ ...WATCH, stopping }, async () => {
        const now = clock();
        due = (await isAnyHoldDue(db, now)) || (await isAnyCouponUseDue(db, now));
        return due ? 'over' : 'nothing';
      });
      return { due };
    },

    /** The holds of one batch. A repeat finds them again until they are ended, and so their orders too. @param due.now ISO 8601 */
    async findDueHolds(due: { now: string; limit: number }): Promise<DueHolds> {
      const holds = await findDueHolds(db, { limit: due.limit, now: new Date(due.now) });
      const orderIds = [...new Set(holds.flatMap(({ orderId }) => orderId ?? []))];
      const liveOrders = orderIds.length === 0 ? [] : await findWaiting(db, orderIds);
      return { holdIds: holds.map(({ id }) => id), liveOrders };
    },

    /**
     * Ends those of these holds that nobody has settled meanwhile, and coupon uses whose time is over. A coupon's row is locked
     * before stock wherever both are; here each has a transaction of its own.
     * @param due.now ISO 8601
     * @returns how many ended now
     */
    async expireHolds(due: {
      holdIds: string[];
      now: string;
      limit: number;
    }): Promise<{ holds: number; coupons: number }> {
      const [now, { limit }] = [new Date(due.now), due];
      const coupons = await db.transaction().execute((tx) => expireCouponUses(tx, { now, limit }));
      const holds = await db.transaction().execute((tx) => expireHolds(tx, due.holdIds, now));
      return { holds, coupons };
    },
  };
}
