// Ways to break P1, P2, P3 and the moves of orders.
import type { Sight } from '../../../bench/audit/witness.ts';
import type { Case } from './case.ts';
import type { Placed } from './orders.ts';

/** The quantity of an order's one line, and its variant. */
const QUANTITY = (order: string) => `(SELECT quantity FROM order_items WHERE order_id = ${order})`;
const VARIANT = (order: string) => `(SELECT variant_id FROM order_items WHERE order_id = ${order})`;
const RESERVE = (order: string, sign: '+' | '-') =>
  `UPDATE inventory SET reserved = reserved ${sign} ${QUANTITY(order)} WHERE variant_id = ${VARIANT(order)}`;

/** The first answer to a submit once more, with something else in it. */
function placedAs({ sights, orders }: Placed, orderId: string, change: object): Sight {
  const sight = sights.find((one) => one.saw === 'placed' && one.orderId === orderId);
  if (sight === undefined) throw new Error(`nobody placed ${orderId} of ${Object.keys(orders).join(', ')}`);
  return Object.assign({}, sight, change);
}

export const P1_CASES: Case[] = [
  {
    check: 'p1_double_order',
    sql: `DROP INDEX orders_one_live_per_cart;
      UPDATE checkouts SET cart_id = (SELECT cart_id FROM orders WHERE id = :paid) WHERE order_id = :confirmed;
      UPDATE orders SET cart_id = (SELECT cart_id FROM orders WHERE id = :paid) WHERE id = :confirmed`,
  },
  {
    check: 'p1_other_order',
    sights: (placed) => {
      const { paid, confirmed } = placed.orders;
      return [placedAs(placed, paid, { cart: 'one' }), placedAs(placed, confirmed, { cart: 'one' })];
    },
  },
  {
    check: 'p1_other_answer',
    also: ['p10_order_missing'],
    sights: (placed) => [placedAs(placed, placed.orders.paid, { total: 1 })],
  },
  {
    check: 'p1_key_reused',
    sql: `UPDATE idempotency_keys SET headers = replace(headers::text, :paid::text, :confirmed::text)::jsonb WHERE key = :paidKey`,
  },
  { check: 'p1_cart_free', sql: `UPDATE carts SET status = 'open' WHERE next_order_id = :waiting` },
];

export const EVENT_CASES: Case[] = [
  { check: 'events_gap', sql: 'UPDATE order_events SET sequence = 3 WHERE order_id = :paid AND sequence = 2' },
  {
    check: 'events_broken_chain',
    sql: `UPDATE order_events SET from_status = 'PENDING' WHERE order_id = :refunded AND sequence = 3`,
  },
  {
    check: 'events_forbidden_move',
    sql: `UPDATE orders SET status = 'DELIVERED' WHERE id = :paid;
      INSERT INTO order_events SELECT order_id, 3, 'PAID', 'DELIVERED', 'system', NULL, created_at FROM order_events
        WHERE order_id = :paid AND sequence = 2`,
  },
  { check: 'events_other_status', sql: `UPDATE orders SET status = 'PROCESSING' WHERE id = :paid` },
  {
    check: 'events_other_cart',
    sql: `UPDATE checkouts SET cart_id = (SELECT cart_id FROM orders WHERE id <> :paid LIMIT 1) WHERE order_id = :paid`,
  },
];

export const P2_CASES: Case[] = [
  {
    check: 'p2_oversold',
    sql: `ALTER TABLE inventory DROP CONSTRAINT inventory_never_oversold;
      INSERT INTO stock_movements (variant_id, kind, quantity, created_at)
        SELECT variant_id, 'reduced', -1 - on_hand, now() FROM inventory JOIN variants ON id = variant_id WHERE sku = 'LAST-ONE';
      UPDATE inventory SET on_hand = -1 FROM variants WHERE id = variant_id AND sku = 'LAST-ONE'`,
  },
  {
    check: 'p2_reserved_differs',
    sql: `UPDATE inventory SET reserved = reserved + 1 WHERE variant_id = ${VARIANT(':paid')}`,
  },
  {
    check: 'p2_leaked_hold',
    sql: `UPDATE holds SET status = 'HELD', expires_at = now() + interval '1 hour' WHERE order_id = :expired;
      ${RESERVE(':expired', '+')}`,
  },
  {
    check: 'p2_ledger_differs',
    sql: `UPDATE inventory SET on_hand = on_hand + 1 WHERE variant_id = ${VARIANT(':paid')}`,
  },
  {
    check: 'p2_sold_differs',
    sql: `DELETE FROM stock_movements WHERE order_id = :confirmed;
      UPDATE inventory SET on_hand = on_hand + ${QUANTITY(':confirmed')} WHERE variant_id = ${VARIANT(':confirmed')}`,
  },
  {
    check: 'p2_restocked_differs',
    sql: `DELETE FROM stock_movements WHERE order_id = :refunded AND kind = 'restocked';
      UPDATE inventory SET on_hand = on_hand - ${QUANTITY(':refunded')} WHERE variant_id = ${VARIANT(':refunded')}`,
  },
];

export const P3_CASES: Case[] = [
  {
    check: 'p3_money_before_hold',
    sql: `UPDATE holds SET created_at = created_at + interval '1 hour' WHERE order_id = :paid`,
  },
  {
    check: 'p3_sold_without_hold',
    sql: 'UPDATE order_items SET quantity = quantity + 1 WHERE order_id = :paid',
  },
  {
    check: 'p3_waiting_without_hold',
    sql: `UPDATE holds SET status = 'RELEASED' WHERE order_id = :waiting; ${RESERVE(':waiting', '-')}`,
  },
  {
    check: 'p3_hold_without_owner',
    sql: `INSERT INTO holds SELECT gen_random_uuid(), variant_id, NULL, quantity, 'HELD', expires_at, created_at FROM holds
        WHERE order_id = :waiting;
      ${RESERVE(':waiting', '+')}`,
  },
  {
    check: 'p3_hold_overdue',
    sql: `UPDATE holds SET expires_at = now() - interval '1 minute' WHERE order_id = :waiting`,
  },
  {
    check: 'p3_use_overdue',
    sql: `UPDATE coupon_redemptions SET expires_at = now() - interval '1 minute' WHERE order_id = :waiting`,
  },
];
