// Stripe's webhook over HTTP (P6), on a stack whose simulator delivers nothing by itself: every event comes from the test,
// signed as Stripe signs.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import Stripe from 'stripe';
import { type StripeSimulator, startStripeSimulator } from '../../src/local/stripe/server.ts';
import type { TemporalClient } from '../../src/platform/temporal.ts';
import { WORKFLOW_IDS } from '../../workflows/messages.ts';
import { rowsOf, temporalOf } from '../support/backstage.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import {
  type Answer,
  call,
  newShopper,
  type PlacedBody,
  type PlacedPayment,
  pay,
  paymentOf,
  variantOf,
} from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

const SECRET_KEY = 'sk_test_webhooks';
const PUBLISHABLE_KEY = 'pk_test_webhooks';
/** Both are valid at once, as while a secret is being rotated. */
const [NEW_SECRET, OLD_SECRET] = ['whsec_new', 'whsec_old'];
const stripe = new Stripe(SECRET_KEY);

let folder: string;
let simulator: StripeSimulator;
let shop: RunningStack;
let temporal: TemporalClient;
let bulk: string;

beforeAll(async () => {
  folder = temporaryFolder();
  const keys = { secretKey: SECRET_KEY, publishableKey: PUBLISHABLE_KEY };
  simulator = await startStripeSimulator({ port: 0, dataDir: folder, ...keys, logger: pino({ level: 'silent' }) });
  shop = await startStack({
    env: {
      STRIPE_SECRET_KEY: SECRET_KEY,
      STRIPE_PUBLISHABLE_KEY: PUBLISHABLE_KEY,
      STRIPE_API_BASE: simulator.url,
      STRIPE_WEBHOOK_SECRET: `${NEW_SECRET},${OLD_SECRET}`,
    },
  });
  temporal = temporalOf(shop.stack);
  bulk = await variantOf(shop.api, 'BULK');
});
afterAll(async () => {
  await temporal.close();
  await shop.stop();
  await simulator.close();
  removeFolder(folder);
});

function deliver(payload: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${shop.api}/api/v1/payments/webhook`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: payload,
  });
}

/** @param age of the signature, in seconds */
function signature(payload: string, { secret = NEW_SECRET, age = 0 } = {}): string {
  return stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: Math.floor(Date.now() / 1000) - age });
}

async function deliverSigned(event: object, how?: Parameters<typeof signature>[1]): Promise<number> {
  const payload = JSON.stringify(event);
  return (await deliver(payload, { 'Stripe-Signature': signature(payload, how) })).status;
}

function anEvent(type: string, object: object = { id: 'cus_1', object: 'customer' }) {
  return { id: `evt_${randomUUID()}`, object: 'event', type, created: 1_700_000_000, data: { object } };
}

interface StoredEvent {
  type: string;
  outcome: string | null;
  handled: boolean;
  kind: string;
  payload: { id: string; data: { object: { id: string } } };
}

async function stored(id: string): Promise<StoredEvent[]> {
  return rowsOf(
    shop.stack,
    `SELECT type, outcome, handled_at IS NOT NULL AS handled, jsonb_typeof(payload) AS kind, payload
     FROM stripe_events WHERE id = $1`,
    id,
  );
}

interface Ordered {
  body: PlacedBody;
  payment: PlacedPayment;
  status: () => Promise<string>;
  cancel: () => Promise<Answer<unknown>>;
}

async function placeOrder(): Promise<Ordered> {
  const shopper = newShopper(shop.api);
  await shopper.add(bulk, 2);
  const { body, status } = await shopper.submit({ paymentMethod: 'card' });
  expect(status).toBe(201);
  return {
    body,
    payment: paymentOf(body),
    status: async () => (await shopper.order(body)).body.status,
    cancel: () => shopper.cancel(body),
  };
}

/** An order that its customer has cancelled. */
async function endedOrder(): Promise<Ordered> {
  const order = await placeOrder();
  expect((await order.cancel()).status).toBe(200);
  await until('its checkout is over', async () => {
    const { status } = await temporal.client.workflow.getHandle(WORKFLOW_IDS.checkout(order.body.order.id)).describe();
    return status.name === 'COMPLETED';
  });
  return order;
}

/** The event that the simulator has made of this and keeps to itself. */
async function eventOf(type: string, intentId: string): Promise<Stripe.Event> {
  const { body }: Answer<{ data: Stripe.Event[] }> = await call(`${simulator.url}/v1/events?type=${type}&limit=100`, {
    headers: { Authorization: `Bearer ${SECRET_KEY}` },
  });
  const event = body.data.find(({ data }) => 'id' in data.object && data.object.id === intentId);
  if (event === undefined) throw new Error(`there is no ${type} of ${intentId}`);
  return event;
}

const SIGNED: [string, (payload: string) => Record<string, string>][] = [
  ['no signature', () => ({})],
  ['an empty signature', () => ({ 'Stripe-Signature': '' })],
  ['a signature that is none', () => ({ 'Stripe-Signature': 'good morning' })],
  ['the signature of a stranger', (payload) => ({ 'Stripe-Signature': signature(payload, { secret: 'whsec_mine' }) })],
  ['the signature of another body', (payload) => ({ 'Stripe-Signature': signature(`${payload} `) })],
  ['a signature that is 301 s old', (payload) => ({ 'Stripe-Signature': signature(payload, { age: 301 }) })],
];

test.each(SIGNED)('an event with %s is 400 invalid_signature, and nothing is stored', async (_what, headers) => {
  const event = anEvent('customer.created');
  const payload = JSON.stringify(event);
  const answer = await deliver(payload, headers(payload));
  expect(answer.headers.get('Content-Type')).toContain('application/problem+json');
  expect(await answer.json()).toMatchObject({ status: 400, code: 'invalid_signature' });
  expect(await stored(event.id)).toEqual([]);
});

describe('a signed event', () => {
  test('that is some minutes old, signed with the older secret, or with both, is taken', async () => {
    const [late, rotated, both] = [1, 2, 3].map(() => anEvent('customer.created'));
    expect(await deliverSigned(late as object, { age: 280 })).toBe(200);
    expect(await deliverSigned(rotated as object, { secret: OLD_SECRET })).toBe(200);
    const payload = JSON.stringify(both);
    const [theirs, ours] = [signature(payload, { secret: 'whsec_x' }), signature(payload, { secret: OLD_SECRET })];
    const header = `${theirs},${ours.slice(ours.indexOf('v1='))}`;
    expect((await deliver(payload, { 'Stripe-Signature': header })).status).toBe(200);
    for (const event of [late, rotated, both]) expect(await stored(event?.id ?? '')).toHaveLength(1);
  });

  test('of a type that nobody handles is stored whole, as an object, and acknowledged', async () => {
    const event = anEvent('customer.created', { id: 'cus_9', object: 'customer', name: 'Zoë', nested: { list: [1] } });
    expect(await deliverSigned(event)).toBe(200);
    expect(await stored(event.id)).toEqual([
      { type: 'customer.created', outcome: 'ignored', handled: true, kind: 'object', payload: event },
    ]);
  });

  test.each([
    ['names no order', {}],
    ['names an order that nobody knows', { orderId: randomUUID() }],
    ['names something that is no id', { orderId: "x'; DROP TABLE orders" }],
  ])('for a payment that %s is stored, acknowledged and reported, and never sent back', async (_what, metadata) => {
    const id = `pi_${randomUUID()}`;
    const event = anEvent('payment_intent.succeeded', { id, object: 'payment_intent', metadata });
    expect(await deliverSigned(event)).toBe(200);
    expect(await stored(event.id)).toMatchObject([{ outcome: 'order_unknown', handled: true, payload: event }]);
    await until('it is reported', async () =>
      shop
        .output()
        .split('\n')
        .some((line) => line.includes('"level":"error"') && line.includes(event.id) && line.includes(id)),
    );
    expect(await rowsOf(shop.stack, 'SELECT id FROM payments WHERE intent_id = $1', id)).toEqual([]);
  });

  test.each([
    ['payment_intent.canceled', 'order_ended'],
    ['payment_intent.payment_failed', 'order_ended'],
    ['payment_intent.processing', 'order_ended'],
    ['payment_intent.requires_action', 'order_ended'],
    ['payment_intent.succeeded', 'late_payment'],
    ['payment_intent.created', 'ignored'],
  ])('%s of an order that has ended is %s', async (type, outcome) => {
    const order = await endedOrder();
    const object = { id: order.payment.intentId, object: 'payment_intent', metadata: { orderId: order.body.order.id } };
    const event = anEvent(type, object);
    expect(await deliverSigned(event)).toBe(200);
    expect(await stored(event.id)).toMatchObject([{ outcome, handled: true }]);
  });

  test.each(['payment_intent.canceled', 'payment_intent.processing', 'payment_intent.requires_action'])(
    '%s of an order that waits reaches its workflow',
    async (type) => {
      const order = await placeOrder();
      const object = {
        id: order.payment.intentId,
        object: 'payment_intent',
        metadata: { orderId: order.body.order.id },
      };
      const event = anEvent(type, object);
      expect(await deliverSigned(event)).toBe(200);
      expect(await stored(event.id)).toMatchObject([{ outcome: 'signalled' }]);
    },
  );

  test.each(['refund.updated', 'refund.failed', 'charge.refund.updated'])(
    '%s of a refund that was not made by us is ignored',
    async (type) => {
      const event = anEvent(type, { id: 're_1', object: 'refund', metadata: { refundId: randomUUID() } });
      expect(await deliverSigned(event)).toBe(200);
      expect(await stored(event.id)).toMatchObject([{ outcome: 'ignored' }]);
    },
  );

  test('with what PostgreSQL cannot keep is kept with its escapes as text, and what only looks like it as it is', async () => {
    const half = String.fromCharCode(0xd83d);
    const object = { id: 'cus_1\u0000', name: 'a\u0000\u0000b', note: String.raw`c\u0000 \\u0000`, half, whole: '😀' };
    const event = anEvent('customer.created', { ...object, ['k\u0000']: 1 });
    expect(await deliverSigned(event)).toBe(200);
    expect(await stored(event.id)).toMatchObject([
      {
        payload: {
          data: {
            object: {
              id: String.raw`cus_1\u0000`,
              name: String.raw`a\u0000\u0000b`,
              note: object.note,
              half: String.raw`\ud83d`,
              whole: '😀',
              [String.raw`k\u0000`]: 1,
            },
          },
        },
      },
    ]);
  });

  test('whose id is no id is refused', async () => {
    expect(await deliverSigned({ ...anEvent('customer.created'), id: 'evt_\u0000' })).toBe(400);
  });

  test('that comes five times at once, and five times more, is one row, one move of the order and one mail', async () => {
    const order = await placeOrder();
    await pay(shop.stack, order.payment);
    const event = await eventOf('payment_intent.succeeded', order.payment.intentId);
    const fiveTimes = () => Promise.all(Array.from({ length: 5 }, () => deliverSigned(event)));
    expect(await fiveTimes()).toEqual([200, 200, 200, 200, 200]);
    await until('the order is PAID', async () => (await order.status()) === 'PAID');
    expect(await fiveTimes()).toEqual([200, 200, 200, 200, 200]);
    expect(await stored(event.id)).toMatchObject([{ outcome: 'signalled', handled: true }]);
    const { id } = order.body.order;
    expect(
      await rowsOf(
        shop.stack,
        'SELECT from_status, to_status FROM order_events WHERE order_id = $1 ORDER BY sequence',
        id,
      ),
    ).toEqual([
      { from_status: null, to_status: 'PENDING' },
      { from_status: 'PENDING', to_status: 'PAID' },
    ]);
    expect(await rowsOf(shop.stack, 'SELECT fact FROM mails WHERE order_id = $1', id)).toEqual([{ fact: 'paid' }]);
    expect(await rowsOf(shop.stack, 'SELECT kind, quantity FROM stock_movements WHERE order_id = $1', id)).toEqual([
      { kind: 'sold', quantity: -2 },
    ]);
  });

  test('of a success that Stripe does not confirm leaves the order PENDING, and it can still be paid', async () => {
    const order = await placeOrder();
    const { intentId } = order.payment;
    const intent = { ...(await eventOf('payment_intent.created', intentId)).data.object };
    const forged = anEvent('payment_intent.succeeded', { ...intent, status: 'succeeded', amount_received: 1_000_000 });
    const reads = async (): Promise<number> => {
      const { body } = await call<{ method: string; path: string; status: number | null }[]>(
        `${simulator.url}/_sim/requests`,
      );
      return body.filter(({ method, path, status }) => method === 'GET' && path.endsWith(intentId) && status === 200)
        .length;
    };
    expect(await reads()).toBe(0);
    expect(await deliverSigned(forged)).toBe(200);
    expect(await stored(forged.id)).toMatchObject([{ outcome: 'signalled', handled: true }]);
    await until('the workflow has asked Stripe', async () => (await reads()) === 1);

    const again = anEvent('payment_intent.succeeded', { ...intent, status: 'succeeded' });
    expect(await deliverSigned(again)).toBe(200);
    await until(
      'the workflow has asked Stripe again, after it was done with the first answer',
      async () => (await reads()) === 2,
    );
    expect(await order.status()).toBe('PENDING');
    await pay(shop.stack, order.payment);
    expect(await deliverSigned(await eventOf('payment_intent.succeeded', intentId))).toBe(200);
    await until('the order is PAID', async () => (await order.status()) === 'PAID');
  });

  test.each([
    ['is no JSON', 'good morning'],
    ['is no event', '{"id":"evt_1"}'],
    ['is a list', '[]'],
  ])('whose body %s is 400 and not stored', async (_what, payload) => {
    const answer = await deliver(payload, { 'Stripe-Signature': signature(payload) });
    expect(answer.status).toBe(400);
    expect(await stored('evt_1')).toEqual([]);
  });
});
