// Payment intents and their charges through the `stripe` package: every call, every status, every refusal.
import { describe, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { simulated, stripeError } from './support.ts';

const ORDER = { amount: 4998, currency: 'usd', metadata: { orderId: 'order-1' } };

function chargeOf(intent: Stripe.PaymentIntent): Stripe.Charge {
  if (intent.latest_charge === null || typeof intent.latest_charge === 'string') throw new Error('no charge in it');
  return intent.latest_charge;
}

describe('creating and reading', () => {
  test(
    'an intent starts without a payment method and keeps what it was made with',
    simulated(async ({ stripe }) => {
      const made = await stripe.paymentIntents.create({
        ...ORDER,
        currency: 'USD',
        description: 'Order 1',
        receipt_email: 'ann@example.com',
        shipping: { name: 'Ann', address: { line1: 'Main Street 1', city: 'Springfield', country: 'US' } },
      });
      expect(made).toMatchObject({
        object: 'payment_intent',
        status: 'requires_payment_method',
        amount: 4998,
        currency: 'usd',
        metadata: { orderId: 'order-1' },
        automatic_payment_methods: { enabled: true, allow_redirects: 'always' },
        shipping: { name: 'Ann', address: { line1: 'Main Street 1', line2: null } },
      });
      expect(made.client_secret).toMatch(new RegExp(`^${made.id}_secret_`));
      expect(await stripe.paymentIntents.retrieve(made.id)).toEqual(made);
    }),
  );

  test(
    'an intent with a payment method waits for confirmation',
    simulated(async ({ stripe }) => {
      const made = await stripe.paymentIntents.create({ ...ORDER, payment_method: 'pm_card_visa' });
      expect(made.status).toBe('requires_confirmation');
      expect(made.payment_method).toMatch(/^pm_/);
      expect((await stripe.paymentIntents.confirm(made.id)).status).toBe('succeeded');
    }),
  );

  test(
    'lists come newest first, page by page in both directions',
    simulated(async ({ stripe }) => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.unshift((await stripe.paymentIntents.create(ORDER)).id);
      const first = await stripe.paymentIntents.list({ limit: 2 });
      expect(first).toMatchObject({ object: 'list', url: '/v1/payment_intents', has_more: true });
      expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
      const second = await stripe.paymentIntents.list({ limit: 3, starting_after: ids[1] ?? '' });
      expect(second.data.map(({ id }) => id)).toEqual(ids.slice(2));
      expect(second.has_more).toBe(false);
      const back = await stripe.paymentIntents.list({ limit: 2, ending_before: ids[3] ?? '' });
      expect(back.data.map(({ id }) => id)).toEqual(ids.slice(1, 3));
      expect(back.has_more).toBe(true);
      const all: string[] = [];
      for await (const intent of stripe.paymentIntents.list({ limit: 2 })) all.push(intent.id);
      expect(all).toEqual(ids);
    }),
  );

  test(
    'a cursor that names nothing is refused',
    simulated(async ({ stripe }) => {
      const error = await stripeError(stripe.paymentIntents.list({ starting_after: 'pi_none' }));
      expect(error).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'starting_after' });
    }),
  );
});

describe('updating', () => {
  test(
    'metadata is merged, and an empty value takes its key away',
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create({ ...ORDER, metadata: { a: '1', b: '2', '7': 'seven' } });
      const merged = await stripe.paymentIntents.update(id, { metadata: { a: '', c: '3' } });
      expect(merged.metadata).toEqual({ b: '2', c: '3', '7': 'seven' });
      expect((await stripe.paymentIntents.update(id, { metadata: '' })).metadata).toEqual({});
    }),
  );

  test(
    'amount and currency may change until the intent is paid, the description afterwards too',
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      expect(await stripe.paymentIntents.update(id, { amount: 700, currency: 'eur' })).toMatchObject({
        amount: 700,
        currency: 'eur',
      });
      await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
      const error = await stripeError(stripe.paymentIntents.update(id, { amount: 900 }));
      expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
      expect((await stripe.paymentIntents.update(id, { description: 'late' })).description).toBe('late');
    }),
  );

  test(
    'an empty string unsets what can be unset',
    simulated(async ({ stripe, form }) => {
      const { id } = await stripe.paymentIntents.create({ ...ORDER, description: 'Order 1' });
      await form(`/v1/payment_intents/${id}`, { description: '' });
      expect((await stripe.paymentIntents.retrieve(id)).description).toBeNull();
    }),
  );
});

describe('confirming', () => {
  test(
    'a good card pays: a captured charge with its balance transaction',
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const paid = await stripe.paymentIntents.confirm(id, {
        payment_method: 'pm_card_mastercard',
        expand: ['latest_charge'],
      });
      expect(paid).toMatchObject({ status: 'succeeded', amount_received: 4998, last_payment_error: null });
      const charge = chargeOf(paid);
      expect(charge).toMatchObject({
        amount: 4998,
        amount_captured: 4998,
        captured: true,
        paid: true,
        status: 'succeeded',
        payment_intent: id,
        metadata: { orderId: 'order-1' },
        payment_method_details: { type: 'card', card: { brand: 'mastercard', last4: '4444' } },
      });
      expect(charge.balance_transaction).toMatch(/^txn_/);
      expect(await stripe.charges.retrieve(charge.id)).toEqual(charge);
      expect((await stripe.charges.list({ payment_intent: id })).data.map((one) => one.id)).toEqual([charge.id]);
    }),
  );

  test.each([
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
  ])('%s is declined with %s/%s, and another card can pay afterwards', (method, code, declineCode) =>
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const error = await stripeError(stripe.paymentIntents.confirm(id, { payment_method: method }));
      expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, decline_code: declineCode });
      expect(error.payment_intent).toMatchObject({
        id,
        status: 'requires_payment_method',
        payment_method: null,
        last_payment_error: { type: 'card_error', code, decline_code: declineCode, charge: error.charge },
      });
      const failed = await stripe.charges.retrieve(String(error.charge));
      expect(failed).toMatchObject({ status: 'failed', paid: false, captured: false, failure_code: code });
      expect(await stripe.paymentIntents.retrieve(id)).toEqual(error.payment_intent);

      const paid = await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
      expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null });
      expect((await stripe.charges.list({ payment_intent: id })).data).toHaveLength(2);
    })(),
  );

  test(
    'without a payment method it is refused with the intent in the error',
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const error = await stripeError(stripe.paymentIntents.confirm(id));
      expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
      expect(error.payment_intent).toMatchObject({ id, status: 'requires_payment_method' });
    }),
  );

  test(
    'an intent that cannot be paid at once is not made at all',
    simulated(async ({ stripe }) => {
      const error = await stripeError(stripe.paymentIntents.create({ ...ORDER, confirm: true }));
      expect(error.statusCode).toBe(400);
      expect((await stripe.paymentIntents.list()).data).toEqual([]);
    }),
  );

  test(
    'a paid intent cannot be paid again',
    simulated(async ({ stripe, paid }) => {
      const { id } = await paid();
      const error = await stripeError(stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }));
      expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
      expect((await stripe.charges.list({ payment_intent: id })).data).toHaveLength(1);
    }),
  );

  test(
    'a payment method that nobody knows is refused',
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const error = await stripeError(stripe.paymentIntents.confirm(id, { payment_method: 'pm_nobody' }));
      expect(error).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'payment_method' });
    }),
  );
});

describe('canceling', () => {
  test(
    'an unpaid intent ends, once',
    simulated(async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const canceled = await stripe.paymentIntents.cancel(id, { cancellation_reason: 'abandoned' });
      expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
      expect(canceled.canceled_at).toEqual(expect.any(Number));
      for (const again of [
        stripe.paymentIntents.cancel(id),
        stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }),
        stripe.paymentIntents.update(id, { amount: 900 }),
      ]) {
        expect(await stripeError(again)).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
      }
    }),
  );

  test(
    'a paid intent is not canceled: the error says that it has succeeded',
    simulated(async ({ stripe, paid }) => {
      const { id } = await paid();
      const error = await stripeError(stripe.paymentIntents.cancel(id));
      expect(error.payment_intent?.status).toBe('succeeded');
    }),
  );
});
