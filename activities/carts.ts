// Effects on carts: a submit freezes its cart, and an order that ended gives it back. A repeat finds what was done before.
import { ApplicationFailure } from '@temporalio/common';
import { listItems, lockCart, reopenCart, startCheckout } from '../src/cart/store.ts';
import type { WantedLine } from '../src/inventory/store.ts';
import { closeCheckout, freezePrices, saveRefusal } from '../src/orders/checkout-store.ts';
import type { PaymentMethod, PriceSnapshot, Refusal } from '../src/orders/rules.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { priceCart } from '../src/pricing/rules.ts';
import { requireOpenCheckout } from './checkout-lock.ts';

/** What a workflow may know of a cart: ids, counts and amounts, and how it will be paid. */
export interface FrozenCart {
  paymentMethod: PaymentMethod;
  lines: WantedLine[];
  total: number;
  currency: string;
}

export function createCartActivities({ db, clock }: { db: Database; clock: Clock }) {
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
  };
}

function outline(prices: PriceSnapshot, paymentMethod: PaymentMethod): FrozenCart {
  const lines = prices.lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  return { paymentMethod, lines, total: prices.total, currency: prices.currency };
}
