// Refunds on the simulator and the real database (P4): whatever is lost, doubled, refused or done by hand on the way, the money
// goes back once, and never more of it than came.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import Stripe from 'stripe';
import { lockReceived, openRefund } from '../../src/payments/refund-store.ts';
import { newId } from '../../src/platform/ids.ts';
import { insertOrderRow, NOW } from '../support/rows.ts';
import { type Bank, booksOf, openBank, PRICE } from './money.ts';

let bank: Bank;
beforeAll(async () => {
  bank = await openBank();
});
afterEach(() => bank.control('reset', {}));
afterAll(() => bank.close());

const SUCCEEDED = { status: 'SUCCEEDED', failure: null } as const;
const send = (refundId: string) => bank.refunds.sendRefund({ refundId });
const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

async function isMadeOnce(refundId: string): Promise<void> {
  expect(await bank.refundsAtStripe()).toMatchObject([{ amount: PRICE, metadata: { refundId } }]);
  const row = await bank.db.selectFrom('refunds').selectAll().where('id', '=', refundId).executeTakeFirstOrThrow();
  expect(row.stripeRefundId).toBe((await bank.refundsAtStripe())[0]?.id);
}

test('a refund that is sent twice, and five times at once, is one at Stripe', async () => {
  const { refundId } = await bank.dueRefund();
  await bank.control('faults', { method: 'POST', path: '/v1/refunds', kind: 'latency', ms: 200 });
  const first = await Promise.allSettled(Array.from({ length: 5 }, () => send(refundId)));
  expect(first.some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(await send(refundId)).toEqual(SUCCEEDED);
  await isMadeOnce(refundId);
});

test('a refund that is settled twice, and five times at once, is counted once and told by one mail', async () => {
  const { orderId, refundId } = await bank.dueRefund();
  await times(5, () => bank.settle(refundId, SUCCEEDED));
  await bank.settle(refundId, SUCCEEDED);
  expect(await booksOf(bank.db, orderId)).toEqual({
    order: { status: 'EXPIRED', paymentStatus: 'REFUNDED', captured: PRICE, refunded: PRICE },
    payments: [{ captured: PRICE, refunded: PRICE, attempt: null }],
    refunds: [{ status: 'SUCCEEDED', amount: PRICE, failure: null, reason: 'late_payment' }],
    mails: [{ fact: 'refunded', reference: refundId }],
  });
});

test.each(['reset_after', 'reset_before'])(
  'a refund whose answer was lost (%s) is made once by the repeat',
  async (kind) => {
    const { refundId } = await bank.dueRefund();
    await bank.control('faults', { method: 'POST', path: '/v1/refunds', kind, times: 2 });
    await expect(send(refundId)).rejects.toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect(await send(refundId)).toEqual(SUCCEEDED);
    await isMadeOnce(refundId);
    expect(new Set(await bank.keysAsked())).toEqual(new Set([`refund:${refundId}`]));
  },
);

test('a 500 that Stripe keeps under the key is passed by with the next one, also by the tries that come later', async () => {
  const { refundId } = await bank.dueRefund();
  await bank.control('faults', { method: 'POST', path: '/v1/refunds', kind: 'status', status: 500, times: 3 });
  await expect(send(refundId)).rejects.toMatchObject({ statusCode: 500 });
  expect(await send(refundId)).toEqual(SUCCEEDED);
  await isMadeOnce(refundId);
  const key = `refund:${refundId}`;
  expect(await bank.keysAsked()).toEqual([key, key, `${key}:2`, key, `${key}:2`, `${key}:3`]);
});

test('a refund whose answer was lost behind a kept 500 is found, not made again, when Stripe has forgotten its keys', async () => {
  const { orderId, intentId, refundId } = await bank.dueRefund();
  const params = { payment_intent: intentId, amount: PRICE, metadata: { orderId, refundId } };
  await bank.stripe.refunds.create(params, { idempotencyKey: `refund:${refundId}:2` });
  expect(await send(refundId)).toEqual(SUCCEEDED);
  expect(await bank.keysAsked()).toEqual([`refund:${refundId}:2`]);
});

test('a refund that waits for the bank is PENDING, and then what the bank says', async () => {
  await bank.control('refunds', { hold: true });
  const { refundId } = await bank.dueRefund();
  expect(await send(refundId)).toEqual({ status: 'PENDING', failure: null });
  const [atStripe] = await bank.refundsAtStripe();
  await bank.control(`refunds/${atStripe?.id}/settle`, { succeed: false });
  expect(await send(refundId)).toEqual({ status: 'FAILED', failure: 'lost_or_stolen_card' });
  await isMadeOnce(refundId);
});

test('a refund that fails changes no sum, sends no mail, and is reported', async () => {
  const { orderId, refundId } = await bank.dueRefund({ method: 'pm_card_createDispute' });
  const state = await send(refundId);
  expect(state).toMatchObject({ status: 'FAILED', failure: expect.stringContaining('charged back') });
  await bank.settle(refundId, state);
  expect(await booksOf(bank.db, orderId)).toMatchObject({
    order: { paymentStatus: 'NONE', captured: PRICE, refunded: 0 },
    payments: [{ captured: PRICE, refunded: 0 }],
    refunds: [{ status: 'FAILED', failure: state.failure }],
    mails: [],
  });
  expect(bank.errors.filter((line) => line.includes(refundId))).toHaveLength(1);
});

test('a refund of which Stripe will not even say what it has is a failure that a person must look at', async () => {
  const { refundId } = await bank.dueRefund();
  await bank.control('faults', { method: 'GET', path: '/v1/refunds', kind: 'status', status: 400, times: 1_000 });
  expect(await send(refundId)).toMatchObject({ status: 'FAILED', failure: expect.any(String) });
});

test('a refund that fails after it had succeeded is taken out of the sums again, and reported', async () => {
  const { orderId, refundId } = await bank.dueRefund();
  await bank.settle(refundId, SUCCEEDED);
  await times(3, () => bank.settle(refundId, { status: 'FAILED', failure: 'expired_or_canceled_card' }));
  expect(await booksOf(bank.db, orderId)).toMatchObject({
    order: { paymentStatus: 'PAID', captured: PRICE, refunded: 0 },
    payments: [{ captured: PRICE, refunded: 0 }],
    refunds: [{ status: 'FAILED' }],
  });
  expect(bank.errors.filter((line) => line.includes(refundId))).toHaveLength(1);
});

test.each([
  ['all of it', [PRICE], SUCCEEDED],
  ['all of it, in two parts', [300, 700], SUCCEEDED],
])('money that somebody has sent back by hand (%s) is not sent twice, and counts', async (_what, amounts, state) => {
  const { intentId, refundId } = await bank.dueRefund();
  for (const amount of amounts) await bank.stripe.refunds.create({ payment_intent: intentId, amount });
  expect(await send(refundId)).toEqual(state);
  expect(await send(refundId)).toEqual(state);
  expect(await bank.refundsAtStripe()).toHaveLength(amounts.length);
});

test('money of which only a part was sent back by hand is a failure that a person must look at', async () => {
  const { intentId, refundId } = await bank.dueRefund();
  await bank.stripe.refunds.create({ payment_intent: intentId, amount: 300 });
  expect(await send(refundId)).toMatchObject({ status: 'FAILED', failure: expect.stringContaining('greater than') });
  expect(await bank.refundsAtStripe()).toHaveLength(1);
});

test('twenty refunds that are opened at once are one, of all that is there', async () => {
  const { db } = bank;
  const orderId = await insertOrderRow(db, { status: 'EXPIRED', captured: PRICE });
  const paymentId = newId(NOW);
  await db
    .insertInto('payments')
    .values({
      id: paymentId,
      orderId,
      attempt: 1,
      intentId: `pi_${paymentId}`,
      clientSecret: 's',
      amount: PRICE,
      currency: 'usd',
      intentStatus: 'succeeded',
      captured: PRICE,
      createdAt: NOW,
      updatedAt: NOW,
    })
    .execute();
  await times(20, () =>
    db.transaction().execute(async (tx) => {
      await lockReceived(tx, orderId);
      await openRefund(tx, { id: newId(NOW), paymentId, reason: 'order_cancelled', by: 'customer', now: NOW });
    }),
  );
  expect((await booksOf(db, orderId)).refunds).toMatchObject([{ amount: PRICE, status: 'PENDING' }]);
});

test('no two refunds that settle at once can give back more than came: the database refuses', async () => {
  const { orderId, refundId } = await bank.dueRefund();
  const second = newId(NOW);
  await sql`
    INSERT INTO refunds (id, order_id, payment_id, amount, currency, reason, created_at, updated_at)
    SELECT ${second}, order_id, payment_id, 1, currency, reason, ${NOW}, ${NOW} FROM refunds WHERE id = ${refundId}
  `.execute(bank.db);
  const settled = await Promise.allSettled([refundId, second].map((id) => bank.settle(id, SUCCEEDED)));
  const refused = settled.filter((one) => one.status === 'rejected');
  expect(refused).toMatchObject([{ reason: { constraint: 'payments_refunded_within_captured' } }]);
  const { order, payments } = await booksOf(bank.db, orderId);
  expect(order.refunded).toBe(payments[0]?.refunded);
  expect(order.refunded).toBeLessThanOrEqual(PRICE);
});
