// What is on record of orders' moves and refunds, for whoever has to answer for them: written by the transaction that makes them,
// so that each has one entry, however often its step is repeated.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createFulfillmentActivities } from '../../activities/fulfillment.ts';
import { createOrderActivities } from '../../activities/orders.ts';
import type { Actor } from '../../src/orders/rules.ts';
import { saveReceived } from '../../src/payments/refund-store.ts';
import { newId } from '../../src/platform/ids.ts';
import { insertOrderRow, NOW } from '../support/rows.ts';
import { checkoutAfter } from './checkout-steps.ts';
import { type Bank, openBank, PRICE } from './money.ts';

const ADMIN = '01960000-0000-7000-8000-00000000000a';
const KEY = '01960000-0000-7000-8000-00000000000b';

let bank: Bank;
beforeAll(async () => {
  bank = await openBank();
});
afterEach(() => bank.control('reset', {}));
afterAll(() => bank.close());

const thrice = (step: () => Promise<unknown>) => Promise.all([step(), step(), step()]);

/** Who has done what to the order. */
async function entriesOf(orderId: string) {
  const entries = bank.db
    .selectFrom('auditEntries')
    .select(['actor', 'action', 'details'])
    .where('subject', '=', `order:${orderId}`);
  return entries.orderBy('id').orderBy('action').execute();
}

/** A paid order and its money. */
async function paidOrder(): Promise<string> {
  const orderId = await insertOrderRow(bank.db, { status: 'PAID', payment_status: 'PAID', captured: PRICE });
  const received = { clientSecret: 's', intentStatus: 'succeeded', amount: PRICE, currency: 'usd', captured: PRICE };
  await saveReceived(bank.db, { id: newId(NOW), orderId, intentId: `pi_${orderId}`, ...received }, NOW);
  return orderId;
}

const orders = () => createOrderActivities({ db: bank.db, clock: () => NOW, announce: () => undefined });

function cancelPaid(orderId: string, by: Actor, requestKey: string) {
  const fulfillment = createFulfillmentActivities({ db: bank.db, announce: () => undefined });
  const cancel = { orderId, by, requestKey, reason: by === 'customer' ? 'cancelled_by_customer' : 'cancelled_by_shop' };
  return fulfillment.cancelPaidOrder({ ...cancel, refundId: newId(NOW), at: NOW.toISOString() });
}

describe('a move of one of the staff', () => {
  test('has one entry, also when its step runs three times at once and again', async () => {
    const made = await checkoutAfter(bank.db, ['placeOrder'], { paymentMethod: 'cod' });
    const step = () =>
      orders().completeOrder({ orderId: made.orderId, to: 'CONFIRMED', by: `admin:${ADMIN}`, at: NOW.toISOString() });
    await thrice(step);
    await step();
    expect(await entriesOf(made.orderId)).toEqual([
      {
        actor: `user:${ADMIN}`,
        action: 'order_confirmed',
        details: { from: 'AWAITING_CONFIRMATION', to: 'CONFIRMED' },
      },
    ]);
  });

  test.each([
    ['rejected_by_shop', 'order_rejected'],
    ['cancelled_by_shop', 'order_cancelled'],
  ])('that ends an order (%s) is %s, by the key that asked for it', async (reason, action) => {
    const made = await checkoutAfter(bank.db, ['placeOrder'], { paymentMethod: 'cod' });
    const { orderId, cartId } = made;
    const nextOrderId = newId(NOW);
    const by: Actor = `admin:key:${KEY}`;
    await thrice(() =>
      orders().endOrder({ orderId, cartId, nextOrderId, to: 'CANCELLED', reason, by, endedAt: NOW.toISOString() }),
    );
    expect(await entriesOf(orderId)).toMatchObject([{ actor: `key:${KEY}`, action }]);
  });

  test('is the only kind on record: what customers, Stripe and windows do stands in the events of the order', async () => {
    const ways = [
      ['placeOrder', 'completeOrder'],
      ['placeOrder', 'endOrder'],
    ] as const;
    for (const way of ways) expect(await entriesOf((await checkoutAfter(bank.db, way)).orderId)).toEqual([]);
  });
});

describe('a refund', () => {
  test('that an admin asks for by cancelling has one entry, with the order and the amount, beside that of the cancel', async () => {
    const orderId = await paidOrder();
    await thrice(() => cancelPaid(orderId, `admin:${ADMIN}`, 'one request'));
    await cancelPaid(orderId, `admin:${ADMIN}`, 'another');
    const { id: refund } = await bank.db
      .selectFrom('refunds')
      .select('id')
      .where('orderId', '=', orderId)
      .executeTakeFirstOrThrow();
    const actor = `user:${ADMIN}`;
    const details = { refund, amount: PRICE, currency: 'usd', reason: 'order_cancelled' };
    const entries = await entriesOf(orderId);
    expect(entries.toSorted((a, b) => a.action.localeCompare(b.action))).toEqual([
      { actor, action: 'order_cancelled', details: { from: 'PAID', to: 'CANCELLED' } },
      { actor, action: 'refund_requested', details },
    ]);
  });

  test("that a customer's cancel leads to is theirs", async () => {
    const orderId = await paidOrder();
    await cancelPaid(orderId, 'customer', 'mine');
    expect(await entriesOf(orderId)).toMatchObject([{ actor: 'customer', action: 'refund_requested' }]);
  });

  test('of money that came too late is by the system', async () => {
    const orderId = await insertOrderRow(bank.db, { status: 'EXPIRED', payment_status: 'NONE' });
    const intentId = await bank.intent(orderId);
    await thrice(() => bank.latePayments.takeLatePayment({ orderId, intentId, refundId: newId(NOW) }));
    expect(await entriesOf(orderId)).toMatchObject([
      { actor: 'system', action: 'refund_requested', details: { amount: PRICE, reason: 'late_payment' } },
    ]);
  });
});
