// Effects on carts and orders: one transaction per step, and a repeat finds what was done before.
import { ApplicationFailure } from '@temporalio/common';
import { closeCart, listItems, lockCart, reopenCart, startCheckout } from '../src/cart/store.ts';
import { commitHolds, type WantedLine } from '../src/inventory/store.ts';
import type { MailFact } from '../src/notifications/rules.ts';
import { addMail } from '../src/notifications/store.ts';
import { closeCheckout, freezePrices, saveRefusal } from '../src/orders/checkout-store.ts';
import type { OrderStatus, PaymentMethod, PaymentStatus, PriceSnapshot, Refusal } from '../src/orders/rules.ts';
import { insertOrder, moveOrder, setPaymentStatus } from '../src/orders/store.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { newId } from '../src/platform/ids.ts';
import { priceCart } from '../src/pricing/rules.ts';
import { requireOpenCheckout } from './checkout-lock.ts';

/** What a workflow may know of a cart: ids, counts and amounts. */
export interface FrozenCart {
  lines: WantedLine[];
  total: number;
  currency: string;
}

const FIRST_STATUS: Record<PaymentMethod, { status: OrderStatus; paymentStatus: PaymentStatus }> = {
  card: { status: 'PENDING', paymentStatus: 'PENDING' },
  cod: { status: 'AWAITING_CONFIRMATION', paymentStatus: 'NONE' },
};

export function createOrderActivities({ db, clock }: { db: Database; clock: Clock }) {
  return {
    /** Prices the cart and freezes it: from here on the cart refuses edits and its prices stand. */
    async freezeCart(order: { orderId: string }): Promise<{ frozen: FrozenCart } | { refusal: Refusal }> {
      return db.transaction().execute(async (tx) => {
        const checkout = await requireOpenCheckout(tx, order.orderId);
        if (checkout.prices !== null) return { frozen: outline(checkout.prices) };
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
        return { frozen: outline(prices) };
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
        const number = await insertOrder(tx, {
          id: order.orderId,
          cartId: checkout.cartId,
          ...FIRST_STATUS[checkout.paymentMethod],
          paymentMethod: checkout.paymentMethod,
          email: checkout.email,
          shippingAddress: checkout.shippingAddress,
          note: checkout.note,
          prices: checkout.prices,
          expiresAt: new Date(order.expiresAt),
          now,
        });
        if (checkout.paymentMethod === 'cod') await mail(tx, order.orderId, 'placed', now);
        return { number };
      });
    },

    /** The money is there: stock leaves, the cart is closed, the order is PAID and its customer gets a mail. All or nothing. */
    async completeOrder(order: { orderId: string; captured: number; paidAt: string }): Promise<void> {
      const now = new Date(order.paidAt);
      await db.transaction().execute(async (tx) => {
        const moved = await moveOrder(
          tx,
          {
            orderId: order.orderId,
            from: ['PENDING'],
            to: 'PAID',
            paymentStatus: 'PAID',
            actor: 'stripe',
            note: null,
            now,
          },
          { captured: order.captured },
        );
        if (!moved) return;
        await commitHolds(tx, order.orderId, now);
        await closeCart(tx, order.orderId, now);
        await mail(tx, order.orderId, 'paid', now);
      });
    },

    /** A try to pay was declined; the order waits for the next one. */
    async notePaymentFailed(order: { orderId: string }): Promise<void> {
      await setPaymentStatus(db, order.orderId, 'FAILED', clock());
    },

    /** The order ends unpaid or unconfirmed, and its customer gets a mail. An order that was never written has nothing to end. */
    async endOrder(order: {
      orderId: string;
      to: 'EXPIRED' | 'CANCELLED';
      reason: string;
      endedAt: string;
    }): Promise<void> {
      const now = new Date(order.endedAt);
      await db.transaction().execute(async (tx) => {
        await closeCheckout(tx, order.orderId, now);
        const moved = await moveOrder(
          tx,
          {
            orderId: order.orderId,
            from: ['PENDING', 'AWAITING_CONFIRMATION'],
            to: order.to,
            paymentStatus: 'NONE',
            actor: 'system',
            note: order.reason,
            now,
          },
          { cancelReason: order.reason },
        );
        if (moved) await mail(tx, order.orderId, order.to === 'EXPIRED' ? 'expired' : 'cancelled', now);
      });
    },
  };
}

function outline(prices: PriceSnapshot): FrozenCart {
  const lines = prices.lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  return { lines, total: prices.total, currency: prices.currency };
}

async function mail(tx: Database, orderId: string, fact: MailFact, now: Date): Promise<void> {
  await addMail(tx, { id: newId(now), orderId, fact, now });
}
