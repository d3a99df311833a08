// Money that has to go back, on a running shop (P4): late, doubled, of strangers, of cancelled orders; through lost answers and
// banks that take their time. It goes back once, the customer hears of it once, and the books say so.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import Stripe from 'stripe';
import { withClient } from '../../src/local/postgres.ts';
import type { TemporalClient } from '../../src/platform/temporal.ts';
import { TASK_QUEUES, WORKFLOW_IDS } from '../../workflows/messages.ts';
import { control as controlOf, mailsTo, rowsOf, temporalOf } from '../support/backstage.ts';
import { type Admin, logIn, newShopper, pay, paymentOf, statusBecomes, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

/** Long enough to pay in, short enough to wait for. */
const PAYMENT_WINDOW = 6;

let shop: RunningStack;
let temporal: TemporalClient;
let stripe: Stripe;
let admin: Admin;
let bulk: string;

beforeAll(async () => {
  shop = await startStack({ env: { PAYMENT_WINDOW: String(PAYMENT_WINDOW) } });
  const { stack } = shop;
  temporal = temporalOf(stack);
  const { hostname, port } = new URL(stack.stripe);
  stripe = new Stripe(stack.stripeSecretKey ?? '', { host: hostname, port, protocol: 'http' });
  admin = await logIn(stack);
  bulk = await variantOf(shop.api, 'BULK');
});
afterEach(async () => {
  await control('faults', { clear: true });
  await control('refunds', { hold: false });
});
afterAll(async () => {
  await temporal.close();
  await shop.stop();
});

const control = (path: string, json: unknown) => controlOf(shop.stack, path, json);

async function placeOrder(paymentMethod: 'card' | 'cod' = 'card') {
  const email = `${crypto.randomUUID()}@example.com`;
  const shopper = newShopper(shop.api, email);
  await shopper.add(bulk, 2);
  const { body, status } = await shopper.submit({ paymentMethod });
  expect(status).toBe(201);
  const { id, total } = body.order;
  return {
    id,
    total,
    email,
    /** For a card only. */
    get payment() {
      return paymentOf(body);
    },
    cancel: () => shopper.cancel(body),
    becomes: (what: string) => statusBecomes(() => shopper.order(body), what),
    status: async () => (await shopper.order(body)).body.status,
  };
}

type Placed = Awaited<ReturnType<typeof placeOrder>>;

/** An order that has been paid. */
async function paidOrder(method?: string): Promise<Placed> {
  const order = await placeOrder();
  await pay(shop.stack, order.payment, method);
  await order.becomes('PAID');
  return order;
}

/** An order that has ended, while its intent can still be paid: Stripe has refused to cancel it. */
async function endedOrder(): Promise<Placed> {
  const fault = { method: 'POST', path: '/v1/payment_intents/:id/cancel', kind: 'status', status: 400, times: 50 };
  await control('faults', fault);
  const order = await placeOrder();
  await order.becomes('EXPIRED');
  await temporal.client.workflow.getHandle(WORKFLOW_IDS.checkout(order.id)).result();
  return order;
}

/** Money for the order that no attempt of ours has brought. */
async function strangeMoney(orderId: string, amount: number): Promise<string> {
  const metadata = { orderId };
  const { id } = await stripe.paymentIntents.create({ amount, currency: 'usd', metadata });
  await control(`payment_intents/${id}/pay`, {});
  return id;
}

interface RefundRow {
  id: string;
  status: string;
  amount: string;
}
const refundsOf = (orderId: string) =>
  rowsOf<RefundRow>(shop.stack, 'SELECT id, status, amount FROM refunds WHERE order_id = $1 ORDER BY id', orderId);

async function refundBecomes(orderId: string, status: string): Promise<RefundRow> {
  return until(`a refund is ${status}`, async () => (await refundsOf(orderId)).find((one) => one.status === status));
}

/** The refund is the only one here and at Stripe, it has gone through, and its workflows are over. */
async function wentBackOnce(order: Placed, intentId: string, amount: number): Promise<void> {
  const refund = await refundBecomes(order.id, 'SUCCEEDED');
  expect(await refundsOf(order.id)).toEqual([{ id: refund.id, status: 'SUCCEEDED', amount: String(amount) }]);
  const { data } = await stripe.refunds.list({ payment_intent: intentId });
  expect(data).toMatchObject([{ amount, status: 'succeeded', metadata: { orderId: order.id, refundId: refund.id } }]);
  await temporal.client.workflow.getHandle(WORKFLOW_IDS.refund(refund.id)).result();
  const refunded = async () =>
    (await mailsTo(shop.stack, order.email)).filter(({ subject }) => subject.includes('refunded'));
  await until('the customer is told', async () => (await refunded()).length > 0);
  const price = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' }).format(amount / 100);
  expect(await refunded()).toMatchObject([{ text: expect.stringContaining(`Refunded: ${price}`) }]);
}

const moneyOf = async (orderId: string) =>
  (
    await rowsOf<{ status: string; payment_status: string; captured: string; refunded: string }>(
      shop.stack,
      'SELECT status, payment_status, captured, refunded FROM orders WHERE id = $1',
      orderId,
    )
  )[0];

test('money whose news come while its checkout is on its way out goes back', async () => {
  const fault = { method: 'POST', path: '/v1/payment_intents/:id/cancel', kind: 'status', status: 400, times: 50 };
  await control('faults', fault);
  const order = await placeOrder();
  await withClient(shop.stack.databaseUrl, async (client) => {
    await client.query('BEGIN');
    // So long the order cannot end, although its checkout has looked at the payment for the last time.
    await client.query('SELECT FROM carts WHERE next_order_id = $1 FOR UPDATE', [order.id]);
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await until('the end of the order waits', async () => (await client.query(waiting)).rows.length > 0);
    await pay(shop.stack, order.payment);
    const told = `SELECT FROM stripe_events WHERE order_id = $1 AND outcome = 'signalled'
      AND type = 'payment_intent.succeeded'`;
    await until('the checkout has been told', async () => (await rowsOf(shop.stack, told, order.id)).length > 0);
    await client.query('COMMIT');
  });
  await wentBackOnce(order, order.payment.intentId, order.total);
  expect(await order.status()).toBe('EXPIRED');
});

test('money that comes after the end goes back once, also when its events come five times and in any order', async () => {
  const order = await endedOrder();
  await control('webhooks', { hold: true });
  await pay(shop.stack, order.payment);
  await control('webhooks', { hold: false, order: 'random', duplicates: 4 });
  await wentBackOnce(order, order.payment.intentId, order.total);
  await temporal.client.workflow.getHandle(WORKFLOW_IDS.latePayment(order.payment.intentId)).result();
  expect(await moneyOf(order.id)).toEqual({
    status: 'EXPIRED',
    payment_status: 'REFUNDED',
    captured: String(order.total),
    refunded: String(order.total),
  });
  expect(
    await rowsOf(
      shop.stack,
      'SELECT outcome FROM stripe_events WHERE order_id = $1 AND type = $2',
      order.id,
      'payment_intent.succeeded',
    ),
  ).toEqual([{ outcome: 'late_payment' }]);
});

test('late money is refunded once though the answer of Stripe is lost and a 500 is kept under the key', async () => {
  const order = await endedOrder();
  await control('faults', { clear: true });
  await control('faults', { method: 'POST', path: '/v1/refunds', kind: 'status', status: 500, times: 1 });
  await control('faults', { method: 'POST', path: '/v1/refunds', kind: 'reset_after', times: 2 });
  await pay(shop.stack, order.payment);
  await wentBackOnce(order, order.payment.intentId, order.total);
  expect(await moneyOf(order.id)).toMatchObject({ payment_status: 'REFUNDED', refunded: String(order.total) });
});

test('money of the wrong amount, that only names an order which has ended, goes back whole', async () => {
  const order = await placeOrder();
  expect((await order.cancel()).body.status).toBe('CANCELLED');
  await wentBackOnce(order, await strangeMoney(order.id, 12_345), 12_345);
  expect(await moneyOf(order.id)).toMatchObject({ status: 'CANCELLED', captured: '12345', refunded: '12345' });
});

test('money that names an order with cash on delivery goes back, while it waits for a person', async () => {
  const order = await placeOrder('cod');
  await wentBackOnce(order, await strangeMoney(order.id, 700), 700);
  expect(await order.status()).toBe('AWAITING_CONFIRMATION');
});

test('two payments that come after the end are two refunds and two mails, each with its own amount', async () => {
  const order = await placeOrder();
  expect((await order.cancel()).body.status).toBe('CANCELLED');
  await Promise.all([strangeMoney(order.id, 1_111), strangeMoney(order.id, 2_222)]);
  const refunded = await until('the customer is told of both', async () => {
    const mails = (await mailsTo(shop.stack, order.email)).filter(({ subject }) => subject.includes('refunded'));
    return mails.length === 2 && mails;
  });
  const amounts = new Set(refunded.map(({ text }) => /Refunded: (.*)/.exec(text)?.[1]));
  expect(amounts).toEqual(new Set(['$11.11', '$22.22']));
  expect(new Set(refunded.map(({ messageId }) => messageId)).size).toBe(2);
  expect(await moneyOf(order.id)).toMatchObject({ payment_status: 'REFUNDED', captured: '3333', refunded: '3333' });
});

test('a second payment of a paid order goes back; the first one, and the order, stay', async () => {
  const order = await paidOrder();
  await wentBackOnce(order, await strangeMoney(order.id, order.total), order.total);
  expect(await moneyOf(order.id)).toEqual({
    status: 'PAID',
    payment_status: 'PAID',
    captured: String(2 * order.total),
    refunded: String(order.total),
  });
  expect((await stripe.refunds.list({ payment_intent: order.payment.intentId })).data).toEqual([]);
  const input = { orderId: order.id, intentId: order.payment.intentId };
  const again = { taskQueue: TASK_QUEUES.orders, workflowId: WORKFLOW_IDS.latePayment(input.intentId), args: [input] };
  expect(await temporal.client.workflow.execute('latePayment', again)).toBe('settled');
});

test('a payment whose checkout was terminated by hand still pays for its order, and nothing goes back', async () => {
  const order = await placeOrder();
  await temporal.client.workflow.getHandle(WORKFLOW_IDS.checkout(order.id)).terminate('by hand');
  await pay(shop.stack, order.payment);
  await order.becomes('PAID');
  const late = temporal.client.workflow.getHandle(WORKFLOW_IDS.latePayment(order.payment.intentId));
  expect(await late.result()).toBe('settled');
  expect(await refundsOf(order.id)).toEqual([]);
});

test('a paid order that is cancelled five times at once is restocked, refunded and told once', async () => {
  const order = await paidOrder();
  const answers = await Promise.all(Array.from({ length: 5 }, () => order.cancel()));
  expect(answers.some(({ status }) => status === 200)).toBe(true);
  await wentBackOnce(order, order.payment.intentId, order.total);
  expect(await moneyOf(order.id)).toMatchObject({ status: 'CANCELLED', payment_status: 'REFUNDED' });
  expect(
    await rowsOf(shop.stack, 'SELECT kind, quantity FROM stock_movements WHERE order_id = $1 ORDER BY id', order.id),
  ).toEqual([
    { kind: 'sold', quantity: -2 },
    { kind: 'restocked', quantity: 2 },
  ]);
  expect(
    await rowsOf(
      shop.stack,
      'SELECT to_status, actor FROM order_events WHERE order_id = $1 ORDER BY sequence',
      order.id,
    ),
  ).toMatchObject([{ to_status: 'PENDING' }, { to_status: 'PAID' }, { to_status: 'CANCELLED', actor: 'customer' }]);
  expect(
    (await rowsOf(shop.stack, 'SELECT fact FROM mails WHERE order_id = $1 ORDER BY fact', order.id)).map(Object.values),
  ).toEqual([['cancelled'], ['paid'], ['refunded']]);
});

test('a cancel is answered at once while its refund waits for the bank; a later one is told that nothing moved', async () => {
  await control('refunds', { hold: true });
  const order = await paidOrder();
  expect(await order.cancel()).toMatchObject({ status: 200, body: { status: 'CANCELLED', paymentStatus: 'PAID' } });
  const pending = await refundBecomes(order.id, 'PENDING');
  const [atStripe] = await until('Stripe has the refund', async () => {
    const { data } = await stripe.refunds.list({ payment_intent: order.payment.intentId });
    return data.length > 0 && data;
  });
  await order.cancel();
  expect(await moneyOf(order.id)).toMatchObject({ payment_status: 'PAID', refunded: '0' });
  await control(`refunds/${atStripe?.id}/settle`, { succeed: true });
  await wentBackOnce(order, order.payment.intentId, order.total);
  expect((await refundsOf(order.id))[0]?.id).toBe(pending.id);
});

test('a fulfillment that an operator cancels sees to its refund all the same', async () => {
  await control('faults', { method: 'POST', path: '/v1/refunds', kind: 'status', status: 503, times: 1_000 });
  const order = await paidOrder();
  await order.cancel();
  await refundBecomes(order.id, 'PENDING');
  const fulfillment = temporal.client.workflow.getHandle(WORKFLOW_IDS.fulfillment(order.id));
  await cancelAndAwaitHeard(fulfillment);
  await control('faults', { clear: true });
  await fulfillment.result();
  await wentBackOnce(order, order.payment.intentId, order.total);
  expect(await moneyOf(order.id)).toMatchObject({ status: 'CANCELLED', payment_status: 'REFUNDED' });
});

test('a fulfillment that an operator cancels in the middle of an act finishes it', async () => {
  const order = await paidOrder();
  const fulfillment = temporal.client.workflow.getHandle(WORKFLOW_IDS.fulfillment(order.id));
  const asking = await withClient(shop.stack.databaseUrl, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM orders WHERE id = $1 FOR UPDATE', [order.id]);
    const answer = order.cancel();
    await until('the act waits for the order', async () => {
      const { raw } = (await fulfillment.describe().catch(() => undefined)) ?? {};
      return raw?.pendingActivities?.some(({ activityType }) => activityType?.name === 'cancelPaidOrder');
    });
    await cancelAndAwaitHeard(fulfillment);
    await client.query('COMMIT');
    return { answer };
  });
  expect(await asking.answer).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
  await wentBackOnce(order, order.payment.intentId, order.total);
});

/** An operator cancels the workflow, and a worker has taken notice of that. */
async function cancelAndAwaitHeard(handle: WorkflowHandle): Promise<void> {
  await handle.cancel();
  await until('the cancel was heard', async () => {
    const events = (await handle.fetchHistory()).events ?? [];
    const asked = events.findIndex((event) => event.workflowExecutionCancelRequestedEventAttributes);
    return asked >= 0 && events.slice(asked).some((event) => event.workflowTaskCompletedEventAttributes);
  });
}

test('a refund that the bank refuses changes no sum and tells nobody; also when it had gone through before', async () => {
  const order = await paidOrder();
  await order.cancel();
  await wentBackOnce(order, order.payment.intentId, order.total);
  const [made] = (await stripe.refunds.list({ payment_intent: order.payment.intentId })).data;
  await control(`refunds/${made?.id}/settle`, { succeed: false });
  await refundBecomes(order.id, 'FAILED');
  expect(await moneyOf(order.id)).toMatchObject({
    payment_status: 'PAID',
    captured: String(order.total),
    refunded: '0',
  });

  await control('refunds', { hold: true });
  const other = await paidOrder();
  await other.cancel();
  const [waiting] = await until('Stripe has the refund', async () => {
    const { data } = await stripe.refunds.list({ payment_intent: other.payment.intentId });
    return data.length > 0 && data;
  });
  await control(`refunds/${waiting?.id}/settle`, { succeed: false });
  await refundBecomes(other.id, 'FAILED');
  expect(await moneyOf(other.id)).toMatchObject({ payment_status: 'PAID', refunded: '0' });
  expect((await mailsTo(shop.stack, other.email)).filter(({ subject }) => subject.includes('refunded'))).toEqual([]);
});

test('a confirmed order with cash on delivery is cancelled without any refund', async () => {
  const order = await placeOrder('cod');
  expect((await admin.confirm(order.id)).body.status).toBe('CONFIRMED');
  expect(await admin.cancel(order.id)).toMatchObject({
    status: 200,
    body: { status: 'CANCELLED', paymentStatus: 'NONE' },
  });
  expect(await refundsOf(order.id)).toEqual([]);
  expect(
    await rowsOf(shop.stack, 'SELECT kind, quantity FROM stock_movements WHERE order_id = $1 ORDER BY id', order.id),
  ).toEqual([
    { kind: 'sold', quantity: -2 },
    { kind: 'restocked', quantity: 2 },
  ]);
  const fulfillment = temporal.client.workflow.getHandle(WORKFLOW_IDS.fulfillment(order.id));
  await fulfillment.result();
  const found = await fulfillment.describe();
  expect(JSON.stringify(found.typedSearchAttributes)).toContain('CANCELLED');
});
