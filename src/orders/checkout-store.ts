// Checkouts in SQL: what a shopper sent with the submit and what became of it. The row is the lock of a checkout's steps:
// a step holds it while it works, and the unwinding closes it first, so that no step can happen after its undoing.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import { presentUserId } from '../platform/present-user.ts';
import type { Write } from '../platform/writes.ts';
import type { Address, PaymentMethod, Refusal } from './rules.ts';

export interface Submit {
  orderId: string;
  cartId: string;
  paymentMethod: PaymentMethod;
  /** Whose order it becomes; null for a guest's. */
  customerId: string | null;
  email: string;
  shippingAddress: Address;
  note: string | null;
  /** Null takes the shop's first one. */
  shippingMethod: string | null;
  expectedTotal: number | null;
}

export interface SubmittedCart {
  cartId: string;
  orderId: string;
  status: 'open' | 'checkout' | 'ordered';
}

/**
 * Keeps what the shopper sent for the order that the cart will become, until the order is written: from then on it stands.
 * With a token, the cart is that guest's as long as there is one: also one that has become an order, so that a repeat never
 * orders another cart. Otherwise it is the customer's own.
 * @returns the cart and its order's id; undefined when the shopper has none, or it has expired
 */
export async function saveSubmit(
  db: Kysely<Schema>,
  tokenHash: Buffer | undefined,
  sent: Omit<Submit, 'orderId' | 'cartId'>,
  now: Date,
): Promise<SubmittedCart | undefined> {
  const { customerId } = sent;
  const guests = tokenHash && sql`token_hash = ${tokenHash}`;
  const own = customerId !== null && sql`customer_id = ${customerId}`;
  const owned = sql.join(
    [guests, own].filter((owner) => owner !== undefined && owner !== false),
    sql` OR `,
  );
  const { rows } = await sql<SubmittedCart>`
    WITH cart AS (
      SELECT id, next_order_id, status FROM carts
      WHERE (${owned}) AND (status <> 'open' OR expires_at > ${now})
      ORDER BY token_hash IS NULL LIMIT 1
    ), saved AS (
      INSERT INTO checkouts (order_id, cart_id, payment_method, customer_id, email, shipping_address, note,
        shipping_method, expected_total, created_at)
      SELECT next_order_id, id, ${sent.paymentMethod}, ${customerId}::uuid, ${sent.email},
        ${JSON.stringify(sent.shippingAddress)}::jsonb, ${sent.note}, ${sent.shippingMethod}, ${sent.expectedTotal}, ${now}
      FROM cart WHERE status <> 'ordered'
      ON CONFLICT (order_id) DO UPDATE SET payment_method = excluded.payment_method,
        customer_id = excluded.customer_id, email = excluded.email, shipping_address = excluded.shipping_address, note = excluded.note,
        shipping_method = excluded.shipping_method, expected_total = excluded.expected_total
      WHERE checkouts.frozen_at IS NULL AND checkouts.closed_at IS NULL
    )
    SELECT id AS "cartId", next_order_id AS "orderId", status FROM cart`.execute(db);
  return rows[0];
}

export type Checkout = NonNullable<Awaited<ReturnType<typeof lockCheckout>>>;

/**
 * Locks the checkout for one step; undefined when there is none. One with `closedAt` is unwound: no step of it may happen.
 * `buyerId` is its customer, who stays until the step is done; null for a guest, and for a customer whose account has ended.
 */
export async function lockCheckout(db: Kysely<Schema>, orderId: string) {
  return db
    .selectFrom('checkouts')
    .select(['orderId', 'cartId', 'paymentMethod', 'customerId', 'email', 'shippingAddress', 'note', 'shippingMethod'])
    .select(['expectedTotal', 'frozenAt', 'closedAt', 'refusal'])
    .select((eb) => presentUserId(eb.ref('checkouts.customerId')).as('buyerId'))
    .where('orderId', '=', orderId)
    .forUpdate()
    .executeTakeFirst();
}

/** What was sent, and the prices of the order that is written of it, stand from now on. */
export function freezeCheckout(db: Kysely<Schema>, orderId: string, now: Date): Write {
  return db.updateTable('checkouts').set({ frozenAt: now }).where('orderId', '=', orderId);
}

/** In place of what tells of a person. */
const NO_PERSON = { customerId: null, email: '', note: null, shippingAddress: sql<Address>`'{}'::jsonb` };

/**
 * Closes the checkout, waiting for a step that is at work: no step of it happens from here on. What was sent with it has served its
 * purpose, and goes; where an order was written of it, the order has it. A repeat does nothing.
 * @param refusal why the submit did not become an order, for every caller who asks
 */
export async function closeCheckout(db: Kysely<Schema>, orderId: string, now: Date, refusal?: Refusal): Promise<void> {
  await db
    .updateTable('checkouts')
    .set({ ...NO_PERSON, closedAt: sql<Date>`coalesce(closed_at, ${now})`, ...(refusal && { refusal }) })
    .where('orderId', '=', orderId)
    .execute();
}

/** What the customer has sent goes from the checkouts of their orders and of their cart, of which no order is to be made any more. */
export async function forgetCheckouts(db: Kysely<Schema>, customerId: string): Promise<void> {
  await db
    .updateTable('checkouts')
    .set(NO_PERSON)
    .where('orderId', 'in', (eb) =>
      eb
        .selectFrom('orders')
        .select('id')
        .where('customerId', '=', customerId)
        .union(eb.selectFrom('carts').select('nextOrderId as id').where('customerId', '=', customerId)),
    )
    .execute();
}

/** What an ended submit was told, for the caller who comes after its workflow has ended. */
export async function findRefusal(db: Kysely<Schema>, orderId: string): Promise<Refusal | null | undefined> {
  const row = await db.selectFrom('checkouts').select('refusal').where('orderId', '=', orderId).executeTakeFirst();
  return row?.refusal;
}
