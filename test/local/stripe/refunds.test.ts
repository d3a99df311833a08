// Refunds and disputes: never more than was captured, and every way that they can end.
import { describe, expect, test } from '@jest/globals';
import { idOf, simulated, stripeError, until } from './support.ts';

describe('refunds', () => {
  test(
    'a refund of all that is left, told by its charge',
    simulated(async ({ stripe, paid }) => {
      const intent = await paid();
      const refund = await stripe.refunds.create({
        payment_intent: intent.id,
        reason: 'requested_by_customer',
        metadata: { orderId: 'order-1' },
        expand: ['charge'],
      });
      expect(refund).toMatchObject({
        object: 'refund',
        amount: 4998,
        currency: 'usd',
        status: 'succeeded',
        payment_intent: intent.id,
        reason: 'requested_by_customer',
        metadata: { orderId: 'order-1' },
        charge: { id: intent.latest_charge, amount_refunded: 4998, refunded: true },
      });
      expect(refund.balance_transaction).toMatch(/^txn_/);
    }),
  );

  test(
    'parts add up to what was captured and not a unit more',
    simulated(async ({ stripe, paid }) => {
      const { id, latest_charge: charge } = await paid();
      await stripe.refunds.create({ payment_intent: id, amount: 3000 });
      const tooMuch = await stripeError(stripe.refunds.create({ payment_intent: id, amount: 1999 }));
      expect(tooMuch).toMatchObject({ statusCode: 400, param: 'amount' });
      await stripe.refunds.create({ charge: idOf(charge), amount: 1998 });
      const nothingLeft = await stripeError(stripe.refunds.create({ payment_intent: id }));
      expect(nothingLeft).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' });
      expect((await stripe.refunds.list({ payment_intent: id })).data.map(({ amount }) => amount)).toEqual([
        1998, 3000,
      ]);
      expect((await stripe.refunds.list({ charge: idOf(charge), limit: 1 })).has_more).toBe(true);
      expect((await stripe.refunds.list({ payment_intent: 'pi_other' })).data).toEqual([]);
    }),
  );

  test(
    'refunds at the same time are never more than was captured',
    simulated(async ({ stripe, paid }) => {
      const { id } = await paid();
      const tries = await Promise.allSettled(
        Array.from({ length: 10 }, () => stripe.refunds.create({ payment_intent: id, amount: 1000 })),
      );
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    }),
  );

  test(
    'what was not paid is not refunded',
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create({ amount: 4998, currency: 'usd' });
      const error = await stripeError(stripe.refunds.create({ payment_intent: id }));
      expect(error).toMatchObject({ statusCode: 400, param: 'payment_intent' });
      expect(await stripeError(stripe.refunds.create({ payment_intent: 'pi_none' }))).toMatchObject({
        statusCode: 404,
        code: 'resource_missing',
      });
      expect(await stripeError(stripe.refunds.create({}))).toMatchObject({ code: 'parameter_missing' });
    }),
  );

  test(
    'metadata of a refund can be changed',
    simulated(async ({ stripe, paid }) => {
      const { id } = await stripe.refunds.create({ payment_intent: (await paid()).id, metadata: { a: '1' } });
      expect((await stripe.refunds.update(id, { metadata: { b: '2' } })).metadata).toEqual({ a: '1', b: '2' });
      expect((await stripe.refunds.retrieve(id)).metadata).toEqual({ a: '1', b: '2' });
    }),
  );

  test(
    'a refund that takes time is pending, then it succeeds',
    simulated(async ({ stripe, paid, listen }) => {
      const listener = await listen(['refund.created', 'refund.updated', 'refund.failed']);
      const refund = await stripe.refunds.create({ payment_intent: (await paid('pm_card_pendingRefund')).id });
      expect(refund).toMatchObject({ status: 'pending', balance_transaction: null });
      await until(async () => (await stripe.refunds.retrieve(refund.id)).status === 'succeeded', 'it has succeeded');
      await until(() => listener.events.length === 2, 'both events have arrived');
      expect(listener.types().toSorted()).toEqual(['refund.created', 'refund.updated']);
    }),
  );

  test(
    'a refund that fails gives the money back to the shop, which can try again',
    simulated(async ({ stripe, paid, listen }) => {
      const listener = await listen(['refund.failed']);
      const { id, latest_charge: charge } = await paid('pm_card_refundFail');
      const refund = await stripe.refunds.create({ payment_intent: id });
      expect(refund.status).toBe('succeeded');
      await until(() => listener.events.length === 1, 'the failure is told');
      expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({
        status: 'failed',
        failure_reason: expect.any(String),
        failure_balance_transaction: expect.stringMatching(/^txn_/),
      });
      expect(await stripe.charges.retrieve(idOf(charge))).toMatchObject({ amount_refunded: 0, refunded: false });
      expect((await stripe.refunds.create({ payment_intent: id })).amount).toBe(4998);
    }),
  );

  test(
    'refunds that are held stay pending until they are settled, one way or the other',
    simulated(async ({ stripe, paid, control, listen }) => {
      const listener = await listen(['refund.updated', 'refund.failed']);
      expect((await control('POST', '/refunds', { hold: true })).body).toEqual({ hold: true });
      const [good, bad] = [await paid(), await paid()];
      const taken = await stripe.refunds.create({ payment_intent: good.id });
      const refused = await stripe.refunds.create({ payment_intent: bad.id });
      expect([taken.status, refused.status]).toEqual(['pending', 'pending']);
      const settle = async (id: string, succeed: boolean) =>
        (await control('POST', `/refunds/${id}/settle`, { succeed })).body;
      expect(await settle(taken.id, true)).toMatchObject({ status: 'succeeded' });
      expect(await settle(refused.id, false)).toMatchObject({ status: 'failed' });
      expect(await settle(refused.id, true)).toMatchObject({ status: 'failed' });
      await until(() => listener.events.length === 3, 'all events have arrived');
      expect(listener.types().toSorted()).toEqual(['refund.failed', 'refund.updated', 'refund.updated']);
      await control('POST', '/refunds', { hold: false });
      expect((await stripe.refunds.create({ payment_intent: bad.id })).status).toBe('succeeded');
    }),
  );

  test(
    'a pending refund goes on after a restart',
    simulated(async (bench) => {
      const { id } = await bench.stripe.refunds.create({
        payment_intent: (await bench.paid('pm_card_pendingRefund')).id,
      });
      await bench.restart();
      await until(async () => (await bench.stripe.refunds.retrieve(id)).status === 'succeeded', 'it has succeeded');
      expect((await bench.stripe.refunds.retrieve(id)).balance_transaction).toMatch(/^txn_/);
    }),
  );

  test(
    'a pending refund can be canceled, one that is done cannot',
    simulated(
      async ({ stripe, paid }) => {
        const slow = await paid('pm_card_pendingRefund');
        const { id } = await stripe.refunds.create({ payment_intent: slow.id });
        expect((await stripe.refunds.cancel(id)).status).toBe('canceled');
        expect((await stripe.charges.retrieve(idOf(slow.latest_charge))).amount_refunded).toBe(0);
        const done = await stripe.refunds.create({ payment_intent: (await paid()).id });
        expect((await stripeError(stripe.refunds.cancel(done.id))).statusCode).toBe(400);
      },
      { laterMs: 3_600_000 },
    ),
  );
});

describe('disputes', () => {
  test(
    'a disputed payment succeeds first, then the dispute is told and blocks refunds',
    simulated(async ({ stripe, paid, listen }) => {
      const listener = await listen(['charge.dispute.created', 'charge.dispute.closed']);
      const intent = await paid('pm_card_createDispute');
      expect(intent.status).toBe('succeeded');
      await until(() => listener.events.length === 1, 'the dispute is told');
      const [dispute] = (await stripe.disputes.list({ payment_intent: intent.id })).data;
      expect(dispute).toMatchObject({ amount: 4998, charge: intent.latest_charge, status: 'needs_response' });
      expect((await stripe.charges.retrieve(idOf(intent.latest_charge))).disputed).toBe(true);
      const refused = await stripeError(stripe.refunds.create({ payment_intent: intent.id }));
      expect(refused.code).toBe('charge_disputed');

      const id = dispute?.id ?? '';
      expect((await stripe.disputes.close(id)).status).toBe('lost');
      expect((await stripe.disputes.retrieve(id)).status).toBe('lost');
      expect((await stripeError(stripe.disputes.close(id))).statusCode).toBe(400);
      await until(() => listener.events.length === 2, 'its end is told');
      expect(listener.types()).toEqual(['charge.dispute.created', 'charge.dispute.closed']);
    }),
  );
});
