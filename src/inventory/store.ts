// Stock in SQL. P2 rests here: every change of `reserved` is one conditional statement on rows locked in variant order,
// in the same transaction as the hold rows that it is the sum of.
import { type Kysely, sql } from 'kysely';
import type { ShortLine } from '../orders/rules.ts';
import type { Schema } from '../platform/database-schema.ts';

export interface WantedLine {
  variantId: string;
  quantity: number;
}

/**
 * Holds all the lines of an order, or none. Call it with the order's checkout locked: a repeat finds the holds it made before.
 * @param expiresAt when the hold ends by itself
 * @returns the lines that are short, all of them; empty when everything is held
 */
export async function holdStock(
  db: Kysely<Schema>,
  order: { orderId: string; lines: readonly WantedLine[]; expiresAt: Date; now: Date },
): Promise<ShortLine[]> {
  const held = await db
    .selectFrom('holds')
    .select('id')
    .where('orderId', '=', order.orderId)
    .limit(1)
    .executeTakeFirst();
  if (held !== undefined) return [];
  const wanted = JSON.stringify(order.lines);
  // The new counts are made from the locked row. Made from the row that the statement's snapshot shows, which may be older,
  // they would meet the CHECK before PostgreSQL notices, and fail where there is stock.
  const { rows } = await sql<ShortLine>`
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(${wanted}::jsonb) AS line("variantId" uuid, quantity integer)
    ), stock AS MATERIALIZED (
      SELECT inventory.variant_id, inventory.on_hand, inventory.reserved
      FROM inventory JOIN wanted ON wanted."variantId" = inventory.variant_id
      ORDER BY inventory.variant_id
      FOR UPDATE OF inventory
    ), short AS (
      SELECT wanted.*, coalesce(stock.on_hand - stock.reserved, 0) AS available
      FROM wanted LEFT JOIN stock ON stock.variant_id = wanted."variantId"
      WHERE coalesce(stock.on_hand - stock.reserved, 0) < wanted.quantity
    ), reserved AS (
      UPDATE inventory
      SET on_hand = stock.on_hand, reserved = stock.reserved + wanted.quantity, updated_at = ${order.now}
      FROM stock JOIN wanted ON wanted."variantId" = stock.variant_id
      WHERE inventory.variant_id = stock.variant_id AND NOT EXISTS (SELECT FROM short)
      RETURNING inventory.variant_id, wanted.quantity
    ), holding AS (
      INSERT INTO holds (id, variant_id, order_id, quantity, status, expires_at, created_at)
      SELECT gen_random_uuid(), variant_id, ${order.orderId}, quantity, 'HELD', ${order.expiresAt}, ${order.now}
      FROM reserved
    )
    SELECT short."variantId", variants.sku, short.quantity AS requested, short.available
    FROM short JOIN variants ON variants.id = short."variantId"
    ORDER BY variants.sku`.execute(db);
  return rows;
}

/**
 * The held units leave the shop: on hand and reserved fall together, and the ledger says why. A repeat does nothing.
 * @returns how many holds (one a line) were committed now
 */
export async function commitHolds(db: Kysely<Schema>, orderId: string, now: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    WITH settled AS (
      UPDATE holds SET status = 'COMMITTED', settled_at = ${now}
      WHERE order_id = ${orderId} AND status = 'HELD'
      RETURNING variant_id, quantity
    ), stock AS MATERIALIZED (
      SELECT inventory.variant_id, settled.quantity FROM inventory JOIN settled USING (variant_id)
      ORDER BY inventory.variant_id FOR UPDATE OF inventory
    ), sold AS (
      UPDATE inventory SET on_hand = on_hand - stock.quantity, reserved = reserved - stock.quantity, updated_at = ${now}
      FROM stock WHERE inventory.variant_id = stock.variant_id
      RETURNING inventory.variant_id, stock.quantity
    )
    INSERT INTO stock_movements (variant_id, kind, quantity, order_id, created_at)
    SELECT variant_id, 'sold', -quantity, ${orderId}, ${now} FROM sold`.execute(db);
  return Number(numAffectedRows ?? 0);
}

/** Gives back what an order holds. A repeat, or an order that holds nothing, does nothing. */
export async function releaseHolds(db: Kysely<Schema>, orderId: string, now: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    WITH settled AS (
      UPDATE holds SET status = 'RELEASED', settled_at = ${now}
      WHERE order_id = ${orderId} AND status = 'HELD'
      RETURNING variant_id, quantity
    ), stock AS MATERIALIZED (
      SELECT inventory.variant_id, settled.quantity FROM inventory JOIN settled USING (variant_id)
      ORDER BY inventory.variant_id FOR UPDATE OF inventory
    )
    UPDATE inventory SET reserved = reserved - stock.quantity, updated_at = ${now}
    FROM stock WHERE inventory.variant_id = stock.variant_id`.execute(db);
  return Number(numAffectedRows ?? 0);
}
