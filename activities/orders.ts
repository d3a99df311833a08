// Effects on carts and orders: one transaction per step, and a repeat finds what was done before.
import { ApplicationFailure } from '@temporalio/common';
import { closeCart, listItems, lockCart, reopenCart, startCheckout } from '../src/cart/store.ts';
import { commitHolds, type WantedLine } from '../src/inventory/store.ts';
import type { MailFact } from '../src/notifications/rules.ts';
import { addMail } from '../src/notifications/store.ts';
import { closeCheckout, freezePrices, saveRefusal } from '../src/orders/checkout-store.ts';
import type { OrderStatus, PaymentMethod, PaymentStatus, PriceSnapshot, Refusal } from '../src/orders/rules.ts';
import { countLines, insertOrder, moveOrder, setPaymentStatus } from '../src/orders/store.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { newId } from '../src/platform/ids.ts';
import { priceCart } from '../src/pricing/rules.ts';
import { requireOpenCheckout } from './checkout-lock.ts';

/** What a workflow may know of a cart: ids, counts and amounts, and how it will be paid. */
export interface FrozenCart {
  paymentMethod: PaymentMethod;
  lines: WantedLine[];
  total: number;
  currency: string;
}

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
    /** Prices the cart and freezes it: from here on the cart refuses edits and its prices stand. */
    async freezeCart(order: { orderId: string }): Promise<{ frozen: FrozenCart } | { refusal: Refusal }> {
      return db.transaction().execute(async (tx) => {
        const checkout = await requireOpenCheckout(tx, order.orderId);
        if (checkout.prices !== null) return { frozen: outline(checkout.prices, checkout.paymentMethod) };
        const cart = await lockCart(tx, { id: checkout.cartId });
        if (cart?.nextOrderId !== order.orderId)
          throw ApplicationFailure.nonRetryable('the cart has moved on', 'CartMovedOn');
        const items = await listItems(tx, cart.id);
        if (items.length === 0) return { refusal: { code: 'cart_empty' } };
        const lines = items.map(({ variantId, sku, title, quantity, unitPrice }) => ({
          variantId,
          sku,
          title,
          quantity,
          unitPrice,
        }));
        const prices: PriceSnapshot = { ...priceCart(lines), currency: cart.currency };
        if (checkout.expectedTotal !== null && checkout.expectedTotal !== prices.total) {
          return { refusal: { code: 'cart_changed', total: prices.total } };
        }
        await startCheckout(tx, cart.id, clock());
        await freezePrices(tx, order.orderId, prices, clock());
        return { frozen: outline(prices, checkout.paymentMethod) };
      });
    },

    /** Opens the cart again under a fresh order id, and keeps why where the submit was refused. */
    async reopenOrderCart(order: {
      orderId: string;
      cartId: string;
      nextOrderId: string;
      refusal?: Refusal;
    }): Promise<void> {
      await db.transaction().execute(async (tx) => {
        await closeCheckout(tx, order.orderId, clock());
        if (order.refusal !== undefined) await saveRefusal(tx, order.orderId, order.refusal);
        await reopenCart(tx, { ...order, now: clock() });
      });
    },

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

function outline(prices: PriceSnapshot, paymentMethod: PaymentMethod): FrozenCart {
  const lines = prices.lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  return { paymentMethod, lines, total: prices.total, currency: prices.currency };
}

async function mail(tx: Database, orderId: string, fact: MailFact, now: Date): Promise<void> {
  await addMail(tx, { id: newId(now), orderId, fact, now });
}
