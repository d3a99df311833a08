// Idempotency keys: https://docs.stripe.com/api/idempotent_requests
import { describe, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import { SECRET_KEY, simulated, stripeError } from './support.ts';

const ORDER = { amount: 4998, currency: 'usd' };
const DAY_MS = 86_400_000;

describe('idempotency keys', () => {
  test(
    'the same key and parameters replay the first answer',
    simulated(async ({ stripe, form }) => {
      const first = await stripe.paymentIntents.create(
        { ...ORDER, metadata: { a: '1', b: '2' } },
        { idempotencyKey: 'k' },
      );
      expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined();
      const replay = await stripe.paymentIntents.create(
        { ...ORDER, metadata: { a: '1', b: '2' } },
        { idempotencyKey: 'k' },
      );
      expect(replay).toEqual(first);
      expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true');
      expect(replay.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
      const otherOrder = await form(
        '/v1/payment_intents',
        { 'metadata[b]': '2', 'metadata[a]': '1', currency: 'usd', amount: '4998' },
        { 'idempotency-key': 'k' },
      );
      expect(await otherOrder.json()).toMatchObject({ id: first.id });
      expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
    }),
  );

  test(
    'the answer is replayed as it was, also when the object has changed since',
    simulated(async ({ stripe }) => {
      const first = await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
      await stripe.paymentIntents.cancel(first.id);
      const replay = await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
      expect(replay.status).toBe('requires_payment_method');
    }),
  );

  test(
    'errors are replayed too, without a second charge',
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const confirm = () =>
        stripeError(
          stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa_chargeDeclined' }, { idempotencyKey: 'k' }),
        );
      const first = await confirm();
      const replay = await confirm();
      expect(replay).toMatchObject({ statusCode: 402, code: 'card_declined', charge: first.charge });
      expect(replay.headers?.['idempotent-replayed']).toBe('true');
      expect((await stripe.charges.list({ payment_intent: id })).data).toHaveLength(1);

      const missing = () => stripeError(stripe.paymentIntents.cancel('pi_none', {}, { idempotencyKey: 'k2' }));
      expect((await missing()).statusCode).toBe(404);
      expect((await missing()).headers?.['idempotent-replayed']).toBe('true');
    }),
  );

  test(
    'other parameters or another path are refused',
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
      for (const other of [
        stripe.paymentIntents.create({ ...ORDER, amount: 5000 }, { idempotencyKey: 'k' }),
        stripe.paymentIntents.update(id, ORDER, { idempotencyKey: 'k' }),
      ]) {
        expect(await stripeError(other)).toMatchObject({
          type: 'StripeIdempotencyError',
          statusCode: 400,
          rawType: 'idempotency_error',
        });
      }
      expect((await stripe.paymentIntents.retrieve(id)).amount).toBe(4998);
    }),
  );

  test(
    'of two requests at once the second is told that the first is under way',
    simulated(async ({ stripe, control }) => {
      await control('POST', '/faults', { method: 'POST', path: '/v1/payment_intents', kind: 'latency', ms: 300 });
      const slow = stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
      await waitForLatency(control);
      const second = await stripeError(stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' }));
      expect(second).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
      const { id } = await slow;
      expect((await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' })).id).toBe(id);
      expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
    }),
  );

  test(
    'parameters that are wrong in themselves are not stored: the key is still free',
    simulated(async ({ stripe }) => {
      const wrong = await stripeError(
        stripe.paymentIntents.create({ amount: 1.5, currency: 'usd' }, { idempotencyKey: 'k' }),
      );
      expect(wrong.code).toBe('parameter_invalid_integer');
      expect((await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' })).amount).toBe(4998);
    }),
  );

  test.each([429, 409])('an answer of %i is not stored either: the retry succeeds', (status) =>
    simulated(async ({ stripe, control }) => {
      await control('POST', '/faults', { path: '/v1/payment_intents', kind: 'status', status });
      const failed = await stripeError(stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' }));
      expect(failed.statusCode).toBe(status);
      expect((await stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' })).amount).toBe(4998);
    })(),
  );

  test(
    'a 5xx is stored: it is repeated, marked and with the word that another try is useless, and the next key is free',
    simulated(async ({ stripe, control, url }) => {
      await control('POST', '/faults', { path: '/v1/payment_intents', kind: 'status', status: 500 });
      const create = (idempotencyKey: string) => stripe.paymentIntents.create(ORDER, { idempotencyKey });
      const failed = await stripeError(create('k'));
      expect(failed).toMatchObject({ statusCode: 500, headers: { 'stripe-should-retry': 'false' } });
      expect(failed.headers).not.toHaveProperty('idempotent-replayed');
      const replay = await stripeError(create('k'));
      expect(replay).toMatchObject({ statusCode: 500, headers: { 'idempotent-replayed': 'true' } });
      expect(await stripeError(retrying(url).paymentIntents.create(ORDER, { idempotencyKey: 'k' }))).toMatchObject({
        statusCode: 500,
      });
      expect((await control('GET', '/requests')).body).toHaveLength(3);
      expect((await create('k:2')).amount).toBe(4998);
      expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
    }),
  );

  test(
    'a key is good for 24 hours, also through a restart, and free again afterwards',
    simulated(async (bench) => {
      const create = () => bench.stripe.paymentIntents.create(ORDER, { idempotencyKey: 'k' });
      const { id } = await create();
      bench.advance(DAY_MS - 60_000);
      expect((await create()).id).toBe(id);
      await bench.restart();
      expect((await create()).id).toBe(id);
      bench.advance(120_000);
      const later = await create();
      expect(later.id).not.toBe(id);
      expect((await create()).id).toBe(later.id);
    }),
  );

  test(
    'a key that is too long is refused',
    simulated(async ({ stripe }) => {
      const error = await stripeError(stripe.paymentIntents.create(ORDER, { idempotencyKey: 'x'.repeat(256) }));
      expect(error.statusCode).toBe(400);
    }),
  );
});

/** The package as the product uses it: it tries again by itself where that can help. */
function retrying(url: string): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(SECRET_KEY, { host: hostname, port, protocol: 'http', maxNetworkRetries: 2, telemetry: false });
}

/** The fault is gone from the list as soon as its request has met it. */
async function waitForLatency(control: (method: 'GET', path: string) => Promise<{ body: unknown }>): Promise<void> {
  for (;;) {
    const { body } = await control('GET', '/faults');
    if (Array.isArray(body) && body.length === 0) return;
  }
}
