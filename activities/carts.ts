// Effects on carts: a submit freezes its cart, and an order that ended gives it back. A repeat finds what was done before.
import { ApplicationFailure } from '@temporalio/common';
import { type Cart, listItems, lockCart, reopenCart, startCheckout } from '../src/cart/store.ts';
import { priceWithCoupon } from '../src/coupons/rules.ts';
import { findCoupon } from '../src/coupons/store.ts';
import type { WantedLine } from '../src/inventory/store.ts';
import { closeCheckout, freezePrices, type OpenCheckout, saveRefusal } from '../src/orders/checkout-store.ts';
import type { PaymentMethod, PriceSnapshot, Refusal } from '../src/orders/rules.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { findShippingMethod, type PricingSettings } from '../src/pricing/rules.ts';
import { requireOpenCheckout } from './checkout-lock.ts';

/** What a workflow may know of a cart: ids, counts and amounts, and how it will be paid. */
export interface FrozenCart {
  paymentMethod: PaymentMethod;
  lines: WantedLine[];
  total: number;
  currency: string;
  /** Only where the cart has a coupon. */
  couponId?: string;
}

export function createCartActivities(deps: { db: Database; clock: Clock; pricing: PricingSettings }) {
  const { db, clock, pricing } = deps;
  return {
    /** Prices the cart and freezes it: from here on the cart refuses edits and its prices stand. */
    async freezeCart(order: { orderId: string }): Promise<{ frozen: FrozenCart } | { refusal: Refusal }> {
      return db.transaction().execute(async (tx) => {
        const checkout = await requireOpenCheckout(tx, order.orderId);
        if (checkout.prices !== null) return { frozen: outline(checkout.prices, checkout.paymentMethod) };
        const cart = await lockCart(tx, { id: checkout.cartId });
        if (cart?.nextOrderId !== order.orderId)
          throw ApplicationFailure.nonRetryable('the cart has moved on', 'CartMovedOn');
        const priced = await priceSubmit(tx, { checkout, cart, pricing, now: clock() });
        if ('refusal' in priced) return priced;
        await startCheckout(tx, cart.id, clock());
        await freezePrices(tx, order.orderId, priced.prices, clock());
        return { frozen: outline(priced.prices, checkout.paymentMethod) };
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

/**
 * The prices of this moment, for this submit. A line that is no longer for sale is never dropped in silence: the submit is
 * refused until its shopper has taken it out.
 */
async function priceSubmit(
  tx: Database,
  { checkout, cart, pricing, now }: { checkout: OpenCheckout; cart: Cart; pricing: PricingSettings; now: Date },
): Promise<{ prices: PriceSnapshot } | { refusal: Refusal }> {
  const items = await listItems(tx, cart.id);
  const forSale = items.filter((item) => item.forSale);
  if (forSale.length === 0) return { refusal: { code: 'cart_empty' } };
  const shippingMethod = findShippingMethod(pricing, checkout.shippingMethod);
  if (shippingMethod === undefined)
    throw ApplicationFailure.nonRetryable('no such shipping method', 'ShippingMethodUnknown');
  const coupon = cart.couponId === null ? undefined : await findCoupon(tx, { id: cart.couponId });
  const lines = forSale.map(({ id: _id, available: _available, forSale: _forSale, ...line }) => line);
  const basket = { lines, coupon, shippingMethod, country: checkout.shippingAddress.country };
  const { couponProblem, ...totals } = priceWithCoupon(pricing, basket, { currency: cart.currency, now });
  if (couponProblem !== null) return { refusal: { code: 'coupon_invalid', reason: couponProblem } };
  const { expectedTotal } = checkout;
  if (forSale.length < items.length || (expectedTotal !== null && expectedTotal !== totals.total))
    return { refusal: { code: 'cart_changed', total: totals.total } };
  const withCoupon = coupon && { couponId: coupon.id, couponCode: coupon.code };
  return { prices: { ...totals, ...withCoupon, currency: cart.currency, shippingMethod: shippingMethod.id } };
}

function outline(prices: PriceSnapshot, paymentMethod: PaymentMethod): FrozenCart {
  const { total, currency, couponId } = prices;
  const lines = prices.lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  return { paymentMethod, lines, total, currency, ...(couponId !== undefined && { couponId }) };
}
