// Rows for tests that begin below HTTP: variants with stock, and carts that a shopper has submitted.
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { addItem, createCart } from '../../src/cart/store.ts';
import { loadConfig, pricingOf } from '../../src/config.ts';
import type { WantedLine } from '../../src/inventory/store.ts';
import { saveSubmit } from '../../src/orders/checkout-store.ts';
import type { PaymentMethod } from '../../src/orders/rules.ts';
import type { Intent } from '../../src/payments/store.ts';
import type { Database } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import { hashToken, newCartToken } from '../../src/platform/tokens.ts';
import { ADDRESS } from './shopper.ts';

export const NOW = new Date('2026-11-20T12:00:00Z');
export const LATER = new Date('2026-11-20T12:16:00Z');

/** How a shop prices that configures nothing. */
export const PRICING = pricingOf(loadConfig({}));

export interface StockedVariant {
  id: string;
  sku: string;
}

/** A new variant of the seeded shop's first product, with so many on hand. @param price minor units */
export async function stockedVariant(db: Database, onHand: number, price = 1_250): Promise<StockedVariant> {
  const { productId } = await db.selectFrom('variants').select('productId').limit(1).executeTakeFirstOrThrow();
  const id = newId(NOW);
  const sku = `T-${id.slice(-12)}`;
  await db.insertInto('variants').values({ id, productId, sku, title: sku, price }).execute();
  await db.insertInto('inventory').values({ variantId: id, onHand }).execute();
  return { id, sku };
}

export interface SubmittedOrder {
  orderId: string;
  cartId: string;
}

/** A cart with these lines whose submit has been kept, as POST /orders leaves it for the workflow. */
export async function submittedOrder(
  db: Database,
  lines: WantedLine[],
  how: { paymentMethod?: PaymentMethod; expectedTotal?: number; shippingMethod?: string; email?: string } = {},
): Promise<SubmittedOrder> {
  const tokenHash = hashToken(newCartToken());
  const [cartId, orderId] = [newId(NOW), newId(NOW)];
  await createCart(db, { id: cartId, nextOrderId: orderId, tokenHash, currency: 'usd', expiresAt: LATER, now: NOW });
  for (const [at, line] of lines.entries()) {
    const now = new Date(NOW.getTime() + at);
    await addItem(db, { id: newId(now), cartId, ...line, now });
  }
  const { paymentMethod = 'card', expectedTotal = null, shippingMethod = null, email = `${orderId}@example.com` } = how;
  const whose = { customerId: null, email };
  const sent = { ...whose, paymentMethod, expectedTotal, shippingMethod, shippingAddress: ADDRESS, note: null };
  await saveSubmit(db, tokenHash, sent, NOW);
  return { orderId, cartId };
}

/** An order row of its own cart, PENDING with a total of 1000, with these columns instead. */
export async function insertOrderRow(db: Database, columns: Record<string, string | number> = {}): Promise<string> {
  const id = randomUUID();
  const cart_id = columns['cart_id'] ?? (await submittedOrder(db, [])).cartId;
  const row = {
    id,
    cart_id,
    number: `T-${id}`,
    status: 'PENDING',
    payment_status: 'PENDING',
    payment_method: 'card',
    email: 'a@example.com',
    shipping_address: {},
    currency: 'usd',
    subtotal: 1_000,
    discount: 0,
    shipping: 0,
    tax: 0,
    total: 1_000,
    captured: 0,
    refunded: 0,
    placed_at: NOW,
    updated_at: NOW,
    ...columns,
  };
  await sql`INSERT INTO orders SELECT * FROM jsonb_populate_record(NULL::orders, ${JSON.stringify(row)}::jsonb)`.execute(
    db,
  );
  return id;
}

/** The order stands there, whatever led it there. */
export async function setStatus(db: Database, orderId: string, status: string): Promise<void> {
  await sql`UPDATE orders SET status = ${status} WHERE id = ${orderId}`.execute(db);
}

/** As Stripe's ids look: letters, digits and underscores. */
export function intentIdOf(orderId: string, attempt: number): string {
  return `pi_${orderId.replaceAll('-', '')}_${attempt}`;
}

/** An attempt that waits for its money: 1000, as the orders here cost. */
export function intentOf(orderId: string, attempt: number): Intent {
  const intentId = intentIdOf(orderId, attempt);
  const [clientSecret, intentStatus] = [`${intentId}_secret`, 'requires_payment_method'];
  return { orderId, attempt, intentId, clientSecret, amount: 1_000, currency: 'usd', intentStatus };
}

export interface StockState {
  onHand: number;
  reserved: number;
  /** The sum of the live holds. */
  held: number;
}

/** The counters of these variants and the sum of their holds, in one snapshot. */
export async function stockOf(db: Database, variants: readonly StockedVariant[]): Promise<StockState[]> {
  const ids = variants.map(({ id }) => id);
  const { rows } = await sql<StockState & { variantId: string }>`
    SELECT variant_id, on_hand, reserved,
      (SELECT coalesce(sum(quantity), 0)::integer FROM holds WHERE variant_id = inventory.variant_id AND status = 'HELD') AS held
    FROM inventory WHERE variant_id = ANY(${ids}::uuid[])`.execute(db);
  return ids.map((id) => {
    const row = rows.find(({ variantId }) => variantId === id);
    if (row === undefined) throw new Error(`no stock of ${id}`);
    return { onHand: row.onHand, reserved: row.reserved, held: row.held };
  });
}
