// Stock in SQL. P2 rests here: every change of `reserved` is one conditional statement on rows locked in variant order,
// in the same transaction as the hold rows that it is the sum of.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { ShortLine } from '../orders/rules.ts';
import type { Schema } from '../platform/database-schema.ts';
import type { HoldStatus } from './rules.ts';

export interface WantedLine {
  variantId: string;
  quantity: number;
}

/**
 * Holds all the lines of an order, or none. Call it once, in the transaction that writes the order.
 * @param expiresAt when the hold ends by itself
 * @returns the lines that are short, all of them; empty when everything is held
 */
export async function holdStock(
  db: Kysely<Schema>,
  order: { orderId: string; lines: readonly WantedLine[]; expiresAt: Date; now: Date },
): Promise<ShortLine[]> {
  const lines = JSON.stringify(order.lines);
  const wanted = sql`
    SELECT line."variantId" AS variant_id, line.quantity
    FROM jsonb_to_recordset(${lines}::jsonb) AS line("variantId" uuid, quantity integer)`;
  const { rows } = await sql<ShortLine>`
    WITH ${reserving(wanted, order.now)}, holding AS (
      INSERT INTO holds (id, variant_id, order_id, quantity, status, expires_at, created_at)
      SELECT gen_random_uuid(), variant_id, ${order.orderId}, quantity, 'HELD', ${order.expiresAt}, ${order.now}
      FROM reserved
    )
    SELECT short.variant_id AS "variantId", variants.sku, short.quantity AS requested, short.available
    FROM short JOIN variants ON variants.id = short.variant_id
    ORDER BY variants.sku`.execute(db);
  return rows;
}

/**
 * Reserves all the wanted units (variant_id, quantity) or none: `reserved` are the lines that were, `short` those that could
 * not be. The new counts are made from the locked row. Made from the row that the statement's snapshot shows, which may be
 * older, they would meet the CHECK before PostgreSQL notices, and fail where there is stock.
 */
function reserving(wanted: RawBuilder<unknown>, now: Date): RawBuilder<unknown> {
  return sql`
    wanted AS (${wanted}), stock AS MATERIALIZED (
      SELECT inventory.variant_id, inventory.on_hand, inventory.reserved
      FROM inventory JOIN wanted USING (variant_id)
      ORDER BY inventory.variant_id
      FOR UPDATE OF inventory
    ), short AS (
      SELECT wanted.*, coalesce(stock.on_hand - stock.reserved, 0) AS available
      FROM wanted LEFT JOIN stock USING (variant_id)
      WHERE coalesce(stock.on_hand - stock.reserved, 0) < wanted.quantity
    ), reserved AS (
      UPDATE inventory
      SET on_hand = stock.on_hand, reserved = stock.reserved + wanted.quantity, updated_at = ${now}
      FROM stock JOIN wanted USING (variant_id)
      WHERE inventory.variant_id = stock.variant_id AND NOT EXISTS (SELECT FROM short)
      RETURNING inventory.variant_id, wanted.quantity
    )`;
}

/**
 * The held units leave the shop: on hand and reserved fall together, and the ledger says why. A repeat does nothing.
 * @returns how many holds (one a line) the order has, and how many of them were committed now
 */
export async function commitHolds(
  db: Kysely<Schema>,
  orderId: string,
  now: Date,
): Promise<{ lines: number; committed: number }> {
  const { rows } = await sql<{ lines: number; committed: number }>`
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
    ), moved AS (
      INSERT INTO stock_movements (variant_id, kind, quantity, order_id, created_at)
      SELECT variant_id, 'sold', -quantity, ${orderId}, ${now} FROM sold
    )
    SELECT (SELECT count(*) FROM holds WHERE order_id = ${orderId}) AS lines,
      (SELECT count(*) FROM settled) AS committed`.execute(db);
  return rows[0] ?? { lines: 0, committed: 0 };
}

/** Gives back what an order holds. A repeat, or an order that holds nothing, does nothing. @returns how many holds ended */
export async function releaseHolds(db: Kysely<Schema>, orderId: string, now: Date): Promise<number> {
  const ofOrder = sql`
    SELECT id FROM holds WHERE order_id = ${orderId} AND status = 'HELD' ORDER BY variant_id FOR UPDATE`;
  return endHolds(db, ofOrder, { status: 'RELEASED', now });
}

export interface DueHold {
  id: string;
  /** Null when a person made the hold. */
  orderId: string | null;
}

/**
 * The holds whose time is over, first due first. One that somebody settles at this moment is left to them.
 * @param limit how many at most
 */
export async function findDueHolds(db: Kysely<Schema>, due: { now: Date; limit: number }): Promise<DueHold[]> {
  return db
    .selectFrom('holds')
    .select(['id', 'orderId'])
    .where('status', '=', 'HELD')
    .where('expiresAt', '<=', due.now)
    .orderBy('expiresAt')
    .limit(due.limit)
    .forUpdate()
    .skipLocked()
    .execute();
}

/** Whether any hold's time is over: one look at an index that has the live holds only. */
export async function isAnyHoldDue(db: Kysely<Schema>, now: Date): Promise<boolean> {
  const due = await db
    .selectFrom('holds')
    .select('id')
    .where('status', '=', 'HELD')
    .where('expiresAt', '<=', now)
    .limit(1)
    .executeTakeFirst();
  return due !== undefined;
}

/**
 * Ends those of these holds whose time is over, whoever made them. One that has been settled meanwhile, or that somebody
 * settles at this moment, stays as it is.
 * @returns how many ended now
 */
export async function expireHolds(db: Kysely<Schema>, ids: readonly string[], now: Date): Promise<number> {
  const due = sql`
    SELECT id FROM holds WHERE id = ANY(${ids}::uuid[]) AND status = 'HELD' AND expires_at <= ${now}
    FOR UPDATE SKIP LOCKED`;
  return endHolds(db, due, { status: 'EXPIRED', now });
}

/** Ends the holds with these ids (a query that locks them): `reserved` falls with them, by variant. @returns how many */
async function endHolds(
  db: Kysely<Schema>,
  ids: RawBuilder<unknown>,
  end: { status: Extract<HoldStatus, 'RELEASED' | 'EXPIRED'>; now: Date },
): Promise<number> {
  const { rows } = await sql<{ ended: number }>`
    WITH live AS MATERIALIZED (${ids}), settled AS (
      UPDATE holds SET status = ${end.status}, settled_at = ${end.now}
      FROM live WHERE holds.id = live.id
      RETURNING holds.variant_id, holds.quantity
    ), units AS (
      SELECT variant_id, sum(quantity)::integer AS quantity FROM settled GROUP BY variant_id
    ), stock AS MATERIALIZED (
      SELECT inventory.variant_id, inventory.on_hand, inventory.reserved, units.quantity
      FROM inventory JOIN units USING (variant_id)
      ORDER BY inventory.variant_id FOR UPDATE OF inventory
    ), freed AS (
      UPDATE inventory SET on_hand = stock.on_hand, reserved = stock.reserved - stock.quantity, updated_at = ${end.now}
      FROM stock WHERE inventory.variant_id = stock.variant_id
    )
    SELECT count(*) AS ended FROM settled`.execute(db);
  return rows[0]?.ended ?? 0;
}

/**
 * Holds again what has expired of an order, all of it or none. A hold that is back is due at once: call it in the transaction
 * that commits it.
 * @returns whether all of its lines are held or committed now; false when stock is short, or a hold was released
 */
export async function reviveHolds(db: Kysely<Schema>, orderId: string, now: Date): Promise<boolean> {
  const lines = await db
    .selectFrom('holds')
    .select('status')
    .where('orderId', '=', orderId)
    .orderBy('variantId')
    .forUpdate()
    .execute();
  const expired = lines.filter(({ status }) => status === 'EXPIRED').length;
  if (lines.length === 0 || lines.some(({ status }) => status === 'RELEASED')) return false;
  if (expired === 0) return true;
  const wanted = sql`SELECT variant_id, quantity FROM holds WHERE order_id = ${orderId} AND status = 'EXPIRED'`;
  const { numAffectedRows } = await sql`
    WITH ${reserving(wanted, now)}
    UPDATE holds SET status = 'HELD', settled_at = NULL
    FROM reserved
    WHERE holds.order_id = ${orderId} AND holds.variant_id = reserved.variant_id`.execute(db);
  return Number(numAffectedRows ?? 0) === expired;
}

/**
 * The units that an order has taken out of the shop come back on hand, with their ledger rows, for an order that is cancelled
 * after it was paid. A repeat finds the ledger rows and does nothing. The holds stay committed: they are what happened.
 */
export async function restockOrder(db: Kysely<Schema>, orderId: string, now: Date): Promise<void> {
  await sql`
    WITH stock AS MATERIALIZED (
      SELECT inventory.variant_id, inventory.on_hand, inventory.reserved, holds.quantity
      FROM inventory JOIN holds USING (variant_id)
      WHERE holds.order_id = ${orderId} AND holds.status = 'COMMITTED'
      ORDER BY inventory.variant_id FOR UPDATE OF inventory
    ), restocked AS (
      INSERT INTO stock_movements (variant_id, kind, quantity, order_id, created_at)
      SELECT variant_id, 'restocked', quantity, ${orderId}, ${now} FROM stock
      ON CONFLICT ON CONSTRAINT stock_movements_once_per_order_step DO NOTHING
      RETURNING variant_id, quantity
    )
    UPDATE inventory SET on_hand = stock.on_hand + restocked.quantity, reserved = stock.reserved, updated_at = ${now}
    FROM stock JOIN restocked USING (variant_id)
    WHERE inventory.variant_id = stock.variant_id`.execute(db);
}
