// Effects on orders: one transaction per step, and a repeat finds what was done before.
import { ApplicationFailure } from '@temporalio/common';
import { closeCart } from '../src/cart/store.ts';
import { commitHolds } from '../src/inventory/store.ts';
import type { MailFact } from '../src/notifications/rules.ts';
import { addMail } from '../src/notifications/store.ts';
import { closeCheckout } from '../src/orders/checkout-store.ts';
import type { OrderStatus, PaymentMethod, PaymentStatus, PriceSnapshot } from '../src/orders/rules.ts';
import { countLines, insertOrder, moveOrder, setPaymentStatus } from '../src/orders/store.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { newId } from '../src/platform/ids.ts';
import { requireOpenCheckout } from './checkout-lock.ts';

/** Where an order begins. One that costs nothing waits for nobody: the next step completes it. */
function firstStatus(
  { total }: PriceSnapshot,
  method: PaymentMethod,
): { status: OrderStatus; paymentStatus: PaymentStatus } {
  if (total === 0) return { status: 'PENDING', paymentStatus: 'NONE' };
  if (method === 'cod') return { status: 'AWAITING_CONFIRMATION', paymentStatus: 'NONE' };
  return { status: 'PENDING', paymentStatus: 'PENDING' };
}

export function createOrderActivities({ db, clock }: { db: Database; clock: Clock }) {
  return {
    /** Writes the order; gives its number. */
    async writeOrder(order: { orderId: string; placedAt: string; expiresAt: string }): Promise<{ number: string }> {
      return db.transaction().execute(async (tx) => {
        const checkout = await requireOpenCheckout(tx, order.orderId);
        if (checkout.prices === null) throw ApplicationFailure.nonRetryable('the cart is not frozen', 'CartNotFrozen');
        const now = new Date(order.placedAt);
        const first = firstStatus(checkout.prices, checkout.paymentMethod);
        const number = await insertOrder(tx, {
          id: order.orderId,
          cartId: checkout.cartId,
          ...first,
          paymentMethod: checkout.paymentMethod,
          email: checkout.email,
          shippingAddress: checkout.shippingAddress,
          note: checkout.note,
          prices: checkout.prices,
          expiresAt: new Date(order.expiresAt),
          now,
        });
        if (first.status === 'AWAITING_CONFIRMATION') await mail(tx, order.orderId, 'placed', now);
        return { number };
      });
    },

    /**
     * The money is there (or none is due): stock leaves, the cart is closed, the order is PAID and its customer gets a mail.
     * All or nothing; a repeat finds it done.
     * @throws OrderNotPayable when the order stands where it cannot be paid, HoldsMissing when its stock is not held
     */
    async completeOrder(order: { orderId: string; captured: number; paidAt: string }): Promise<void> {
      const { orderId, captured } = order;
      const now = new Date(order.paidAt);
      const paymentStatus = captured > 0 ? 'PAID' : 'NONE';
      const actor = captured > 0 ? 'stripe' : 'system';
      await db.transaction().execute(async (tx) => {
        const move = { orderId, from: ['PENDING'], to: 'PAID', paymentStatus, actor, note: null, now } as const;
        const before = await moveOrder(tx, move, { captured });
        if (before === 'PAID') return;
        if (before !== 'PENDING') throw ApplicationFailure.nonRetryable(`the order is ${before}`, 'OrderNotPayable');
        const committed = await commitHolds(tx, orderId, now);
        if (committed !== (await countLines(tx, orderId))) {
          throw ApplicationFailure.nonRetryable('the stock of the order is not held', 'HoldsMissing');
        }
        await closeCart(tx, orderId, now);
        await mail(tx, orderId, 'paid', now);
      });
    },

    /** A try to pay was declined; the order waits for the next one. */
    async notePaymentFailed(order: { orderId: string }): Promise<void> {
      await setPaymentStatus(db, order.orderId, 'FAILED', clock());
    },

    /**
     * The order ends unpaid or unconfirmed. Its customer gets a mail, unless the answer to the submit has said it already.
     * An order that was never written has nothing to end.
     */
    async endOrder(order: {
      orderId: string;
      to: 'EXPIRED' | 'CANCELLED';
      reason: string;
      quietly: boolean;
      endedAt: string;
    }): Promise<void> {
      const { orderId, to, reason } = order;
      const now = new Date(order.endedAt);
      await db.transaction().execute(async (tx) => {
        await closeCheckout(tx, orderId, now);
        const from = ['PENDING', 'AWAITING_CONFIRMATION'] as const;
        const move = { orderId, from, to, paymentStatus: 'NONE', actor: 'system', note: reason, now } as const;
        const before = await moveOrder(tx, move, { cancelReason: reason });
        const ended = before === 'PENDING' || before === 'AWAITING_CONFIRMATION';
        if (ended && !order.quietly) await mail(tx, orderId, to === 'EXPIRED' ? 'expired' : 'cancelled', now);
      });
    },
  };
}

async function mail(tx: Database, orderId: string, fact: MailFact, now: Date): Promise<void> {
  await addMail(tx, { id: newId(now), orderId, fact, now });
}
