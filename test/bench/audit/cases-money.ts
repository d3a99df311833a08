// Ways to break P4.
import { randomUUID } from 'node:crypto';
import type { Case } from './case.ts';
import type { Bends, Row } from './glass.ts';

const INTENTS = '/_sim/payment_intents';
const REFUNDS = '/_sim/refunds';

function names(row: Row, orderId: string): boolean {
  return (row['metadata'] as { orderId?: string }).orderId === orderId;
}

/** The row of this order as it is, and once more with something else in it. */
function copied(path: string, orderId: string, change: Row): Bends {
  return {
    [path]: (rows) => rows.flatMap((row) => (names(row, orderId) ? [row, { ...row, id: 'copy', ...change }] : [row])),
  };
}

/** The row of this order with something else in it. */
export function changed(path: string, orderId: string, change: (row: Row) => Row): Bends {
  return { [path]: (rows) => rows.map((row) => (names(row, orderId) ? { ...row, ...change(row) } : row)) };
}

/** The shop's books without this order's refund. */
const NOT_BOOKED = (order: string) => `UPDATE refunds SET status = 'FAILED' WHERE order_id = ${order};
  UPDATE payments SET refunded = 0 WHERE order_id = ${order};
  UPDATE orders SET refunded = 0 WHERE id = ${order}`;

export const P4_CASES: Case[] = [
  {
    check: 'p4_money_without_order',
    stripe: ({ orders }) => copied(INTENTS, orders.paid, { metadata: { orderId: randomUUID() } }),
  },
  {
    check: 'p4_order_without_money',
    also: ['p10_payment_missing', 'p4_captured_differs'],
    stripe: ({ orders }) => changed(INTENTS, orders.paid, () => ({ status: 'canceled', amount_received: 0 })),
  },
  {
    check: 'p4_wrong_sum',
    also: ['p4_captured_differs'],
    stripe: ({ orders }) => changed(INTENTS, orders.paid, () => ({ amount_received: 1 })),
  },
  {
    check: 'p4_wrong_sum',
    also: ['p4_captured_differs', 'p4_money_kept'],
    stripe: ({ orders }) => changed(INTENTS, orders.paid, () => ({ currency: 'jpy' })),
  },
  { check: 'p4_money_lost', later: 5, stripe: ({ orders }) => copied(INTENTS, orders.paid, {}) },
  {
    check: 'p4_captured_differs',
    sql: `UPDATE payments SET captured = captured + 1 WHERE order_id = :paid;
      UPDATE orders SET captured = captured + 1 WHERE id = :paid`,
  },
  { check: 'p4_books_differ', sql: 'UPDATE orders SET captured = captured + 1 WHERE id = :paid' },
  { check: 'p4_books_differ', sql: 'UPDATE refunds SET amount = amount - 1 WHERE order_id = :refunded' },
  {
    check: 'p4_refund_beyond_capture',
    also: ['p4_books_differ', 'p4_payment_status'],
    sql: `ALTER TABLE orders DROP CONSTRAINT orders_refunded_within_captured;
      UPDATE orders SET refunded = captured + 1 WHERE id = :paid`,
  },
  {
    check: 'p4_refund_beyond_capture',
    stripe: ({ orders }) => changed(REFUNDS, orders.refunded, ({ amount }) => ({ amount: Number(amount) + 1 })),
  },
  {
    check: 'p4_refund_not_made',
    stripe: ({ orders }) => changed(REFUNDS, orders.refunded, () => ({ status: 'pending' })),
  },
  { check: 'p4_refund_not_booked', sql: NOT_BOOKED(':refunded') },
  {
    check: 'p4_refunded_twice',
    stripe: ({ orders }) => ({
      [REFUNDS]: (rows) =>
        rows.flatMap((row) =>
          names(row, orders.refunded)
            ? [
                { ...row, amount: Number(row['amount']) - 1 },
                { ...row, amount: 1, id: 'copy' },
              ]
            : [row],
        ),
    }),
  },
  {
    check: 'p4_money_kept',
    sql: NOT_BOOKED(':cancelled'),
    stripe: ({ orders }) => ({ [REFUNDS]: (rows) => rows.filter((row) => !names(row, orders.cancelled)) }),
  },
  {
    check: 'p4_money_short',
    stripe: ({ paidIntent }) => ({
      [REFUNDS]: (rows) =>
        rows.concat({ ...rows[0], id: 'by hand', amount: 1, metadata: {}, payment_intent: paidIntent }),
    }),
  },
  { check: 'p4_payment_status', sql: `UPDATE orders SET payment_status = 'PENDING' WHERE id = :paid` },
];
