// The two calls that every order by card goes through, on the real database and the simulator: each is a step in the database
// and a word with Stripe, and whichever of the two is repeated, lost or refused, the order has one intent and is paid once.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type Stripe from 'stripe';
import { createOrderPathActivities } from '../../activities/order-path.ts';
import { createOrderActivities } from '../../activities/orders.ts';
import { createPaymentActivities } from '../../activities/payment.ts';
import { createPlacingActivities } from '../../activities/placing.ts';
import { NOW, PRICING } from '../support/rows.ts';
import { type AtStripe, openAtStripe } from './at-stripe.ts';
import { type Checkout, checkoutAfter, checkoutState, type Sent, TOTAL } from './checkout-steps.ts';

const INTENTS = '/v1/payment_intents';
const AT_ONCE = 5;
/** Longer than a customer is kept waiting, and shorter than a patient client waits. */
const SLOW_MS = 20_000;
const PATIENCE_MS = 60_000;

let at: AtStripe;
beforeEach(async () => {
  at = await openAtStripe();
});
afterEach(() => at.close());

function steps(stripe = at.stripe) {
  const deps = { db: at.db, clock: () => NOW };
  const logger = pino({ level: 'silent' });
  const all = {
    ...createPlacingActivities({ ...deps, pricing: PRICING }),
    ...createOrderActivities({ ...deps, announce: () => undefined }),
    ...createPaymentActivities({ ...deps, stripe }),
  };
  return { ...all, ...createOrderPathActivities({ ...deps, stripe, logger, steps: all }) };
}

/** Stripe fails at this, in this way, until it is told otherwise. */
function failing(method: string, path: string, fault: object): Promise<void> {
  return at.control('faults', { method, path, times: 1_000, ...fault });
}

function orderOf({ orderId }: Checkout) {
  const columns = ['status', 'paymentStatus', 'captured'] as const;
  return at.db.selectFrom('orders').select(columns).where('id', '=', orderId).executeTakeFirst();
}

function paymentOf({ orderId }: Checkout) {
  const payment = at.db.selectFrom('payments').select(['intentStatus', 'captured']).where('orderId', '=', orderId);
  return payment.executeTakeFirst();
}

function submitted(sent?: Sent): Promise<Checkout> {
  return checkoutAfter(at.db, [], sent);
}

const PENDING = { status: 'PENDING', paymentStatus: 'PENDING', captured: 0 };
const PLACED = { number: expect.stringMatching(/^PD-/), total: TOTAL, paymentMethod: 'card' };

describe('placing', () => {
  test('five times at once and once more: one order, one intent, the same answer', async () => {
    const made = await submitted();
    const { placeWithIntent } = bound();
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => placeWithIntent(made)));
    answers.push(await placeWithIntent(made));
    const [intent, ...others] = await at.intents();
    expect(others).toEqual([]);
    expect(intent).toMatchObject({ amount: TOTAL, metadata: { orderId: made.orderId } });
    const expected = { placed: PLACED, intent: { intentId: intent?.id, attempt: 1 } };
    expect(answers).toEqual(answers.map(() => answers[0]));
    expect(answers[0]).toMatchObject(expected);
    const rows = await at.db.selectFrom('payments').select(['orderId', 'intentId']).execute();
    expect(rows).toEqual([{ orderId: made.orderId, intentId: intent?.id }]);
  });

  test.each([
    ['an answer of 500', { kind: 'status', status: 500 }],
    ['a connection that is lost after the work', { kind: 'reset_after' }],
  ])('%s leaves the order placed, and its intent to be asked for again', async (_what, fault) => {
    const made = await submitted();
    await failing('POST', INTENTS, fault);
    expect(await bound().placeWithIntent(made)).toMatchObject({ placed: PLACED, intent: 'unanswered' });
    expect(await orderOf(made)).toEqual(PENDING);
    await at.control('faults', { clear: true });
    const again = await bound().placeWithIntent(made);
    const intents = await at.intents();
    expect(intents).toHaveLength(1);
    expect(again).toMatchObject({ placed: PLACED, intent: { intentId: intents[0]?.id, attempt: 1 } });
  });

  test('a Stripe that is slow keeps nobody waiting for longer than 12 s', async () => {
    const made = await submitted();
    await failing('POST', INTENTS, { kind: 'latency', ms: SLOW_MS });
    const began = performance.now();
    expect(await bound(at.onceWithin(PATIENCE_MS)).placeWithIntent(made)).toMatchObject({
      placed: PLACED,
      intent: 'unanswered',
    });
    expect(performance.now() - began).toBeLessThan(SLOW_MS);
    expect(await orderOf(made)).toEqual(PENDING);
  });

  test('a no of Stripe for good is told as that', async () => {
    const made = await submitted();
    await failing('POST', INTENTS, { kind: 'status', status: 400 });
    expect(await bound().placeWithIntent(made)).toMatchObject({ placed: PLACED, intent: 'refused' });
  });

  test.each<[string, Sent, object]>([
    ['cash on delivery', { paymentMethod: 'cod' }, { placed: { paymentMethod: 'cod' } }],
    ['a submit that is refused', { expectedTotal: TOTAL - 1 }, { refusal: { code: 'cart_changed' } }],
  ])('%s is none of the business of Stripe', async (_what, sent, answer) => {
    const given = await bound().placeWithIntent(await submitted(sent));
    expect(given).toMatchObject(answer);
    expect(given).not.toHaveProperty('intent');
    expect(await at.intents()).toEqual([]);
  });
});

describe('taking the payment', () => {
  test('five times at once and once more: paid once', async () => {
    const order = await placed();
    await pay(order.intentId);
    const taken = await Promise.all(Array.from({ length: AT_ONCE }, () => order.take()));
    const once = await checkoutState(at.db, order.made);
    taken.push(await order.take());
    const intent = { intentId: order.intentId, status: 'succeeded', amountReceived: TOTAL, attempt: 1 };
    expect(taken).toMatchObject(taken.map(() => ({ intent, outcome: 'done' })));
    expect(once).toMatchObject({
      order: { status: 'PAID', captured: TOTAL },
      events: [{ to_status: 'PENDING' }, { to_status: 'PAID' }],
      mails: [{ fact: 'paid' }],
      movements: [{ 0: 'sold' }, { 0: 'sold' }],
    });
    expect(await checkoutState(at.db, order.made)).toEqual(once);
    expect(await paymentOf(order.made)).toEqual({ intentStatus: 'succeeded', captured: TOTAL });
  });

  test('money that is not there, too little, in another currency or of an earlier attempt completes nothing', async () => {
    const order = await placed();
    const read = { intentId: order.intentId };
    expect(await order.take()).toEqual({
      intent: expect.objectContaining({ ...read, status: 'requires_payment_method' }),
    });
    await pay(order.intentId);
    const wrong = [{ due: { total: TOTAL + 1, currency: 'usd' } }, { due: { total: TOTAL, currency: 'eur' } }];
    for (const change of [...wrong, { live: { intentId: 'pi_next', attempt: 2 } }])
      expect(await order.take(change)).toEqual({ intent: expect.objectContaining({ ...read, status: 'succeeded' }) });
    expect(await orderOf(order.made)).toEqual(PENDING);
    expect(await paymentOf(order.made)).toEqual({ intentStatus: 'succeeded', captured: 0 });
  });

  test('a Stripe that does not answer, or knows no such intent, completes nothing', async () => {
    const order = await placed();
    await pay(order.intentId);
    expect(await order.take({ intentId: 'pi_nobodys' })).toEqual({ intent: 'refused' });
    await failing('GET', `${INTENTS}/${order.intentId}`, { kind: 'status', status: 500 });
    expect(await order.take()).toEqual({ intent: 'unanswered' });
    expect(await orderOf(order.made)).toEqual(PENDING);
  });

  test('an order that has ended meanwhile says so', async () => {
    const order = await placed();
    await pay(order.intentId);
    await order.made.steps.endOrder();
    expect(await order.take()).toMatchObject({ intent: { status: 'succeeded' }, outcome: 'ended' });
    expect(await paymentOf(order.made)).toEqual({ intentStatus: 'succeeded', captured: 0 });
  });
});

/** An order that waits for its money, and how it is taken: for what the order costs, with its first attempt, unless told. */
async function placed() {
  const made = await submitted();
  const { placeWithIntent, takePayment } = bound();
  await placeWithIntent(made);
  const intentId = (await at.intents()).at(-1)?.id ?? '';
  const due = { total: TOTAL, currency: 'usd' };
  const taking = { orderId: made.orderId, intentId, live: { intentId, attempt: 1 }, due, at: NOW.toISOString() };
  return { made, intentId, take: (change: Partial<typeof taking> = {}) => takePayment({ ...taking, ...change }) };
}

async function pay(intentId: string): Promise<void> {
  await at.control(`payment_intents/${intentId}/pay`, { payment_method: 'pm_card_visa' });
}

/** The activities as functions of their own. */
function bound(stripe?: Stripe) {
  const all = steps(stripe);
  return {
    placeWithIntent: ({ placing }: Checkout) => all.placeWithIntent(placing),
    takePayment: (taking: Parameters<typeof all.takePayment>[0]) => all.takePayment(taking),
  };
}
