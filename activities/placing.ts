// The step that makes an order of a cart: its prices are frozen, its coupon and its stock are held and the order is written,
// all in one transaction under the lock of its checkout; or the submit is refused, nothing is held, and the cart can be tried
// again. A repeat finds what was done before.
import { ApplicationFailure } from '@temporalio/common';
import type { Transaction } from 'kysely';
import { type Cart, listItems, lockCart, reopenCart, startCheckout } from '../src/cart/store.ts';
import { priceWithCoupon } from '../src/coupons/rules.ts';
import { findCoupon, holdCouponUse, releaseCouponUse } from '../src/coupons/store.ts';
import { holdStock } from '../src/inventory/store.ts';
import { addMail } from '../src/notifications/store.ts';
import { type Checkout, closeCheckout, freezeCheckout, lockCheckout } from '../src/orders/checkout-store.ts';
import {
  type OrderStatus,
  type PaymentMethod,
  type PaymentStatus,
  type PriceSnapshot,
  type Refusal,
  waitsForMoney,
} from '../src/orders/rules.ts';
import { findPlacing, findStatus, insertOrder } from '../src/orders/store.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import type { Schema } from '../src/platform/database-schema.ts';
import { newId } from '../src/platform/ids.ts';
import { findShippingMethod, type PricingSettings } from '../src/pricing/rules.ts';

/** Times as ISO 8601; those of a window are its end, by how the order is paid. */
export interface Placing {
  orderId: string;
  /** What the cart becomes at its next submit, where this one is refused. */
  nextOrderId: string;
  placedAt: string;
  expiresAt: Record<PaymentMethod, string>;
  holdsExpireAt: Record<PaymentMethod, string>;
}

/** What a workflow may know of its order: number and amount, how it is paid, and its times (ISO 8601). */
export interface Placed {
  number: string;
  /** Minor units. */
  total: number;
  currency: string;
  paymentMethod: PaymentMethod;
  placedAt: string;
  expiresAt: string;
}

/** What became of the submit. `ended`: it was unwound before, and its order stands there; CANCELLED also where none was written. */
export type PlacingAnswer = { placed: Placed } | { refusal: Refusal } | { ended: OrderStatus };

/** What was sent with the submit, with its cart locked. */
interface Submitted {
  checkout: Checkout;
  cart: Cart;
  placing: Placing;
  now: Date;
}

export function createPlacingActivities(deps: { db: Database; clock: Clock; pricing: PricingSettings }) {
  const { db, clock, pricing } = deps;
  return {
    /** @throws CheckoutUnknown; CartMovedOn when the cart is another order's (neither is retried) */
    async placeOrder(placing: Placing): Promise<PlacingAnswer> {
      return db.transaction().execute(async (tx) => {
        const checkout = await lockCheckout(tx, placing.orderId);
        if (checkout === undefined)
          throw ApplicationFailure.nonRetryable('there is no such checkout', 'CheckoutUnknown');
        if (checkout.closedAt !== null) return afterwards(tx, checkout);
        if (checkout.frozenAt !== null) return { placed: await findPlacing(tx, placing.orderId) };
        const cart = await lockCart(tx, { id: checkout.cartId });
        if (cart?.nextOrderId !== placing.orderId)
          throw ApplicationFailure.nonRetryable('the cart has moved on', 'CartMovedOn');
        const submitted = { checkout, cart, placing, now: clock() };
        const placed = await place(tx, submitted, pricing);
        if ('refusal' in placed) await refuse(tx, submitted, placed.refusal);
        return placed;
      });
    },
  };
}

/** What became of a checkout that is closed. */
async function afterwards(
  tx: Transaction<Schema>,
  { orderId, refusal }: Checkout,
): Promise<{ refusal: Refusal } | { ended: OrderStatus }> {
  if (refusal !== null) return { refusal };
  return { ended: (await findStatus(tx, orderId)) ?? 'CANCELLED' };
}

/** A coupon's row is locked before stock wherever both are, and stock as late as can be: other buyers wait for it. */
async function place(
  tx: Transaction<Schema>,
  submitted: Submitted,
  pricing: PricingSettings,
): Promise<{ placed: Placed } | { refusal: Refusal }> {
  const { checkout, placing, now } = submitted;
  const priced = await priceSubmit(tx, submitted, pricing);
  if ('refusal' in priced) return priced;
  const { prices } = priced;
  const { orderId, paymentMethod } = checkout;
  const held = { orderId, expiresAt: new Date(placing.holdsExpireAt[paymentMethod]), now };
  const problem =
    prices.couponId && (await holdCouponUse(tx, { ...held, couponId: prices.couponId, customer: checkout.email }));
  if (problem) return { refusal: { code: 'coupon_invalid', reason: problem } };
  const items = await holdStock(tx, { ...held, lines: prices.lines });
  if (items.length > 0) return { refusal: { code: 'out_of_stock', items } };
  return { placed: await write(tx, submitted, prices) };
}

async function write(
  tx: Transaction<Schema>,
  { checkout, cart, placing, now }: Submitted,
  prices: PriceSnapshot,
): Promise<Placed> {
  const { orderId: id, paymentMethod, cartId, customerId, buyerId, email, shippingAddress, note } = checkout;
  const whose = { customerId: buyerId, disownedAt: customerId === buyerId ? null : now };
  const placedAt = new Date(placing.placedAt);
  const expiresAt = placing.expiresAt[paymentMethod];
  const first = firstStatus(prices, paymentMethod);
  const sent = { cartId, ...whose, email, shippingAddress, note, paymentMethod };
  const order = { id, ...sent, ...first, prices, expiresAt: new Date(expiresAt), now: placedAt };
  const also = [startCheckout(tx, cart.id, now), freezeCheckout(tx, id, now)];
  if (first.status === 'AWAITING_CONFIRMATION')
    also.push(addMail(tx, { id: newId(placedAt), orderId: id, fact: 'placed', now: placedAt }));
  const number = await insertOrder(tx, order, also);
  const { total, currency } = prices;
  return { number, total, currency, paymentMethod, placedAt: placing.placedAt, expiresAt };
}

/** Where an order begins. One that costs nothing waits for nobody: the next step completes it. */
function firstStatus(
  { total }: PriceSnapshot,
  paymentMethod: PaymentMethod,
): { status: OrderStatus; paymentStatus: PaymentStatus } {
  if (waitsForMoney({ paymentMethod, total })) return { status: 'PENDING', paymentStatus: 'PENDING' };
  return { status: total === 0 ? 'PENDING' : 'AWAITING_CONFIRMATION', paymentStatus: 'NONE' };
}

/** The submit is over: its reason is kept for every caller, and the cart, as it was, becomes another order next time. */
async function refuse(tx: Transaction<Schema>, { placing, cart, now }: Submitted, refusal: Refusal): Promise<void> {
  const { orderId, nextOrderId } = placing;
  await releaseCouponUse(tx, orderId, now);
  await closeCheckout(tx, orderId, now, refusal);
  await reopenCart(tx, { cartId: cart.id, orderId, nextOrderId, now });
}

/**
 * The prices of this moment, for this submit. A line that is no longer for sale is never dropped in silence: the submit is
 * refused until its shopper has taken it out.
 */
async function priceSubmit(
  tx: Database,
  { checkout, cart, now }: Submitted,
  pricing: PricingSettings,
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
