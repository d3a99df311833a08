// Effects on stock. Each is one transaction under the lock of its checkout and may be repeated at will.

import { holdStock, releaseHolds, type WantedLine } from '../src/inventory/store.ts';
import { closeCheckout } from '../src/orders/checkout-store.ts';
import type { ShortLine } from '../src/orders/rules.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { requireOpenCheckout } from './checkout-lock.ts';

export function createInventoryActivities({ db, clock }: { db: Database; clock: Clock }) {
  return {
    /** Holds every line of the order or none; gives the short lines. @throws CheckoutClosed when it was unwound meanwhile */
    async holdOrderStock(order: { orderId: string; lines: WantedLine[]; expiresAt: string }): Promise<ShortLine[]> {
      return db.transaction().execute(async (tx) => {
        await requireOpenCheckout(tx, order.orderId);
        return holdStock(tx, { ...order, expiresAt: new Date(order.expiresAt), now: clock() });
      });
    },

    /** Gives the stock back, and sees to it that a hold that is still under way cannot happen any more. */
    async releaseOrderStock(orderId: string): Promise<void> {
      await db.transaction().execute(async (tx) => {
        await closeCheckout(tx, orderId, clock());
        await releaseHolds(tx, orderId, clock());
      });
    },
  };
}
