// Checkouts that are disturbed where it hurts most, on a running shop: stopped while they complete their order, resumed beside
// a second attempt, and cancelled while Stripe is away.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { withClient } from '../../src/local/postgres.ts';
import type { TemporalClient } from '../../src/platform/temporal.ts';
import { type CheckoutInput, submitUpdate, TASK_QUEUES, WORKFLOW_IDS } from '../../workflows/messages.ts';
import { control, rowsOf, temporalOf } from '../support/backstage.ts';
import {
  type Admin,
  logIn,
  newShopper,
  pay,
  paymentOf,
  type Shopper,
  statusBecomes,
  variantOf,
} from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;
let temporal: TemporalClient;
let admin: Admin;
let bulk: string;

beforeAll(async () => {
  shop = await startStack();
  temporal = temporalOf(shop.stack);
  admin = await logIn(shop.stack);
  bulk = await variantOf(shop.api, 'BULK');
});
afterEach(async () => {
  await control(shop.stack, 'faults', { clear: true });
});
afterAll(async () => {
  await temporal.close();
  await shop.stop();
});

async function fillCart(coupon?: string): Promise<Shopper> {
  const shopper = newShopper(shop.api);
  await shopper.add(bulk, 2);
  if (coupon !== undefined) await shopper.coupon(coupon);
  return shopper;
}

function checkoutOf(orderId: string) {
  return temporal.client.workflow.getHandle(WORKFLOW_IDS.checkout(orderId));
}

test('stopped by an operator while it confirms the order, it leaves the order confirmed, whole', async () => {
  const shopper = await fillCart('WELCOME10');
  const { body: placed } = await shopper.submit({ paymentMethod: 'cod' });
  const { id } = placed.order;
  await withClient(shop.stack.databaseUrl, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM holds WHERE order_id = $1 FOR UPDATE', [id]);
    const confirmed = admin.confirm(id);
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await until('the completion waits', async () => (await client.query(waiting)).rows.length > 0);
    await checkoutOf(id).cancel();
    await client.query('COMMIT');
    await confirmed;
  });
  await statusBecomes(() => shopper.order(placed), 'CONFIRMED');
  expect(await checkoutOf(id).result()).toBe('CONFIRMED');
  const use = 'SELECT status FROM coupon_redemptions WHERE order_id = $1';
  expect(await rowsOf(shop.stack, use, id)).toEqual([{ status: 'COMMITTED' }]);
});

test('terminated by hand and resumed by a submit, it takes the money of the second attempt at once', async () => {
  const shopper = await fillCart();
  const { body: placed } = await shopper.submit({ paymentMethod: 'card' });
  const headers = { Authorization: `Bearer ${shop.stack.stripeSecretKey}` };
  await fetch(`${shop.stack.stripe}/v1/payment_intents/${paymentOf(placed).intentId}/cancel`, {
    method: 'POST',
    headers,
  });
  await until('the payment is FAILED', async () => (await shopper.order(placed)).body.paymentStatus === 'FAILED');
  await shopper.retry(placed, paymentOf(placed).intentId);
  await checkoutOf(placed.order.id).terminate('by hand');
  const { body: again } = await shopper.submit({ paymentMethod: 'card' });
  expect(again.order.id).toBe(placed.order.id);
  expect(paymentOf(again).intentId).not.toBe(paymentOf(placed).intentId);
  await pay(shop.stack, again.payment);
  await statusBecomes(() => shopper.order(placed), 'PAID');
  expect(await rowsOf(shop.stack, 'SELECT FROM refunds WHERE order_id = $1', placed.order.id)).toEqual([]);
});

test('cancelled while Stripe does not answer, it ends at once, without an intent', async () => {
  const fault = { method: 'POST', path: '/v1/payment_intents', kind: 'status', status: 503, times: 1_000 };
  await control(shop.stack, 'faults', fault);
  const shopper = await fillCart();
  expect((await shopper.submit({ paymentMethod: 'card' })).status).toBe(503);
  const { body: cart } = await shopper.cart();
  const held = 'SELECT order_id FROM checkouts WHERE cart_id = $1';
  const [row] = await rowsOf<{ order_id: string }>(shop.stack, held, cart.id);
  const orderId = row?.order_id ?? '';
  await until('the order can be cancelled', async () => (await admin.cancel(orderId)).status !== 503);
  expect((await admin.order(orderId)).body).toMatchObject({ status: 'CANCELLED', cancelReason: 'cancelled_by_shop' });
  expect(await rowsOf(shop.stack, 'SELECT FROM payments WHERE order_id = $1', orderId)).toEqual([]);
});

test('started again for an order that has ended, it ends as what the order is, and does not fail', async () => {
  const shopper = await fillCart();
  const { body: placed } = await shopper.submit({ paymentMethod: 'cod' });
  const { id } = placed.order;
  expect((await shopper.cancel(placed)).status).toBe(200);
  expect(await checkoutOf(id).result()).toBe('CANCELLED');
  const [row] = await rowsOf<{ cart_id: string }>(shop.stack, 'SELECT cart_id FROM checkouts WHERE order_id = $1', id);
  const windows = { paymentWindow: 900, confirmationWindow: 900, holdGrace: 60 };
  const input: CheckoutInput = { orderId: id, cartId: row?.cart_id ?? '', ...windows };
  const again = { workflowId: WORKFLOW_IDS.checkout(id), taskQueue: TASK_QUEUES.orders, args: [input] };
  const startWorkflowOperation = new WithStartWorkflowOperation('checkout', {
    ...again,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const { workflow } = temporal.client;
  expect(await workflow.executeUpdateWithStart(submitUpdate, { startWorkflowOperation })).toEqual({
    outcome: 'failed',
  });
  expect(await checkoutOf(id).result()).toBe('CANCELLED');
});

test('stopped by an operator when its order has ended otherwise, it says how', async () => {
  const shopper = await fillCart();
  const { body: placed } = await shopper.submit({ paymentMethod: 'cod' });
  const { id } = placed.order;
  await rowsOf(shop.stack, `UPDATE orders SET status = 'EXPIRED' WHERE id = $1`, id);
  await checkoutOf(id).cancel();
  expect(await checkoutOf(id).result()).toBe('EXPIRED');
});
