// Late and second payments on the simulator and the real database (P4): what came is written down once and due back once,
// and the payment that an order lives on is never touched.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { saveIntent, setCaptured } from '../../src/payments/store.ts';
import { newId } from '../../src/platform/ids.ts';
import { insertOrderRow, NOW } from '../support/rows.ts';
import { type Bank, booksOf, openBank, PRICE } from './money.ts';

let bank: Bank;
beforeAll(async () => {
  bank = await openBank();
});
afterAll(() => bank.close());

const take = (orderId: string, intentId: string, refundId = newId(NOW)) =>
  bank.latePayments.takeLatePayment({ orderId, intentId, refundId });

async function attemptOf(orderId: string, intentId: string, captured = 0): Promise<void> {
  const intent = {
    orderId,
    attempt: 1,
    intentId,
    clientSecret: 's',
    amount: PRICE,
    currency: 'usd',
    intentStatus: 'x',
  };
  await saveIntent(bank.db, newId(NOW), intent, NOW);
  if (captured > 0) await setCaptured(bank.db, { intentId, captured }, NOW).execute();
}

test.each(['EXPIRED', 'CANCELLED'])(
  'money for an order that is %s is due back, once however often it is taken',
  async (status) => {
    const orderId = await insertOrderRow(bank.db, { status, payment_status: 'NONE' });
    const intentId = await bank.intent(orderId);
    await attemptOf(orderId, intentId);
    const refundId = newId(NOW);
    const taken = await Promise.all(Array.from({ length: 5 }, () => take(orderId, intentId)));
    const again = await take(orderId, intentId, refundId);
    expect(new Set(taken.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(again)]));
    expect(again.outcome).toBe('refund_due');
    expect(await booksOf(bank.db, orderId)).toMatchObject({
      order: { status, paymentStatus: 'NONE', captured: PRICE, refunded: 0 },
      payments: [{ captured: PRICE, attempt: 1 }],
      refunds: [{ status: 'PENDING', amount: PRICE, reason: 'late_payment' }],
    });
  },
);

test('an intent that only names the order is written down as no attempt of ours, and all of it is due back', async () => {
  const orderId = await insertOrderRow(bank.db, { status: 'EXPIRED' });
  expect(await take(orderId, await bank.intent(orderId, { amount: 2_345 }))).toMatchObject({ outcome: 'refund_due' });
  expect(await booksOf(bank.db, orderId)).toMatchObject({
    order: { captured: 2_345 },
    payments: [{ captured: 2_345, attempt: null }],
    refunds: [{ amount: 2_345 }],
  });
});

test('money in another currency is due back, and never counted in the currency of the order', async () => {
  const orderId = await insertOrderRow(bank.db, { status: 'EXPIRED', payment_status: 'NONE' });
  const taken = await take(orderId, await bank.intent(orderId, { currency: 'eur' }));
  if (taken.outcome !== 'refund_due') throw new Error(taken.outcome);
  await bank.settle(taken.refundId, { status: 'SUCCEEDED', failure: null });
  expect(await booksOf(bank.db, orderId)).toMatchObject({
    order: { paymentStatus: 'NONE', captured: 0, refunded: 0 },
    payments: [{ captured: PRICE, refunded: PRICE }],
    refunds: [{ status: 'SUCCEEDED' }],
    mails: [{ fact: 'refunded' }],
  });
});

test('the payment that an order lives on stays', async () => {
  const orderId = await insertOrderRow(bank.db, { status: 'PAID', payment_status: 'PAID', captured: PRICE });
  const intentId = await bank.intent(orderId);
  await attemptOf(orderId, intentId, PRICE);
  expect(await take(orderId, intentId)).toEqual({ outcome: 'settled' });
  expect((await booksOf(bank.db, orderId)).refunds).toEqual([]);
});

test('a second payment of a paid order is due back, and the order stays paid', async () => {
  const orderId = await insertOrderRow(bank.db, { status: 'PAID', payment_status: 'PAID', captured: PRICE });
  await attemptOf(orderId, await bank.intent(orderId), PRICE);
  const taken = await take(orderId, await bank.intent(orderId));
  if (taken.outcome !== 'refund_due') throw new Error(taken.outcome);
  await bank.settle(taken.refundId, { status: 'SUCCEEDED', failure: null });
  expect(await booksOf(bank.db, orderId)).toMatchObject({
    order: { status: 'PAID', paymentStatus: 'PAID', captured: 2 * PRICE, refunded: PRICE },
    refunds: [{ amount: PRICE, reason: 'second_payment' }],
  });
});

test('an order that still waits for this very intent is left to its checkout; another intent of it goes back', async () => {
  const orderId = await insertOrderRow(bank.db);
  const awaited = await bank.intent(orderId);
  await attemptOf(orderId, awaited);
  expect(await take(orderId, awaited)).toMatchObject({ outcome: 'waiting' });
  expect((await booksOf(bank.db, orderId)).refunds).toEqual([]);

  const taken = await take(orderId, await bank.intent(orderId));
  if (taken.outcome !== 'refund_due') throw new Error(taken.outcome);
  await bank.settle(taken.refundId, { status: 'SUCCEEDED', failure: null });
  expect((await booksOf(bank.db, orderId)).order).toMatchObject({ status: 'PENDING', paymentStatus: 'PENDING' });
});

test('an intent that was not paid is nothing', async () => {
  const orderId = await insertOrderRow(bank.db, { status: 'EXPIRED' });
  expect(await take(orderId, await bank.intent(orderId, { paid: false }))).toEqual({ outcome: 'settled' });
  expect((await booksOf(bank.db, orderId)).payments).toEqual([]);
});

test('money of an order that nobody knows, or of another one, is touched by nobody', async () => {
  const [here, there] = [await insertOrderRow(bank.db, { status: 'EXPIRED' }), await insertOrderRow(bank.db)];
  const intentId = await bank.intent(there);
  await expect(take(here, intentId)).rejects.toMatchObject({ type: 'IntentOfAnotherOrder', nonRetryable: true });
  await expect(take(newId(NOW), intentId)).rejects.toMatchObject({ type: 'OrderUnknown', nonRetryable: true });
  expect((await booksOf(bank.db, here)).refunds).toEqual([]);
});
