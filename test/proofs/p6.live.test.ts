// P6: an event is acknowledged only after it is stored and its workflow has been signalled, and it is handled once: when the
// API dies between the two, when it comes to two API processes at once, and when it comes late and in the wrong order.
// Signatures, their rotation, and events that nobody handles are in test/payments/webhook.live.test.ts.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import { control, mailsTo, rowsOf } from '../support/backstage.ts';
import { call, newShopper, type PlacedPayment, pay, paymentOf, statusBecomes, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';
import { guestCart, type SubmitAnswer, submit } from './carts.ts';
import { movesOf } from './facts.ts';
import { freeze, kill } from './parts.ts';

let shop: RunningStack;
let api: string;
let bulk: string;

beforeAll(async () => {
  // Temporal of its own: it is frozen here, and nobody else may be waiting for it.
  shop = await startStack({ own: true, env: { API_PROCESSES: '2' } });
  api = shop.api;
  bulk = await variantOf(api, 'BULK');
});

afterAll(async () => {
  await shop.stop();
});

interface Unpaid extends Pick<SubmitAnswer['body'], 'order'> {
  email: string;
  payment: PlacedPayment;
}

async function placeOrder(): Promise<Unpaid> {
  const cart = await guestCart(api, [bulk]);
  const { body } = await submit(api, cart);
  return { email: cart.email, order: body.order, payment: paymentOf(body) };
}

interface StoredEvent {
  id: string;
  type: string;
  outcome: string | null;
  handled: boolean;
}

/** The events of this order that would move it, in the order of their coming. */
async function eventsOf({ order }: Unpaid): Promise<StoredEvent[]> {
  return rowsOf(
    shop.stack,
    `SELECT id, type, outcome, handled_at IS NOT NULL AS handled FROM stripe_events
     WHERE order_id = $1 AND type IN ('payment_intent.succeeded', 'payment_intent.payment_failed')
     ORDER BY received_at`,
    order.id,
  );
}

/** PAID once, whatever came how often: one move, one sale from stock, one mail, and nothing given back. */
async function expectPaidOnce(placed: Unpaid): Promise<void> {
  const { id } = placed.order;
  const { paymentStatus } = await statusBecomes(() => newShopper(api).order(placed), 'PAID');
  expect(paymentStatus).toBe('PAID');
  expect(await movesOf(shop.stack, id)).toEqual(['PENDING', 'PAID']);
  expect(await rowsOf(shop.stack, 'SELECT fact FROM mails WHERE order_id = $1', id)).toEqual([{ fact: 'paid' }]);
  expect(await rowsOf(shop.stack, 'SELECT kind, quantity FROM stock_movements WHERE order_id = $1', id)).toEqual([
    { kind: 'sold', quantity: -1 },
  ]);
  expect(await rowsOf(shop.stack, 'SELECT FROM refunds WHERE order_id = $1', id)).toEqual([]);
}

async function setWebhooks(how: object): Promise<void> {
  await control(shop.stack, 'webhooks', how);
}

/** Until the simulator has its acknowledgement of every event. */
async function allAcknowledged(): Promise<void> {
  await until('every event is acknowledged', async () => {
    const { body } = await call<{ pending: number }>(`${shop.stack.stripe}/_sim/webhooks`);
    return body.pending === 0;
  });
}

/** The event as Stripe keeps it, for a test that delivers it itself. */
async function successOf({ payment }: Unpaid): Promise<string> {
  const { stripe, stripeSecretKey } = shop.stack;
  const { body } = await call<{ data: Stripe.Event[] }>(`${stripe}/v1/events?type=payment_intent.succeeded&limit=100`, {
    headers: { Authorization: `Bearer ${stripeSecretKey}` },
  });
  const event = body.data.find(({ data }) => 'id' in data.object && data.object.id === payment.intentId);
  if (event === undefined) throw new Error('the intent has not succeeded');
  return JSON.stringify(event);
}

async function deliver(to: string, payload: string): Promise<number> {
  const { stripeSecretKey, webhookSecret: secret } = shop.stack;
  const signature = new Stripe(stripeSecretKey).webhooks.generateTestHeaderString({ payload, secret });
  const headers = { 'Content-Type': 'application/json', 'Stripe-Signature': signature };
  return (await fetch(`${to}/api/v1/payments/webhook`, { method: 'POST', headers, body: payload })).status;
}

test('the API is killed after it has stored an event and before it has signalled: the event is handled all the same, once', async () => {
  const placed = await placeOrder();
  const thaw = freeze(shop.stack.pids.temporal);
  try {
    await pay(shop.stack, placed.payment);
    await until('the event is stored', async () => (await eventsOf(placed)).length === 1);
    kill(shop.stack.pids.api[0]);
    expect(await eventsOf(placed)).toMatchObject([{ handled: false, outcome: null }]);
    expect(await movesOf(shop.stack, placed.order.id)).toEqual(['PENDING']);
  } finally {
    thaw();
  }
  await until('another API process answers', async () => (await shop.read())?.pids.api[0] !== shop.stack.pids.api[0]);
  await until('it is handled', async () => (await eventsOf(placed))[0]?.handled);
  await expectPaidOnce(placed);
  await allAcknowledged();
  expect(await eventsOf(placed)).toMatchObject([{ type: 'payment_intent.succeeded', handled: true }]);
  await until('its mail has come', async () => (await mailsTo(shop.stack, placed.email)).length === 1);
});

test('an event that comes to two API processes, five times to each at once, is handled once', async () => {
  await setWebhooks({ hold: true });
  const placed = await placeOrder();
  await pay(shop.stack, placed.payment);
  const payload = await successOf(placed);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => deliver(shop.stack.api[n % 2] as string, payload)),
  );
  expect(answers).toEqual(answers.map(() => 200));
  await expectPaidOnce(placed);
  await setWebhooks({ hold: false });
  await allAcknowledged();
  // A delivery that comes when the checkout has just ended asks whether the money is late; it is not, and none goes back.
  expect(await eventsOf(placed)).toMatchObject([{ handled: true }]);
  await expectPaidOnce(placed);
});

test.each([
  ['lifo', 'payment_intent.succeeded'],
  ['random', expect.any(String)],
])(
  'the events of an intent that was declined twice and then paid come late, %s and three times each: PAID, once',
  async (order, first) => {
    await setWebhooks({ hold: true });
    const placed = await placeOrder();
    for (const card of ['pm_card_visa_chargeDeclined', 'pm_card_chargeDeclinedExpiredCard', 'pm_card_visa']) {
      await pay(shop.stack, placed.payment, card);
    }
    await setWebhooks({ hold: false, order, duplicates: 2 });
    await expectPaidOnce(placed);
    await allAcknowledged();
    await until('every event has come', async () => (await eventsOf(placed)).length === 3);
    const events = await eventsOf(placed);
    expect(events.map(({ handled }) => handled)).toEqual([true, true, true]);
    expect(events[0]?.type).toEqual(first);
    await expectPaidOnce(placed);
  },
);
