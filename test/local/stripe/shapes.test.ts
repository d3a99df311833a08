// Field by field: what the simulator answers over HTTP is what the types of the `stripe` package require, no more and no less.
import { describe, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import type { z } from 'zod';
import type { createEndpointParameters, updateEndpointParameters } from '../../../src/local/stripe/endpoints.ts';
import type {
  cancelIntentParameters,
  captureIntentParameters,
  confirmIntentParameters,
  createIntentParameters,
  retrieveIntentParameters,
  updateIntentParameters,
} from '../../../src/local/stripe/intent-parameters.ts';
import type { createRefundParameters, updateRefundParameters } from '../../../src/local/stripe/refunds.ts';
import { misfits } from './declarations.ts';
import { type Bench, SECRET_KEY, simulated, until } from './support.ts';

/** What is taken that the package's types do not have: `never`, or this file does not compile. */
type Undeclared<Schema extends z.ZodType, Params> = Exclude<keyof z.input<Schema>, keyof Params>;
const UNDECLARED_PARAMETERS: [
  Undeclared<typeof createIntentParameters, Stripe.PaymentIntentCreateParams>,
  Undeclared<typeof updateIntentParameters, Stripe.PaymentIntentUpdateParams>,
  // Only with the publishable key, which the package does not use.
  Exclude<Undeclared<typeof confirmIntentParameters, Stripe.PaymentIntentConfirmParams>, 'client_secret'>,
  Undeclared<typeof retrieveIntentParameters, Stripe.PaymentIntentRetrieveParams>,
  Undeclared<typeof cancelIntentParameters, Stripe.PaymentIntentCancelParams>,
  Undeclared<typeof captureIntentParameters, Stripe.PaymentIntentCaptureParams>,
  Undeclared<typeof createRefundParameters, Stripe.RefundCreateParams>,
  Undeclared<typeof updateRefundParameters, Stripe.RefundUpdateParams>,
  Undeclared<typeof createEndpointParameters, Stripe.WebhookEndpointCreateParams>,
  Undeclared<typeof updateEndpointParameters, Stripe.WebhookEndpointUpdateParams>,
][] = [];

/** The answer as it goes over the wire, not as the package sees it. */
async function get({ url }: Bench, path: string): Promise<unknown> {
  const response = await fetch(`${url}/v1/${path}`, { headers: { authorization: `Bearer ${SECRET_KEY}` } });
  expect(response.status).toBe(200);
  return response.json();
}

async function listOf(bench: Bench, path: string): Promise<object[]> {
  const list: unknown = await get(bench, path);
  if (typeof list !== 'object' || list === null || !('data' in list) || !Array.isArray(list.data))
    throw new Error('no list');
  return list.data;
}

/** Brings every kind of object into being, in every state that it can have. */
async function busyDay(bench: Bench): Promise<void> {
  const { stripe, paid, control, listen } = bench;
  await listen(['charge.refunded']);
  const unpaid = { amount: 4998, currency: 'usd' };
  const shipping = { name: 'Ann', address: { line1: 'Main Street 1' } };
  await stripe.paymentIntents.create({ ...unpaid, shipping, description: 'Order', receipt_email: 'ann@example.com' });
  await stripe.paymentIntents.create({ ...unpaid, payment_method: 'pm_card_visa' });
  await stripe.paymentIntents.cancel((await stripe.paymentIntents.create(unpaid)).id, {
    cancellation_reason: 'abandoned',
  });
  await Promise.allSettled([paid('pm_card_visa_chargeDeclined'), paid('pm_card_authenticationRequired')]);
  await paid('pm_card_authenticationRequired', { return_url: 'https://shop.test/' });
  const secure = await paid('pm_card_authenticationRequired');
  await control('POST', `/payment_intents/${secure.id}/authenticate`, { succeed: true });
  const failed = await paid('pm_card_authenticationRequired');
  await control('POST', `/payment_intents/${failed.id}/authenticate`, { succeed: false });
  await stripe.paymentIntents.capture((await paid('pm_card_visa', { capture_method: 'manual' })).id, {
    amount_to_capture: 100,
  });
  await paid('pm_card_visa', { capture_method: 'manual' });
  await paid('pm_card_createDispute');
  const debit: Partial<Stripe.PaymentIntentCreateParams> = { allowed_payment_method_types: ['us_bank_account'] };
  await paid('pm_usBankAccount_processing', debit);
  const bounced = await paid('pm_usBankAccount_processing', debit);
  await control('POST', `/payment_intents/${bounced.id}/settle`, { succeed: false });
  for (const method of ['pm_card_visa', 'pm_card_pendingRefund', 'pm_card_refundFail']) {
    await stripe.refunds.create({ payment_intent: (await paid(method)).id, reason: 'duplicate' });
  }
  const waiting = await stripe.refunds.create({ payment_intent: (await paid('pm_card_pendingRefund')).id });
  await until(async () => (await stripe.refunds.retrieve(waiting.id)).status === 'succeeded', 'the bank has answered');
}

describe('the shapes of objects', () => {
  test.each([
    ['PaymentIntents', 'PaymentIntent', 'payment_intents?limit=100', 17],
    ['Charges', 'Charge', 'charges?limit=100', 11],
    ['Refunds', 'Refund', 'refunds', 4],
    ['Disputes', 'Dispute', 'disputes', 1],
    ['Events', 'EventBase', 'events?limit=100', 50],
    ['WebhookEndpoints', 'WebhookEndpoint', 'webhook_endpoints', 1],
  ])('%s have every field that the package requires and none that it does not know', (resource, name, path, atLeast) =>
    simulated(async (bench) => {
      await busyDay(bench);
      const objects = await listOf(bench, path);
      expect(objects.length).toBeGreaterThanOrEqual(atLeast);
      for (const object of objects) {
        // The package leaves open what is in an event's data; the objects there are those of the other lists.
        const shown = resource === 'Events' ? { ...object, data: { object: {} } } : object;
        expect(misfits(resource, name, shown)).toEqual([]);
      }
    })(),
  );

  test(
    'what an event tells of has the shape of its kind',
    simulated(async (bench) => {
      await busyDay(bench);
      const kinds = new Map<unknown, [string, string]>(
        Object.entries({
          payment_intent: ['PaymentIntents', 'PaymentIntent'],
          charge: ['Charges', 'Charge'],
          refund: ['Refunds', 'Refund'],
          dispute: ['Disputes', 'Dispute'],
        }),
      );
      const seen = new Set<unknown>();
      for await (const { data } of bench.stripe.events.list({ limit: 100 })) {
        const kind: unknown = Reflect.get(data.object, 'object');
        seen.add(kind);
        const [resource, name] = kinds.get(kind) ?? ['Events', 'nothing that is known'];
        expect(misfits(resource, name, data.object)).toEqual([]);
      }
      expect(seen).toEqual(new Set(kinds.keys()));
    }),
  );

  test('every parameter that is taken is one that the package has', () => {
    expect(UNDECLARED_PARAMETERS).toEqual([]);
  });
});

describe('the comparison itself', () => {
  const endpoint = {
    id: 'we_1',
    object: 'webhook_endpoint',
    api_version: null,
    application: null,
    created: 1,
    description: null,
    enabled_events: ['*'],
    livemode: false,
    metadata: { a: '1' },
    status: 'enabled',
    url: 'http://127.0.0.1/',
  };
  const { url: _, ...withoutUrl } = endpoint;

  test.each([
    ['what fits', endpoint, []],
    ['a missing field', withoutUrl, ['WebhookEndpoint.url: is required and not there']],
    ['a field too many', { ...endpoint, colour: 'red' }, ['WebhookEndpoint.colour: is not declared']],
    ['a wrong type', { ...endpoint, created: '1' }, ['WebhookEndpoint.created: "1" is not number']],
    ['a wrong literal', { ...endpoint, object: 'x' }, [`WebhookEndpoint.object: "x" is not 'webhook_endpoint'`]],
    ['a null', { ...endpoint, url: null }, ['WebhookEndpoint.url: null is not string']],
    ['a wrong item', { ...endpoint, enabled_events: [1] }, ['WebhookEndpoint.enabled_events[0]: 1 is not string']],
    ['a wrong value inside', { ...endpoint, metadata: { a: 1 } }, ['WebhookEndpoint.metadata.a: 1 is not string']],
  ])('%s is told', (_what, value, expected) => {
    expect(misfits('WebhookEndpoints', 'WebhookEndpoint', value)).toEqual(expected);
  });
});
