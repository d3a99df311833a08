// What is so, seen from outside: rows in the shop's database and intents at Stripe (the simulator), whatever the API says.
import type { Stack } from '../../src/local/stack-file.ts';
import { rowsOf } from '../support/backstage.ts';
import { call } from '../support/shopper.ts';

/** The ids of the orders that this mail address has, ended ones included. */
export async function orderIdsOf(stack: Stack, email: string): Promise<string[]> {
  const rows = await rowsOf<{ id: string }>(stack, 'SELECT id FROM orders WHERE email = $1', email);
  return rows.map(({ id }) => id);
}

/** The ids of the intents at Stripe that name this order. */
export async function intentIdsOf(stack: Stack, orderId: string): Promise<string[]> {
  const { body } = await call<{ id: string; metadata: { orderId?: string } }[]>(`${stack.stripe}/_sim/payment_intents`);
  return body.filter(({ metadata }) => metadata.orderId === orderId).map(({ id }) => id);
}

/** Everything that an order leaves, counted: two equal answers mean that nothing was written between them. */
export async function written(stack: Stack): Promise<object> {
  const [rows] = await rowsOf<object>(
    stack,
    `SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM order_events) AS events,
       (SELECT count(*) FROM holds) AS holds, (SELECT sum(reserved) FROM inventory) AS reserved,
       (SELECT count(*) FROM coupon_redemptions) AS redemptions, (SELECT count(*) FROM payments) AS payments,
       (SELECT count(*) FROM mails) AS mails, (SELECT count(*) FROM idempotency_keys) AS answers`,
  );
  const { body } = await call<object[]>(`${stack.stripe}/_sim/payment_intents`);
  return { ...rows, intents: body.length };
}

/** The moves of an order, oldest first. */
export async function movesOf(stack: Stack, orderId: string): Promise<string[]> {
  const rows = await rowsOf<{ to_status: string }>(
    stack,
    'SELECT to_status FROM order_events WHERE order_id = $1 ORDER BY sequence',
    orderId,
  );
  return rows.map(({ to_status: status }) => status);
}
