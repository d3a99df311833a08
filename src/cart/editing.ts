// What the cart's routes share: one edit is one transaction under the cart's lock, and its answer is the cart of exactly
// that version, priced with what the catalog and the coupon say at that moment.
import type { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { pricingOf } from '../config.ts';
import { type Coupon, priceWithCoupon } from '../coupons/rules.ts';
import { renewCartCookie } from '../http/cart-token.ts';
import type { AppDeps } from '../http/deps.ts';
import type { AppEnv } from '../http/router.ts';
import { requireShopper, type Shopper } from '../http/shopper.ts';
import type { Database } from '../platform/database.ts';
import { findShippingMethod } from '../pricing/rules.ts';
import { type CartShopper, lockForEdit, versionTag } from './edits.ts';
import type { cartAnswer } from './schemas.ts';
import { type Cart, type CartItem, listItems, touchCart } from './store.ts';

/** Finds a coupon by its code in any case, or by its id; the own use of `exceptOrder` does not count. */
export type FindCoupon = (
  db: Database,
  by: ({ code: string } | { id: string }) & { exceptOrder: string },
) => Promise<Coupon | undefined>;

export type CartEditing = ReturnType<typeof createCartEditing>;

/** A shopper as carts know them. */
export function ownerOf({ tokenHash, customer }: Shopper): CartShopper {
  return { tokenHash, customerId: customer?.userId };
}

export function createCartEditing(deps: AppDeps, findCoupon: FindCoupon) {
  const { db, config, clock } = deps;
  const pricing = pricingOf(config);
  const shippingMethod = findShippingMethod(pricing, null);
  if (shippingMethod === undefined) throw new Error('the shop has no shipping method');
  /** Before an address and a method are chosen. */
  const assumed = { shippingMethod, country: config.SHOP_COUNTRY };

  /** One edit of the caller's cart: all of it, or nothing. */
  async function edit(c: Context<AppEnv>, change: (tx: Database, cart: Cart) => Promise<void>) {
    const owner = ownerOf(await requireShopper(c, deps));
    const editor = { ...owner, ifMatch: c.req.header('If-Match'), now: clock() };
    const edited = await db.transaction().execute(async (tx) => {
      const cart = await lockForEdit(tx, editor);
      await change(tx, cart);
      return count(c, tx, cart);
    });
    renewCartCookie(c, config);
    return edited;
  }

  /** Counts the edit of a locked cart, and gives the answer that belongs to exactly this version. */
  async function count(c: Context<AppEnv>, tx: Database, { id }: Cart) {
    const now = clock();
    return answer(c, tx, await touchCart(tx, id, endOfLife(now), now));
  }

  /** The cart as it goes out, with its version as the ETag. */
  async function answer(c: Context<AppEnv>, tx: Database, cart: Cart) {
    c.header('ETag', versionTag(cart));
    return present(tx, cart);
  }

  function endOfLife(now: Date): Date {
    return new Date(now.getTime() + config.CART_TTL * 1000);
  }

  /** The cart's lines, and what those of them that are for sale cost with this coupon, or with none. */
  async function price(tx: Database, cart: Cart, coupon: Coupon | undefined) {
    return priceItems(cart, await listItems(tx, cart.id), coupon);
  }

  function priceItems({ currency }: Cart, items: CartItem[], coupon: Coupon | undefined) {
    const basket = { ...assumed, coupon, lines: items.filter(({ forSale }) => forSale) };
    return { items, ...priceWithCoupon(pricing, basket, { currency, now: clock() }) };
  }

  /** The cart as it goes out, with the prices and the stock of this moment. */
  async function present(tx: Database, cart: Cart): Promise<z.input<typeof cartAnswer>> {
    const { couponId: id, nextOrderId: exceptOrder } = cart;
    const coupon = id === null ? undefined : await findCoupon(tx, { id, exceptOrder });
    return presentItems(cart, await listItems(tx, cart.id), coupon);
  }

  /** The same for lines that are at hand. */
  function presentItems(cart: Cart, lines: CartItem[], coupon?: Coupon): z.input<typeof cartAnswer> {
    const { items, lines: priced, ...totals } = priceItems(cart, lines, coupon);
    const lineTotals = new Map(priced.map((line) => [line.id, line.lineTotal]));
    return {
      id: cart.id,
      version: cart.version,
      items: items.map(({ taxCategory: _taxCategory, ...item }) => ({
        ...item,
        lineTotal: lineTotals.get(item.id) ?? 0,
      })),
      couponCode: coupon?.code ?? null,
      ...totals,
      currency: cart.currency,
      expiresAt: cart.expiresAt.toISOString(),
    };
  }

  return { edit, count, answer, endOfLife, price, presentItems };
}
