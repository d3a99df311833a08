// Fault controls: Stripe fails as it is told to, as often as it is told to, where it is told to.
import { describe, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import { type Bench, SECRET_KEY, simulated, stripeError, until } from './support.ts';

const ORDER = { amount: 4998, currency: 'usd' };
const INTENTS = '/v1/payment_intents';

function retrying(bench: Bench): Stripe {
  const { port } = new URL(bench.url);
  return new Stripe(SECRET_KEY, { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 2, telemetry: false });
}

describe('faults', () => {
  test.each([
    [500, 'StripeAPIError'],
    [503, 'StripeAPIError'],
    [429, 'StripeRateLimitError'],
  ])('status %i is answered as often as asked, and nothing is done', (status, type) =>
    simulated(async ({ stripe, control }) => {
      await control('POST', '/faults', { method: 'POST', path: INTENTS, times: 2, kind: 'status', status });
      for (let n = 0; n < 2; n += 1) {
        const error = await stripeError(stripe.paymentIntents.create(ORDER));
        expect(error).toMatchObject({ statusCode: status, type });
      }
      expect((await stripe.paymentIntents.list()).data).toEqual([]);
      expect((await stripe.paymentIntents.create(ORDER)).amount).toBe(4998);
    })(),
  );

  test(
    'reset_before loses the connection and does nothing',
    simulated(async (bench) => {
      await bench.control('POST', '/faults', { method: 'POST', path: INTENTS, times: 1, kind: 'reset_before' });
      await expect(bench.form(INTENTS, { amount: '4998', currency: 'usd' })).rejects.toThrow('fetch failed');
      expect((await bench.stripe.paymentIntents.list()).data).toEqual([]);
    }),
  );

  test(
    'reset_after does the work, tells it by its event, and loses only the answer; the retry gets it',
    simulated(async (bench) => {
      const listener = await bench.listen(['payment_intent.created']);
      await bench.control('POST', '/faults', { method: 'POST', path: INTENTS, times: 1, kind: 'reset_after' });
      const made = await retrying(bench).paymentIntents.create(ORDER, { idempotencyKey: 'k' });
      expect(made.lastResponse.headers['idempotent-replayed']).toBe('true');
      expect((await bench.stripe.paymentIntents.list()).data.map(({ id }) => id)).toEqual([made.id]);
      await until(() => listener.events.length === 1, 'the event has arrived');
    }),
  );

  test(
    'latency outlasts the patience of the client, and the work is done all the same',
    simulated(async (bench) => {
      const { port } = new URL(bench.url);
      const impatient = new Stripe(SECRET_KEY, {
        host: '127.0.0.1',
        port,
        protocol: 'http',
        maxNetworkRetries: 0,
        timeout: 50,
        telemetry: false,
      });
      await bench.control('POST', '/faults', { path: INTENTS, kind: 'latency', ms: 400 });
      const error = await stripeError(impatient.paymentIntents.create(ORDER, { idempotencyKey: 'k' }));
      expect(error.type).toBe('StripeConnectionError');
      await until(async () => (await bench.stripe.paymentIntents.list()).data.length === 1, 'the work is done');
      const replay = await bench.stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
      expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true');
    }),
  );

  test(
    'a fault meets its own path only: one object, or a family by a pattern',
    simulated(async ({ stripe, control }) => {
      const one = await stripe.paymentIntents.create(ORDER);
      const other = await stripe.paymentIntents.create(ORDER);
      await control('POST', '/faults', { path: `${INTENTS}/${one.id}/cancel`, kind: 'status', status: 500 });
      expect((await stripe.paymentIntents.cancel(other.id)).status).toBe('canceled');
      expect((await stripeError(stripe.paymentIntents.cancel(one.id))).statusCode).toBe(500);
      expect((await stripe.paymentIntents.cancel(one.id)).status).toBe('canceled');

      await control('POST', '/faults', { method: 'GET', path: `${INTENTS}/:id`, kind: 'status', status: 503 });
      expect((await stripe.paymentIntents.create(ORDER)).amount).toBe(4998);
      expect((await stripeError(stripe.paymentIntents.retrieve(one.id))).statusCode).toBe(503);
      await control('POST', '/faults', { path: '/v1/refunds/*', kind: 'status', status: 500 });
      expect((await stripe.refunds.list()).data).toEqual([]);
      expect((await stripeError(stripe.refunds.retrieve('re_1'))).statusCode).toBe(500);
    }),
  );

  test(
    'cleared faults do nothing, and a fault that makes no sense is refused',
    simulated(async ({ stripe, control }) => {
      await control('POST', '/faults', { path: '*', times: 9, kind: 'status' });
      expect((await control('GET', '/faults')).body).toMatchObject([{ path: '*', times: 9, status: 500 }]);
      expect((await control('POST', '/faults', { clear: true })).body).toEqual([]);
      expect((await stripe.paymentIntents.create(ORDER)).amount).toBe(4998);
      expect((await control('POST', '/faults', { kind: 'explode' })).status).toBe(400);
    }),
  );
});

describe('looking in', () => {
  test(
    'what was asked is kept in order, with what became of it',
    simulated(async (bench) => {
      await bench.control('POST', '/faults', { path: INTENTS, kind: 'reset_after' });
      const { id } = await retrying(bench).paymentIntents.create(ORDER, { idempotencyKey: 'k' });
      await bench.stripe.paymentIntents.retrieve(id);
      expect((await bench.control('GET', '/requests')).body).toMatchObject([
        {
          method: 'POST',
          path: INTENTS,
          params: { amount: '4998', currency: 'usd' },
          idempotencyKey: 'k',
          status: 200,
          replayed: false,
          fault: 'reset_after',
        },
        { method: 'POST', path: INTENTS, idempotencyKey: 'k', status: 200, replayed: true, fault: null },
        { method: 'GET', path: `${INTENTS}/${id}`, status: 200 },
      ]);
    }),
  );

  test(
    'intents and refunds come whole, as arrays',
    simulated(async ({ stripe, control, paid }) => {
      const first = await paid();
      const second = await paid();
      const refund = await stripe.refunds.create({ payment_intent: first.id });
      const { lastResponse: _, ...shown } = first;
      expect((await control('GET', '/payment_intents')).body).toMatchObject([shown, { id: second.id }]);
      expect((await control('GET', `/payment_intents/${first.id}`)).body).toEqual(shown);
      expect((await control('GET', '/refunds')).body).toMatchObject([{ id: refund.id }]);
      expect((await control('GET', '/payment_intents/pi_none')).status).toBe(404);
      expect((await control('GET', '/nothing')).status).toBe(404);
      expect(await control('GET', '/health')).toEqual({ status: 200, body: { status: 'ok' } });
    }),
  );

  test(
    'a script pays without a client secret, and hears of a decline',
    simulated(async ({ stripe, control }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const declined = await control('POST', `/payment_intents/${id}/pay`, {
        payment_method: 'pm_card_visa_chargeDeclined',
      });
      expect(declined).toMatchObject({ status: 402, body: { error: { code: 'card_declined' } } });
      const paid = await control('POST', `/payment_intents/${id}/pay`, { payment_method: 'pm_card_visa' });
      expect(paid).toMatchObject({ status: 200, body: { id, status: 'succeeded' } });
    }),
  );

  test(
    'a reset forgets everything but where events are sent',
    simulated(async ({ stripe, control, listen, paid }) => {
      const listener = await listen(['payment_intent.succeeded']);
      await control('POST', '/webhooks', { hold: true });
      await stripe.refunds.create({ payment_intent: (await paid()).id }, { idempotencyKey: 'k' });
      await control('POST', '/faults', { kind: 'status' });
      expect(await control('POST', '/reset')).toEqual({ status: 200, body: { status: 'ok' } });
      expect((await stripe.events.list()).data).toEqual([]);
      expect((await control('GET', '/payment_intents')).body).toEqual([]);
      const { id } = await paid();
      await until(() => listener.events.length === 1, 'the new event has arrived');
      expect((await stripe.refunds.create({ payment_intent: id }, { idempotencyKey: 'k' })).amount).toBe(4998);
    }),
  );
});
