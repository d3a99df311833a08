// What the checks say of an order again and again, made once from its rows: `facts` has one row an order, `moves` the lifecycle
// table of the design, and `audit_now()` is the moment that the audit speaks of.
import type { ClientBase } from 'pg';

/** From, to and how it is paid, where that matters. Every other move is forbidden. */
const MOVES: readonly (readonly [string | null, string, ('card' | 'cod')?])[] = [
  [null, 'PENDING'],
  [null, 'AWAITING_CONFIRMATION', 'cod'],
  ['PENDING', 'PAID'],
  ['PENDING', 'EXPIRED'],
  ['PENDING', 'CANCELLED'],
  ['AWAITING_CONFIRMATION', 'CONFIRMED', 'cod'],
  ['AWAITING_CONFIRMATION', 'EXPIRED', 'cod'],
  ['AWAITING_CONFIRMATION', 'CANCELLED', 'cod'],
  ['PAID', 'PROCESSING'],
  ['PAID', 'SHIPPED'],
  ['PAID', 'CANCELLED'],
  ['CONFIRMED', 'PROCESSING', 'cod'],
  ['CONFIRMED', 'SHIPPED', 'cod'],
  ['CONFIRMED', 'CANCELLED', 'cod'],
  ['PROCESSING', 'SHIPPED'],
  ['PROCESSING', 'CANCELLED'],
  ['SHIPPED', 'DELIVERED'],
  ['SHIPPED', 'CANCELLED'],
  ['DELIVERED', 'REFUNDED'],
];

/** Makes them, after what was seen elsewhere is there. @param now the moment that "due" and "over" are measured by */
export async function makeFacts(db: ClientBase, now: Date): Promise<void> {
  await db.query(`SELECT set_config('audit.now', $1, false)`, [now.toISOString()]);
  await db.query(`CREATE OR REPLACE FUNCTION pg_temp.audit_now() RETURNS timestamptz LANGUAGE sql STABLE
    AS $$ SELECT current_setting('audit.now')::timestamptz $$`);
  await db.query('DROP TABLE IF EXISTS pg_temp.moves, pg_temp.facts');
  await db.query('CREATE TEMPORARY TABLE moves (from_status text, to_status text, payment_method text)');
  await db.query(
    `INSERT INTO moves SELECT row ->> 0, row ->> 1, row ->> 2 FROM jsonb_array_elements($1::jsonb) AS row`,
    [JSON.stringify(MOVES)],
  );
  await db.query(`
    CREATE TEMPORARY TABLE facts AS
    SELECT orders.id AS order_id, number, cart_id, status, payment_status, payment_method, lower(email) AS email, currency,
      total, captured, refunded, coupon_code, placed_at, expires_at,
      status IN ('EXPIRED', 'CANCELLED') AS ended, status IN ('PENDING', 'AWAITING_CONFIRMATION') AS waits,
      told.complete_at, told.complete_to, told.ended_at, told.last_to, told.last_at,
      greatest(expires_at, held.until) AS held_until
    FROM orders
    LEFT JOIN (
      SELECT order_id, min(created_at) FILTER (WHERE to_status IN ('PAID', 'CONFIRMED')) AS complete_at,
        min(to_status) FILTER (WHERE to_status IN ('PAID', 'CONFIRMED')) AS complete_to,
        min(created_at) FILTER (WHERE to_status IN ('EXPIRED', 'CANCELLED')) AS ended_at,
        (array_agg(to_status ORDER BY sequence DESC))[1] AS last_to, max(created_at) AS last_at
      FROM order_events GROUP BY order_id
    ) AS told ON told.order_id = orders.id
    LEFT JOIN (SELECT order_id, max(expires_at) AS until FROM holds GROUP BY order_id) AS held ON held.order_id = orders.id`);
  await db.query('ANALYZE pg_temp.facts');
}
