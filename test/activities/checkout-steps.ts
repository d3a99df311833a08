// A checkout for tests of its steps: a submitted cart, every step with what it takes, and all that the database holds of it.
import { sql } from 'kysely';
import { createOrderActivities } from '../../activities/orders.ts';
import { createPlacingActivities } from '../../activities/placing.ts';
import type { PaymentMethod } from '../../src/orders/rules.ts';
import type { Database } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import type { PricingSettings } from '../../src/pricing/rules.ts';
import { LATER, NOW, PRICING, stockedVariant, submittedOrder } from '../support/rows.ts';

/** How many of each of its variants are on hand. */
export const ON_HAND = 5;
/** Unless told it wants one of the first and two of the second, 1250 each. */
const WANTED: readonly Wanted[] = [{ quantity: 1 }, { quantity: 2 }];
export const TOTAL = 3_750;

interface Wanted {
  quantity: number;
  /** Minor units. */
  price?: number;
}

/** What was submitted, and how: by card, without a coupon, and with no total in mind, unless told. */
export interface Sent {
  wanted?: readonly Wanted[];
  couponId?: string;
  email?: string;
  paymentMethod?: PaymentMethod;
  shippingMethod?: string;
  expectedTotal?: number;
  /** How the shop prices. */
  pricing?: PricingSettings;
}

/** A submitted cart that nobody else competes with, and every step of its checkout, with all it needs. */
async function checkout(db: Database, { wanted = WANTED, couponId, pricing = PRICING, ...how }: Sent = {}) {
  const variants = await Promise.all(
    wanted.map(async ({ quantity, price }) => ({ ...(await stockedVariant(db, ON_HAND, price)), quantity })),
  );
  const lines = variants.map(({ id, quantity }) => ({ variantId: id, quantity }));
  const { orderId, cartId } = await submittedOrder(db, lines, how);
  if (couponId !== undefined) await db.updateTable('carts').set({ couponId }).where('id', '=', cartId).execute();
  const nextOrderId = newId(NOW);
  const clock = () => NOW;
  const deps = { db, clock };
  const announced: string[] = [];
  const [placing, orders] = [
    createPlacingActivities({ ...deps, pricing }),
    createOrderActivities({ ...deps, announce: (id) => announced.push(id) }),
  ];
  const [now, later] = [NOW.toISOString(), LATER.toISOString()];
  const windows = { expiresAt: { card: later, cod: later }, holdsExpireAt: { card: later, cod: later } };
  const placingOf = { orderId, nextOrderId, placedAt: now, ...windows };
  const ending = { orderId, cartId, nextOrderId, reason: 'payment_window_ended', endedAt: now } as const;
  const money = { intentId: `pi_${orderId}`, captured: TOTAL };
  const steps = {
    placeOrder: () => placing.placeOrder(placingOf),
    notePaymentFailed: () => orders.notePaymentFailed({ orderId }),
    completeOrder: () => orders.completeOrder({ orderId, to: 'PAID', by: 'stripe', at: now, money }),
    confirmOrder: () => orders.completeOrder({ orderId, to: 'CONFIRMED', by: 'admin:1', at: now }),
    endOrder: () => orders.endOrder({ ...ending, to: 'EXPIRED' }),
    refuse: () => orders.endOrder({ ...ending, to: 'CANCELLED', refusal: { code: 'payment_refused' } }),
  };
  return { steps, orderId, cartId, variants, placing: placingOf, announced };
}

export type Checkout = Awaited<ReturnType<typeof checkout>>;
export type StepName = keyof Checkout['steps'];

/** A checkout that has made these steps, one after the other. */
export async function checkoutAfter(db: Database, names: readonly StepName[], sent?: Sent): Promise<Checkout> {
  const made = await checkout(db, sent);
  for (const name of names) await made.steps[name]();
  return made;
}

/** Everything that the database holds of this checkout, without what differs between two of them: ids and names. */
export async function checkoutState(db: Database, { orderId, cartId }: Checkout): Promise<unknown> {
  const { rows } = await sql<{ state: unknown }>`
    SELECT jsonb_build_object(
      'cart', (SELECT to_jsonb(c) - ARRAY['id', 'token_hash', 'next_order_id'] FROM carts c WHERE id = ${cartId}),
      'names this order', (SELECT next_order_id = ${orderId} FROM carts WHERE id = ${cartId}),
      'checkout', (SELECT to_jsonb(c) - ARRAY['order_id', 'cart_id', 'email'] FROM checkouts c WHERE order_id = ${orderId}),
      'order', (SELECT to_jsonb(o) - ARRAY['id', 'cart_id', 'number', 'email'] FROM orders o WHERE id = ${orderId}),
      'items', (SELECT jsonb_agg(to_jsonb(i) - ARRAY['order_id', 'variant_id', 'sku', 'title'] ORDER BY position)
        FROM order_items i WHERE order_id = ${orderId}),
      'events', (SELECT jsonb_agg(to_jsonb(e) - 'order_id' ORDER BY sequence) FROM order_events e WHERE order_id = ${orderId}),
      'mails', (SELECT jsonb_agg(to_jsonb(m) - ARRAY['id', 'order_id'] ORDER BY fact) FROM mails m WHERE order_id = ${orderId}),
      'holds', (SELECT jsonb_agg(to_jsonb(h) - ARRAY['id', 'order_id', 'variant_id'] ORDER BY quantity)
        FROM holds h WHERE order_id = ${orderId}),
      'stock', (SELECT jsonb_agg(jsonb_build_array(on_hand, reserved) ORDER BY quantity)
        FROM cart_items JOIN inventory USING (variant_id) WHERE cart_id = ${cartId}),
      'movements', (SELECT jsonb_agg(jsonb_build_array(kind, quantity) ORDER BY quantity)
        FROM stock_movements WHERE order_id = ${orderId})
    ) AS state`.execute(db);
  return rows[0]?.state;
}
