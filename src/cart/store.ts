// Carts in SQL. Every edit takes the cart's row first, so that edits of one cart line up and none is lost.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import type { Write } from '../platform/writes.ts';
import type { CartLine } from '../pricing/rules.ts';

export interface Cart {
  id: string;
  status: 'open' | 'checkout' | 'ordered';
  nextOrderId: string;
  currency: string;
  version: number;
  expiresAt: Date;
  couponId: string | null;
}

const CART_COLUMNS = ['id', 'status', 'nextOrderId', 'currency', 'version', 'expiresAt', 'couponId'] as const;

const LINE_TITLE = sql<string>`
  products.title || CASE WHEN variants.title = '' THEN '' ELSE ', ' || variants.title END`;

interface NewCart {
  id: string;
  nextOrderId: string;
  currency: string;
  /** 1 unless told. */
  version?: number;
  expiresAt: Date;
  now: Date;
}

/** Makes a guest's cart. */
export async function createCart(db: Kysely<Schema>, cart: NewCart & { tokenHash: Buffer }): Promise<Cart> {
  return insertCart(db, cart).executeTakeFirstOrThrow();
}

/** Makes the customer's cart; undefined when they have one, which somebody may have made in this very moment. */
export async function createCustomerCart(
  db: Kysely<Schema>,
  cart: NewCart & { customerId: string },
): Promise<Cart | undefined> {
  return insertCart(db, cart)
    .onConflict((conflict) => conflict.column('customerId').doNothing())
    .executeTakeFirst();
}

function insertCart(db: Kysely<Schema>, cart: NewCart & { tokenHash?: Buffer; customerId?: string }) {
  const { now, ...columns } = cart;
  return db
    .insertInto('carts')
    .values({ ...columns, createdAt: now, updatedAt: now })
    .returning(CART_COLUMNS);
}

/** The version of a cart after its first edit. */
const FILLED_VERSION = 2;

/**
 * Makes a cart with its first item. One statement: both are there or neither, and nobody else can know the cart yet.
 * @returns the cart and its line as `listItems` gives it; undefined when the variant is not for sale in this currency
 */
export async function createFilledCart(
  db: Kysely<Schema>,
  cart: { id: string; tokenHash: Buffer; nextOrderId: string; currency: string; expiresAt: Date; now: Date },
  item: { id: string; variantId: string; quantity: number },
): Promise<{ cart: Cart; items: CartItem[] } | undefined> {
  const { id, tokenHash, nextOrderId, currency, expiresAt, now } = cart;
  const { rows } = await sql<CartItem>`
    WITH sold AS (
      SELECT variants.id AS variant_id, variants.sku, ${LINE_TITLE} AS title, variants.price AS unit_price,
        products.tax_category, coalesce(inventory.on_hand - inventory.reserved, 0) AS available
      FROM variants
      JOIN products ON products.id = variants.product_id
      LEFT JOIN inventory ON inventory.variant_id = variants.id
      WHERE variants.id = ${item.variantId} AND variants.status = 'active' AND products.status = 'active'
        AND products.currency = ${currency}
    ), cart AS (
      INSERT INTO carts (id, token_hash, next_order_id, currency, version, expires_at, created_at, updated_at)
      SELECT ${id}::uuid, ${tokenHash}::bytea, ${nextOrderId}::uuid, ${currency}, ${FILLED_VERSION}::integer,
        ${expiresAt}::timestamptz, ${now}::timestamptz, ${now}::timestamptz FROM sold
    ), item AS (
      INSERT INTO cart_items (id, cart_id, variant_id, quantity, created_at)
      SELECT ${item.id}::uuid, ${id}::uuid, variant_id, ${item.quantity}::integer, ${now}::timestamptz FROM sold
    )
    SELECT ${item.id} AS id, ${item.quantity}::integer AS quantity, true AS for_sale, sold.* FROM sold`.execute(db);
  const made = {
    id,
    status: 'open' as const,
    nextOrderId,
    currency,
    version: FILLED_VERSION,
    expiresAt,
    couponId: null,
  };
  return rows.length === 0 ? undefined : { cart: made, items: rows };
}

/** Who a cart belongs to: the guest with this token, or this customer. */
export type CartOwner = { tokenHash: Buffer } | { customerId: string };

export async function findCart(db: Kysely<Schema>, owner: CartOwner): Promise<Cart | undefined> {
  return ownedCart(db, owner).executeTakeFirst();
}

/** Locks the cart for an edit, or for the freezing of its prices. */
export async function lockCart(db: Kysely<Schema>, by: { id: string } | CartOwner): Promise<Cart | undefined> {
  if ('id' in by) {
    return db.selectFrom('carts').select(CART_COLUMNS).where('id', '=', by.id).forUpdate().executeTakeFirst();
  }
  const owned = ownedCart(db, by).forUpdate();
  // Who waited for a cart that left its owner meanwhile finds nothing; a second look sees the cart that took its place.
  return (await owned.executeTakeFirst()) ?? (await owned.executeTakeFirst());
}

function ownedCart(db: Kysely<Schema>, owner: CartOwner) {
  const cart = db.selectFrom('carts').select(CART_COLUMNS);
  return 'tokenHash' in owner
    ? cart.where('tokenHash', '=', owner.tokenHash)
    : cart.where('customerId', '=', owner.customerId);
}

/** A locked cart leaves its owner, and makes place for the next one. @param tokenHash of a token that nobody has */
export function leaveOwner(db: Kysely<Schema>, cartId: string, tokenHash: Buffer): Write {
  return db.updateTable('carts').set({ tokenHash, customerId: null }).where('id', '=', cartId);
}

/** Counts an edit of a locked cart, and gives it its full life again. */
export async function touchCart(db: Kysely<Schema>, cartId: string, expiresAt: Date, now: Date): Promise<Cart> {
  return db
    .updateTable('carts')
    .set((eb) => ({ version: eb('version', '+', 1), expiresAt, updatedAt: now }))
    .where('id', '=', cartId)
    .returning(CART_COLUMNS)
    .executeTakeFirstOrThrow();
}

/**
 * Adds to the line of this variant, or makes it. Only what is priced in the cart's currency can come in.
 * @returns the line's new quantity; undefined when the variant is not for sale
 */
export async function addItem(
  db: Kysely<Schema>,
  item: { id: string; cartId: string; variantId: string; quantity: number; now: Date },
): Promise<number | undefined> {
  const row = await db
    .insertInto('cartItems')
    .columns(['id', 'cartId', 'variantId', 'quantity', 'createdAt'])
    .expression((eb) =>
      eb
        .selectFrom('variants')
        .innerJoin('products', 'products.id', 'variants.productId')
        .innerJoin('carts', 'carts.currency', 'products.currency')
        .where('carts.id', '=', item.cartId)
        .where('variants.id', '=', item.variantId)
        .where('variants.status', '=', 'active')
        .where('products.status', '=', 'active')
        .select([
          sql<string>`${item.id}::uuid`.as('id'),
          sql<string>`${item.cartId}::uuid`.as('cartId'),
          'variants.id as variantId',
          sql<number>`${item.quantity}::integer`.as('quantity'),
          sql<Date>`${item.now}::timestamptz`.as('createdAt'),
        ]),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['cartId', 'variantId'])
        .doUpdateSet((eb) => ({ quantity: eb('cartItems.quantity', '+', eb.ref('excluded.quantity')) })),
    )
    .returning('quantity')
    .executeTakeFirst();
  return row?.quantity;
}

/** Sets the quantity of a line; false when the cart has no such line. */
export async function setQuantity(
  db: Kysely<Schema>,
  { id, cartId, quantity }: { id: string; cartId: string; quantity: number },
): Promise<boolean> {
  const line = db.updateTable('cartItems').set({ quantity }).where('id', '=', id).where('cartId', '=', cartId);
  return (await line.executeTakeFirstOrThrow()).numUpdatedRows > 0n;
}

/** Takes a line out; false when the cart has no such line. */
export async function removeItem(db: Kysely<Schema>, { id, cartId }: { id: string; cartId: string }): Promise<boolean> {
  const line = db.deleteFrom('cartItems').where('id', '=', id).where('cartId', '=', cartId);
  return (await line.executeTakeFirstOrThrow()).numDeletedRows > 0n;
}

/**
 * The lines of one cart, for another, with both carts locked: quantities add up, as far as the line's most and the stock of
 * this moment go. A line that is there already is never made less, and none is left out, even where nothing is in stock.
 */
export function copyItems(db: Kysely<Schema>, { from, to, most }: { from: string; to: string; most: number }): Write {
  const line = sql`
    SELECT gen_random_uuid(), ${to}::uuid, given.variant_id,
      greatest(coalesce(own.quantity, 0), least(coalesce(own.quantity, 0) + given.quantity, ${most}::integer,
        greatest(coalesce(inventory.on_hand - inventory.reserved, 0), 1))),
      given.created_at
    FROM cart_items AS given
    LEFT JOIN cart_items AS own ON own.cart_id = ${to} AND own.variant_id = given.variant_id
    LEFT JOIN inventory ON inventory.variant_id = given.variant_id
    WHERE given.cart_id = ${from}`;
  return db
    .insertInto('cartItems')
    .columns(['id', 'cartId', 'variantId', 'quantity', 'createdAt'])
    .expression(line)
    .onConflict((conflict) =>
      conflict.columns(['cartId', 'variantId']).doUpdateSet((eb) => ({ quantity: eb.ref('excluded.quantity') })),
    );
}

export function clearItems(db: Kysely<Schema>, cartId: string): Write {
  return db.deleteFrom('cartItems').where('cartId', '=', cartId);
}

/** Puts a coupon into a locked cart, or takes it out. */
export async function setCoupon(db: Kysely<Schema>, cartId: string, couponId: string | null): Promise<void> {
  await db.updateTable('carts').set({ couponId }).where('id', '=', cartId).execute();
}

const FOR_SALE = sql<boolean>`
  (variants.status = 'active' AND products.status = 'active' AND products.currency = carts.currency)`;

/** `forSale`: false when its variant or product has been archived or unpublished since it came in; `available` is 0 then. */
export type CartItem = CartLine & { id: string; available: number; forSale: boolean };

/** The lines, oldest first, with the price and the stock of this moment. One query, whatever the size. */
export async function listItems(db: Kysely<Schema>, cartId: string): Promise<CartItem[]> {
  return db
    .selectFrom('cartItems')
    .innerJoin('variants', 'variants.id', 'cartItems.variantId')
    .innerJoin('products', 'products.id', 'variants.productId')
    .leftJoin('inventory', 'inventory.variantId', 'variants.id')
    .innerJoin('carts', 'carts.id', 'cartItems.cartId')
    .where('cartItems.cartId', '=', cartId)
    .orderBy('cartItems.createdAt')
    .orderBy('cartItems.id')
    .select([
      'cartItems.id',
      'variants.id as variantId',
      'variants.sku',
      LINE_TITLE.as('title'),
      'cartItems.quantity',
      'variants.price as unitPrice',
      'products.taxCategory',
      FOR_SALE.as('forSale'),
      sql<number>`CASE WHEN ${FOR_SALE} THEN coalesce(inventory.on_hand - inventory.reserved, 0) ELSE 0 END`.as(
        'available',
      ),
    ])
    .execute();
}

/** The cart is on its way to become the order that it names. */
export function startCheckout(db: Kysely<Schema>, cartId: string, now: Date): Write {
  return db
    .updateTable('carts')
    .set((eb) => ({ status: 'checkout' as const, version: eb('version', '+', 1), updatedAt: now }))
    .where('id', '=', cartId);
}

/**
 * The cart can be edited and tried again, under a fresh order id. Only while it still names the order that ended, or was
 * refused. The time in checkout, since its last change, is not taken from its life: what was in it is there again.
 */
export async function reopenCart(
  db: Kysely<Schema>,
  cart: { cartId: string; orderId: string; nextOrderId: string; now: Date },
): Promise<void> {
  await db
    .updateTable('carts')
    .set((eb) => ({
      status: 'open' as const,
      nextOrderId: cart.nextOrderId,
      version: eb('version', '+', 1),
      expiresAt: sql<Date>`expires_at + CASE status WHEN 'checkout'
        THEN greatest(${cart.now}::timestamptz - updated_at, interval '0') ELSE interval '0' END`,
      updatedAt: cart.now,
    }))
    .where('id', '=', cart.cartId)
    .where('nextOrderId', '=', cart.orderId)
    .where('status', '<>', 'ordered')
    .execute();
}

/** The cart has become its order, for good. */
export function closeCart(db: Kysely<Schema>, orderId: string, now: Date): Write {
  return db
    .updateTable('carts')
    .set((eb) => ({ status: 'ordered' as const, version: eb('version', '+', 1), updatedAt: now }))
    .where('nextOrderId', '=', orderId)
    .where('status', '=', 'checkout');
}
