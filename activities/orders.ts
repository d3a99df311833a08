// Effects on orders: one transaction per step, and a repeat finds what was done before.
import type { Transaction } from 'kysely';
import { closeCart, reopenCart } from '../src/cart/store.ts';
import { commitCouponUse, releaseCouponUse } from '../src/coupons/store.ts';
import { commitHolds, releaseHolds, reviveHolds } from '../src/inventory/store.ts';
import type { MailFact } from '../src/notifications/rules.ts';
import { addMail } from '../src/notifications/store.ts';
import { closeCheckout } from '../src/orders/checkout-store.ts';
import type { Actor, OrderStatus, Refusal } from '../src/orders/rules.ts';
import { lockOrder, moveOrder, moveWrites, setPaymentStatus } from '../src/orders/store.ts';
import { setCaptured } from '../src/payments/store.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import type { Schema } from '../src/platform/database-schema.ts';
import { newId } from '../src/platform/ids.ts';
import type { Announce } from '../src/platform/news.ts';
import { type Write, writeTogether } from '../src/platform/writes.ts';

interface OrderCompletion {
  orderId: string;
  to: 'PAID' | 'CONFIRMED';
  by: Actor;
  requestKey?: string | undefined;
  at: string;
  /** What was received for it at Stripe, in minor units. */
  money?: { intentId: string; captured: number };
}

/** `ended` when the order has ended otherwise; `not_held` when its stock or its coupon is gone, and cannot be had again. */
export type OrderOutcome = 'done' | 'ended' | 'not_held';

interface OrderEnd {
  orderId: string;
  cartId: string;
  nextOrderId: string;
  to: 'EXPIRED' | 'CANCELLED';
  reason: string;
  by?: Actor;
  requestKey?: string | undefined;
  /** Where the submit is told no. */
  refusal?: Refusal;
  endedAt: string;
}

export function createOrderActivities({ db, clock, announce }: { db: Database; clock: Clock; announce: Announce }) {
  return {
    /**
     * The money is there (or a person confirms, or nothing is due): stock leaves, the coupon's use stands, the cart is
     * closed and the customer gets a mail. All or nothing; a repeat finds it done.
     */
    async completeOrder(order: OrderCompletion): Promise<OrderOutcome> {
      try {
        const outcome = await db.transaction().execute((tx) => complete(tx, order));
        announce(order.orderId);
        return outcome;
      } catch (error) {
        if (error instanceof NotHeld) return 'not_held';
        throw error;
      }
    },

    /** A try to pay was declined; the order waits for the next one. */
    async notePaymentFailed(order: { orderId: string }): Promise<void> {
      await setPaymentStatus(db, order.orderId, 'FAILED', clock());
    },

    /**
     * The order ends unpaid or unconfirmed, and with it everything that was done for it, in one moment: its stock and its
     * coupon are free, its cart is open again under a fresh order id, and its customer gets a mail, unless the answer to the
     * submit says it. An order that is complete stays; one that was never written cannot be from here on.
     * @returns where the order stands now; null when it was never written
     */
    async endOrder(order: OrderEnd): Promise<OrderStatus | null> {
      const status = await db.transaction().execute((tx) => end(tx, order));
      announce(order.orderId);
      return status;
    },
  };
}

async function complete(
  tx: Transaction<Schema>,
  { orderId, to, by, requestKey, at, money }: OrderCompletion,
): Promise<'done' | 'ended'> {
  const now = new Date(at);
  const from = to === 'PAID' ? 'PENDING' : 'AWAITING_CONFIRMATION';
  const paymentStatus = to === 'CONFIRMED' ? 'COD_DUE' : money === undefined ? 'NONE' : 'PAID';
  const order = await lockOrder(tx, orderId);
  if (order?.status !== from) return order?.status === to ? 'done' : 'ended';
  // A coupon's row is locked before stock wherever both are.
  if (order.couponCode !== null && !(await commitCouponUse(tx, orderId, now))) throw new NotHeld();
  await takeStock(tx, orderId, now);
  const move = { orderId, from, to, paymentStatus, actor: by, requestKey, note: null, now } as const;
  await writeTogether(tx, [
    ...moveWrites(tx, move, money && { captured: money.captured }),
    ...(money === undefined ? [] : [setCaptured(tx, money, now)]),
    closeCart(tx, orderId, now),
    mail(tx, orderId, to === 'PAID' ? 'paid' : 'confirmed', now),
  ]);
  return 'done';
}

async function end(tx: Transaction<Schema>, order: OrderEnd): Promise<OrderStatus | null> {
  const { orderId, to, reason, by = 'system', requestKey, refusal } = order;
  const now = new Date(order.endedAt);
  await closeCheckout(tx, orderId, now, refusal);
  const from = ['PENDING', 'AWAITING_CONFIRMATION'] as const;
  const move = { orderId, from, to, paymentStatus: 'NONE', actor: by, note: reason, requestKey, now } as const;
  const before = await moveOrder(tx, move, { cancelReason: reason });
  const wasOpen = before === 'PENDING' || before === 'AWAITING_CONFIRMATION';
  if (before !== undefined && !wasOpen) return before;
  await releaseCouponUse(tx, orderId, now);
  await releaseHolds(tx, orderId, now);
  if (wasOpen && refusal === undefined)
    await mail(tx, orderId, to === 'EXPIRED' ? 'expired' : 'cancelled', now).execute();
  await reopenCart(tx, { ...order, now });
  return wasOpen ? to : null;
}

/** What was held leaves the shop; what was held too long is taken again where it is still there. */
async function takeStock(tx: Transaction<Schema>, orderId: string, now: Date): Promise<void> {
  const { lines, committed } = await commitHolds(tx, orderId, now);
  if (lines > 0 && committed === lines) return;
  if (!(await reviveHolds(tx, orderId, now))) throw new NotHeld();
  const revived = await commitHolds(tx, orderId, now);
  if (committed + revived.committed !== lines) throw new NotHeld();
}

/** Ends the transaction without a trace: what the order needs is not there any more. */
class NotHeld extends Error {}

function mail(tx: Database, orderId: string, fact: MailFact, now: Date): Write {
  return addMail(tx, { id: newId(now), orderId, fact, now });
}
