// The effects at Stripe, on the simulator and the real database: whatever is lost or doubled on the way, an order has one
// intent, and its row says what Stripe says.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import Stripe from 'stripe';
import { createPaymentActivities, type IntentRequest } from '../../activities/payment.ts';
import { saveIntent } from '../../src/payments/store.ts';
import { newId } from '../../src/platform/ids.ts';
import { insertOrderRow, NOW } from '../support/rows.ts';
import { until } from '../support/wait.ts';
import { type AtStripe, openAtStripe } from './at-stripe.ts';

/** Of a client that gives up at once. */
const HASTY_MS = 150;

let at: AtStripe;
beforeEach(async () => {
  at = await openAtStripe();
});
afterEach(() => at.close());

function activities(stripe = at.stripe) {
  return createPaymentActivities({ db: at.db, stripe, clock: () => NOW });
}

async function request(change: Partial<IntentRequest> = {}): Promise<IntentRequest> {
  const orderId = await insertOrderRow(at.db);
  return { orderId, number: 'PD-1', attempt: 1, amount: 1_000, currency: 'usd', ...change };
}

async function createsAsked(): Promise<number> {
  return (await at.asked()).filter(({ method, path }) => method === 'POST' && path === '/v1/payment_intents').length;
}

/** Exactly one intent, here and there, and it is this order's. */
async function isTheOnlyOne(intentId: string, { orderId }: IntentRequest): Promise<void> {
  expect(await at.intents()).toMatchObject([{ id: intentId, amount: 1_000, metadata: { orderId } }]);
  const rows = await at.db.selectFrom('payments').selectAll().execute();
  expect(rows).toMatchObject([{ orderId, intentId, attempt: 1, amount: 1_000, currency: 'usd' }]);
  expect(rows[0]?.clientSecret).toMatch(new RegExp(`^${intentId}_secret_`));
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('an intent that is created twice in sequence, and five times at once, is one at Stripe and one row', async () => {
  const wanted = await request();
  const { createIntent } = bound(activities());
  await at.control('faults', { method: 'POST', path: '/v1/payment_intents', kind: 'latency', ms: 200 });
  const first = await Promise.all(Array.from({ length: 5 }, () => createIntent(wanted)));
  const again = await createIntent(wanted);
  expect(new Set([...first, again].map(({ intentId }) => intentId)).size).toBe(1);
  await isTheOnlyOne(again.intentId, wanted);
});

test('an intent that is kept by several at once is one row, and none of them fails', async () => {
  for (let round = 0; round < 60; round += 1) {
    const { orderId, attempt, amount, currency } = await request();
    const intentId = `pi_${round}`;
    const intent = { orderId, attempt, amount, currency, intentId, clientSecret: 'x', intentStatus: 'processing' };
    const save = () => saveIntent(at.db, newId(NOW), intent, NOW);
    await Promise.all(Array.from({ length: 8 }, save));
    expect(await at.db.selectFrom('payments').select('id').where('orderId', '=', orderId).execute()).toHaveLength(1);
  }
});

test.each(['reset_after', 'reset_before'])(
  'an intent whose answer was lost (%s) is created once by the repeat',
  async (kind) => {
    const wanted = await request();
    const { createIntent } = bound(activities());
    await at.control('faults', { method: 'POST', path: '/v1/payment_intents', kind, times: 2 });
    const lost = await failureOf(createIntent(wanted));
    expect(lost).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(await at.db.selectFrom('payments').select('id').execute()).toEqual([]);
    const { intentId } = await createIntent(wanted);
    await isTheOnlyOne(intentId, wanted);
  },
);

test('a repeat that meets the first request still at work at Stripe is not refused for good, and the next one gets its intent', async () => {
  const wanted = await request();
  const hasty = bound(activities(at.onceWithin(HASTY_MS)));
  await at.control('faults', { method: 'POST', path: '/v1/payment_intents', kind: 'latency', ms: 1_000 });
  expect(await failureOf(hasty.createIntent(wanted))).toBeInstanceOf(Stripe.errors.StripeConnectionError);
  const early = await failureOf(hasty.createIntent(wanted));
  expect(early).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
  const { intentId } = await until('the first request is over', async () => {
    const [answer] = await Promise.allSettled([hasty.createIntent(wanted)]);
    return answer.status === 'fulfilled' && answer.value;
  });
  await isTheOnlyOne(intentId, wanted);
});

test.each([
  ['an amount below what Stripe takes', { amount: 1 }],
  ['a currency that is none', { currency: 'zzz' }],
])('%s is refused for good, asked once and leaves no row', async (_what, change) => {
  const failure = await failureOf(bound(activities()).createIntent(await request(change)));
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type: 'StripeRefused', nonRetryable: true });
  expect(await createsAsked()).toBe(1);
  expect(await at.db.selectFrom('payments').select('id').execute()).toEqual([]);
});

test.each([500, 429])('an answer of %i is worth another try, and then the intent is made', async (status) => {
  const wanted = await request();
  const { createIntent } = bound(activities());
  await at.control('faults', { method: 'POST', path: '/v1/payment_intents', kind: 'status', status, times: 3 });
  const failure = await failureOf(createIntent(wanted));
  expect(failure).toMatchObject({ statusCode: status });
  expect(failure).not.toBeInstanceOf(ApplicationFailure);
  await at.control('faults', { clear: true });
  const { intentId } = await createIntent(wanted);
  await isTheOnlyOne(intentId, wanted);
});

test('an intent that is cancelled, twice and at once, is canceled; the row says so', async () => {
  const wanted = await request();
  const { createIntent, cancelOrderIntent } = bound(activities());
  const { intentId } = await createIntent(wanted);
  const states = await Promise.all([1, 2, 3].map(() => cancelOrderIntent(wanted.orderId)));
  states.push(await cancelOrderIntent(wanted.orderId));
  expect(states).toMatchObject(Array.from({ length: 4 }, () => ({ intentId, status: 'canceled', amountReceived: 0 })));
  expect(await intentStatus(intentId)).toBe('canceled');
});

test('a cancel that comes after the money says that it has succeeded, and takes nothing back', async () => {
  const wanted = await request();
  const { createIntent, cancelOrderIntent, readIntent } = bound(activities());
  const { intentId } = await createIntent(wanted);
  await at.control(`payment_intents/${intentId}/pay`, { payment_method: 'pm_card_visa' });
  const paid = { intentId, status: 'succeeded', amountReceived: 1_000, currency: 'usd' };
  expect(await cancelOrderIntent(wanted.orderId)).toMatchObject(paid);
  expect(await readIntent(intentId)).toMatchObject(paid);
  expect(await intentStatus(intentId)).toBe('succeeded');
});

test('a cancel that Stripe refuses, whatever for, says where the intent stands: its money is not lost', async () => {
  const wanted = await request();
  const { createIntent, cancelOrderIntent } = bound(activities());
  const { intentId } = await createIntent(wanted);
  await at.control(`payment_intents/${intentId}/pay`, { payment_method: 'pm_card_visa' });
  const path = `/v1/payment_intents/${intentId}/cancel`;
  await at.control('faults', { method: 'POST', path, times: 1, kind: 'status', status: 400 });
  expect(await cancelOrderIntent(wanted.orderId)).toMatchObject({ status: 'succeeded', amountReceived: 1_000 });
});

test('the first attempt that is asked for again names the newest one, and each intent knows which attempt it is', async () => {
  const wanted = await request();
  const { createIntent, readIntent } = bound(activities());
  const first = await createIntent(wanted);
  const second = await createIntent({ ...wanted, attempt: 2 });
  expect([first.attempt, second.attempt]).toEqual([1, 2]);
  expect(await createIntent(wanted)).toEqual(second);
  expect(await readIntent(first.intentId)).toMatchObject({ attempt: 1 });
  expect(await readIntent(second.intentId)).toMatchObject({ attempt: 2 });
});

test('what is read is what Stripe says now, not what the row said', async () => {
  const wanted = await request();
  const { createIntent, readIntent } = bound(activities());
  const { intentId } = await createIntent(wanted);
  expect(await readIntent(intentId)).toMatchObject({ status: 'requires_payment_method', amountReceived: 0 });
  await at.db.updateTable('payments').set({ intentStatus: 'succeeded' }).execute();
  expect(await readIntent(intentId)).toMatchObject({ status: 'requires_payment_method', amountReceived: 0 });
  expect(await intentStatus(intentId)).toBe('requires_payment_method');
});

async function intentStatus(intentId: string): Promise<string> {
  const { intentStatus: status } = await at.db
    .selectFrom('payments')
    .select('intentStatus')
    .where('intentId', '=', intentId)
    .executeTakeFirstOrThrow();
  return status;
}

/** The activities as functions of their own. */
function bound(all: ReturnType<typeof activities>) {
  return {
    createIntent: (wanted: IntentRequest) => all.createIntent(wanted),
    readIntent: (intentId: string) => all.readIntent(intentId),
    cancelOrderIntent: (orderId: string) => all.cancelOrderIntent(orderId),
  };
}
