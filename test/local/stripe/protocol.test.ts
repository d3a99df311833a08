// Stripe's HTTP itself: keys, headers, parameters and the words of its errors.
import { describe, expect, test } from '@jest/globals';
import { clientOf, PUBLISHABLE_KEY, simulated, stripeError } from './support.ts';

const ORDER = { amount: 4998, currency: 'usd', metadata: { orderId: 'order-1' } };
const INTENTS = '/v1/payment_intents';

async function errorOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  return typeof body === 'object' && body !== null ? Reflect.get(body, 'error') : body;
}

describe('keys', () => {
  test(
    'no key or a wrong one is 401, and the key is not repeated in the answer',
    simulated(async ({ url }) => {
      const wrong = await stripeError(clientOf(Number(new URL(url).port), 'sk_test_wrong_key_123').balance.retrieve());
      expect(wrong).toMatchObject({ type: 'StripeAuthenticationError', statusCode: 401 });
      expect(wrong.message).not.toContain('sk_test_wrong_key_123');
      const none = await fetch(`${url}${INTENTS}`);
      expect(none.status).toBe(401);
      expect(await errorOf(none)).toMatchObject({ type: 'invalid_request_error' });
    }),
  );

  test(
    'a shopper reads and confirms with the publishable key and the client secret, and sees only their part',
    simulated(async ({ stripe, form, url }) => {
      const made = await stripe.paymentIntents.create(ORDER);
      const shopper = { authorization: `Bearer ${PUBLISHABLE_KEY}` };
      const secret = made.client_secret ?? '';
      const read = await fetch(`${url}${INTENTS}/${made.id}?client_secret=${secret}`, { headers: shopper });
      const seen: unknown = await read.json();
      expect(seen).toMatchObject({ id: made.id, amount: 4998, client_secret: secret });
      expect(seen).not.toHaveProperty('metadata');

      const confirm = (fields: Record<string, string>) => form(`${INTENTS}/${made.id}/confirm`, fields, shopper);
      const declined = await confirm({ client_secret: secret, payment_method: 'pm_card_visa_chargeDeclined' });
      expect(declined.status).toBe(402);
      const error = await errorOf(declined);
      expect(error).toMatchObject({ code: 'card_declined', payment_intent: { status: 'requires_payment_method' } });
      expect(error).not.toHaveProperty('payment_intent.metadata');
      const paid: unknown = await (await confirm({ client_secret: secret, payment_method: 'pm_card_visa' })).json();
      expect(paid).toMatchObject({ status: 'succeeded' });
      expect(paid).not.toHaveProperty('latest_charge');
    }),
  );

  test(
    'the publishable key does nothing else, and nothing without the right secret',
    simulated(async ({ stripe, form, url }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const shopper = { authorization: `Bearer ${PUBLISHABLE_KEY}` };
      const pay = { payment_method: 'pm_card_visa' };
      const without = await form(`${INTENTS}/${id}/confirm`, pay, shopper);
      expect([without.status, await errorOf(without)]).toMatchObject([400, { param: 'client_secret' }]);
      const wrong = await form(`${INTENTS}/${id}/confirm`, { ...pay, client_secret: `${id}_secret_no` }, shopper);
      expect([wrong.status, await errorOf(wrong)]).toMatchObject([400, { param: 'client_secret' }]);
      for (const path of [INTENTS, `${INTENTS}/${id}/cancel`, '/v1/refunds']) {
        const refused = await form(path, {}, shopper);
        expect([refused.status, await errorOf(refused)]).toMatchObject([401, { code: 'secret_key_required' }]);
      }
      expect((await fetch(`${url}/v1/events`, { headers: shopper })).status).toBe(401);
      expect((await stripe.paymentIntents.retrieve(id)).status).toBe('requires_payment_method');
    }),
  );

  test(
    'the secret key also goes as the user name of Basic, as with curl -u',
    simulated(async ({ url }) => {
      const credentials = Buffer.from('sk_test_perdure:').toString('base64');
      const response = await fetch(`${url}${INTENTS}`, { headers: { authorization: `Basic ${credentials}` } });
      expect(response.status).toBe(200);
    }),
  );
});

describe('answers', () => {
  test(
    'each carries its request id and the version',
    simulated(async ({ stripe, url }) => {
      const { lastResponse } = await stripe.paymentIntents.create(ORDER);
      expect(lastResponse.requestId).toMatch(/^req_\w{24}$/);
      expect(lastResponse.apiVersion).toBe('2026-10-28.endive');
      const older = await fetch(`${url}/v1/events`, {
        headers: { authorization: 'Bearer sk_test_perdure', 'stripe-version': '2020-08-27' },
      });
      expect(older.headers.get('stripe-version')).toBe('2020-08-27');
    }),
  );

  test(
    'an address that Stripe does not have is 404 in its own words',
    simulated(async ({ url }) => {
      for (const [method, path] of [
        ['GET', '/v1/nowhere'],
        ['POST', '/v1/charges'],
        ['DELETE', `${INTENTS}/pi_1`],
      ] as const) {
        const response = await fetch(`${url}${path}`, { method, headers: { authorization: 'Bearer sk_test_perdure' } });
        expect(response.status).toBe(404);
        expect(await errorOf(response)).toMatchObject({
          type: 'invalid_request_error',
          message: expect.stringContaining(`Unrecognized request URL (${method}: ${path}).`),
        });
      }
    }),
  );

  test.each([
    ['payment_intent', `${INTENTS}/pi_none`],
    ['charge', '/v1/charges/ch_none'],
    ['refund', '/v1/refunds/re_none'],
    ['dispute', '/v1/disputes/du_none'],
    ['event', '/v1/events/evt_none'],
    ['webhook endpoint', '/v1/webhook_endpoints/we_none'],
  ])('a %s that is not there is 404 resource_missing', (kind, path) =>
    simulated(async ({ url }) => {
      const response = await fetch(`${url}${path}`, { headers: { authorization: 'Bearer sk_test_perdure' } });
      expect(response.status).toBe(404);
      expect(await errorOf(response)).toMatchObject({
        code: 'resource_missing',
        message: `No such ${kind}: '${path.split('/').at(-1)}'`,
      });
    })(),
  );

  test(
    'ids are expanded where that is possible, one in the other too, and in lists',
    simulated(async ({ stripe, paid }) => {
      const { id } = await paid();
      const expanded = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.payment_intent'] });
      expect(expanded).toMatchObject({ latest_charge: { object: 'charge', payment_intent: { id } } });
      const list = await stripe.paymentIntents.list({ expand: ['data.latest_charge'] });
      expect(list.data[0]).toMatchObject({ latest_charge: { object: 'charge' } });
      const refund = await stripe.refunds.create({ payment_intent: id, expand: ['charge', 'payment_intent'] });
      expect(refund).toMatchObject({ charge: { refunded: true }, payment_intent: { id } });
    }),
  );

  test(
    'what cannot be expanded is refused before anything is done',
    simulated(async ({ stripe }) => {
      for (const path of ['metadata', 'latest_charge.amount', 'data.latest_charge', '', 'constructor']) {
        const error = await stripeError(stripe.paymentIntents.create({ ...ORDER, expand: [path] }));
        expect(error.statusCode).toBe(400);
      }
      expect((await stripe.paymentIntents.list()).data).toEqual([]);
    }),
  );
});

describe('parameters', () => {
  test.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['a missing one', { currency: 'usd' }, { code: 'parameter_missing', param: 'amount' }],
    [
      'a missing one inside',
      { amount: '500', currency: 'usd', 'shipping[name]': 'Ann' },
      { code: 'parameter_missing', param: 'shipping[address]' },
    ],
    [
      'an unknown one',
      { amount: '500', currency: 'usd', colour: 'red' },
      { code: 'parameter_unknown', param: 'colour' },
    ],
    [
      'an unknown one inside',
      {
        amount: '500',
        currency: 'usd',
        'automatic_payment_methods[enabled]': 'true',
        'automatic_payment_methods[x]': '1',
      },
      { code: 'parameter_unknown', param: 'automatic_payment_methods[x]' },
    ],
    ['text for a number', { amount: '12abc', currency: 'usd' }, { code: 'parameter_invalid_integer', param: 'amount' }],
    ['a fraction', { amount: '12.5', currency: 'usd' }, { code: 'parameter_invalid_integer', param: 'amount' }],
    ['a negative amount', { amount: '-500', currency: 'usd' }, { code: 'parameter_invalid_integer', param: 'amount' }],
    ['a list for a number', { 'amount[]': '500', currency: 'usd' }, { param: 'amount' }],
    [
      'an empty one that must not be',
      { amount: '500', currency: '' },
      { code: 'parameter_invalid_empty', param: 'currency' },
    ],
    ['a wrong choice', { amount: '500', currency: 'usd', capture_method: 'never' }, { param: 'capture_method' }],
    ['a wrong boolean', { amount: '500', currency: 'usd', confirm: 'maybe' }, { param: 'confirm' }],
    ['a currency that is none', { amount: '500', currency: 'xxz' }, { param: 'currency' }],
    ['too little', { amount: '49', currency: 'usd' }, { code: 'amount_too_small', param: 'amount' }],
    [
      'too little in another currency',
      { amount: '49', currency: 'jpy' },
      { code: 'amount_too_small', param: 'amount' },
    ],
    ['too much', { amount: '100000000', currency: 'usd' }, { code: 'amount_too_large', param: 'amount' }],
    [
      'a customer that is not there',
      { amount: '500', currency: 'usd', customer: 'cus_1' },
      { code: 'resource_missing', param: 'customer' },
    ],
    ['metadata inside metadata', { amount: '500', currency: 'usd', 'metadata[a][b]': 'c' }, {}],
    [
      'metadata that is too long',
      { amount: '500', currency: 'usd', 'metadata[a]': 'x'.repeat(501) },
      { param: 'metadata' },
    ],
    ['brackets too deep', { amount: '500', currency: 'usd', 'metadata[a][b][c][d][e][f]': 'g' }, {}],
    [
      'nothing of it as text',
      { amount: '500', currency: 'usd', expand: 'latest_charge', 'shipping[address]': 'x' },
      {},
    ],
  ])('%s is refused with 400, and nothing is made', (_what, fields, expected) =>
    simulated(async ({ stripe, form }) => {
      const response = await form(INTENTS, fields);
      expect(response.status).toBe(400);
      expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', ...expected });
      expect((await stripe.paymentIntents.list()).data).toEqual([]);
    })(),
  );

  test(
    'JSON is refused, as Stripe does',
    simulated(async ({ url }) => {
      const response = await fetch(`${url}${INTENTS}`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk_test_perdure', 'content-type': 'application/json' },
        body: JSON.stringify(ORDER),
      });
      expect(response.status).toBe(400);
    }),
  );

  test.each([{ limit: 0 }, { limit: 101 }])('a page of %j is refused', (params) =>
    simulated(async ({ stripe }) => {
      expect(await stripeError(stripe.events.list(params))).toMatchObject({ statusCode: 400, param: 'limit' });
    })(),
  );
});
