// Payments that are not over at once: 3-D Secure, capture by hand, authorisations that run out, bank debits.
import { describe, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { simulated, stripeError, until } from './support.ts';

const ORDER = { amount: 4998, currency: 'usd', metadata: { orderId: 'order-1' } };

function chargeOf(intent: Stripe.PaymentIntent): Stripe.Charge {
  if (intent.latest_charge === null || typeof intent.latest_charge === 'string') throw new Error('no charge in it');
  return intent.latest_charge;
}

describe('3-D Secure', () => {
  test(
    'the bank wants to see its customer, and the payment goes on when it has',
    simulated(async ({ stripe, control }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const asked = await stripe.paymentIntents.confirm(id, {
        payment_method: 'pm_card_authenticationRequired',
        return_url: 'https://shop.test/back',
      });
      expect(asked).toMatchObject({
        status: 'requires_action',
        latest_charge: null,
        next_action: { type: 'redirect_to_url', redirect_to_url: { return_url: 'https://shop.test/back' } },
      });
      const answer = await control('POST', `/payment_intents/${id}/authenticate`, { succeed: true });
      expect(answer).toMatchObject({ status: 200, body: { status: 'succeeded', next_action: null } });
      const paid = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
      expect(chargeOf(paid).payment_method_details?.card?.three_d_secure?.result).toBe('authenticated');
    }),
  );

  test(
    'a customer whom the bank does not know needs another way to pay',
    simulated(async ({ stripe, control }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const asked = await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_authenticationRequired' });
      expect(asked.next_action?.type).toBe('use_stripe_sdk');
      await control('POST', `/payment_intents/${id}/authenticate`, { succeed: false });
      expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
        status: 'requires_payment_method',
        next_action: null,
        last_payment_error: { code: 'payment_intent_authentication_failure', type: 'invalid_request_error' },
      });
      expect((await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })).status).toBe('succeeded');
    }),
  );

  test(
    'where nobody is there to be asked it is a decline',
    simulated(async ({ paid }) => {
      const error = await stripeError(paid('pm_card_authenticationRequired', { error_on_requires_action: true }));
      expect(error).toMatchObject({ statusCode: 402, code: 'authentication_required' });
    }),
  );

  test(
    'an intent that waits for nobody cannot be authenticated',
    simulated(async ({ stripe, control }) => {
      const { id } = await stripe.paymentIntents.create(ORDER);
      const answer = await control('POST', `/payment_intents/${id}/authenticate`, { succeed: true });
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'payment_intent_unexpected_state' } } });
    }),
  );
});

describe('manual capture', () => {
  const authorised = { capture_method: 'manual' } as const;

  test(
    'a part is captured and the rest let go',
    simulated(async ({ stripe, paid }) => {
      const held = await paid('pm_card_visa', authorised);
      expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 4998, amount_received: 0 });
      const captured = await stripe.paymentIntents.capture(held.id, {
        amount_to_capture: 3000,
        expand: ['latest_charge'],
      });
      expect(captured).toMatchObject({ status: 'succeeded', amount_capturable: 0, amount_received: 3000 });
      expect(chargeOf(captured)).toMatchObject({ captured: true, amount_captured: 3000, amount_refunded: 1998 });
      const error = await stripeError(stripe.paymentIntents.capture(held.id));
      expect(error.code).toBe('payment_intent_unexpected_state');
      const tooMuch = await stripeError(stripe.refunds.create({ payment_intent: held.id, amount: 3001 }));
      expect(tooMuch.param).toBe('amount');
      expect((await stripe.refunds.create({ payment_intent: held.id })).amount).toBe(3000);
    }),
  );

  test(
    'no more than was authorised is captured',
    simulated(async ({ stripe, paid }) => {
      const { id } = await paid('pm_card_visa', authorised);
      const error = await stripeError(stripe.paymentIntents.capture(id, { amount_to_capture: 5000 }));
      expect(error).toMatchObject({ code: 'amount_too_large', param: 'amount_to_capture' });
    }),
  );

  test(
    'canceling lets the whole authorisation go',
    simulated(async ({ stripe, paid }) => {
      const { id } = await paid('pm_card_visa', authorised);
      const canceled = await stripe.paymentIntents.cancel(id, { expand: ['latest_charge'] });
      expect(canceled).toMatchObject({ status: 'canceled', amount_capturable: 0 });
      expect(chargeOf(canceled)).toMatchObject({ captured: false, refunded: true, amount_refunded: 4998 });
    }),
  );
});

describe('time', () => {
  test(
    'an authorisation that nobody captures is let go after seven days, also when the simulator was down by then',
    simulated(async (bench) => {
      const { id } = await bench.paid('pm_card_visa', { capture_method: 'manual' });
      bench.advance(7 * 86_400_000 - 60_000);
      await bench.restart();
      expect((await bench.stripe.paymentIntents.retrieve(id)).status).toBe('requires_capture');
      bench.advance(61_000);
      await bench.restart();
      await until(async () => (await bench.stripe.paymentIntents.retrieve(id)).status === 'canceled', 'it has ended');
      expect((await bench.stripe.paymentIntents.retrieve(id)).cancellation_reason).toBe('automatic');
    }),
  );
});

describe('payments that take days', () => {
  const debit: Partial<Stripe.PaymentIntentCreateParams> = { allowed_payment_method_types: ['us_bank_account'] };

  test(
    'a bank debit is processing and cannot be canceled',
    simulated(async ({ stripe, paid }) => {
      const { id, status } = await paid('pm_usBankAccount_processing', debit);
      expect(status).toBe('processing');
      expect((await stripeError(stripe.paymentIntents.cancel(id))).code).toBe('payment_intent_unexpected_state');
    }),
  );

  test.each([
    ['pm_usBankAccount_success', 'succeeded'],
    ['pm_usBankAccount_insufficientFunds', 'requires_payment_method'],
  ])('%s ends by itself as %s', (method, status) =>
    simulated(async ({ stripe, paid }) => {
      const { id } = await paid(method, debit);
      await until(async () => (await stripe.paymentIntents.retrieve(id)).status === status, 'the bank has answered');
      const types = (await stripe.events.list()).data.map((event) => event.type);
      expect(types).toContain('payment_intent.processing');
    })(),
  );

  test(
    'a settled debit is paid, a refused one needs another payment method',
    simulated(async ({ stripe, paid, control }) => {
      const good = await paid('pm_usBankAccount_processing', debit);
      const bad = await paid('pm_usBankAccount_processing', debit);
      await control('POST', `/payment_intents/${good.id}/settle`, { succeed: true });
      await control('POST', `/payment_intents/${bad.id}/settle`, { succeed: false });
      expect(await stripe.paymentIntents.retrieve(good.id)).toMatchObject({
        status: 'succeeded',
        amount_received: 4998,
      });
      expect((await stripe.paymentIntents.retrieve(bad.id)).status).toBe('requires_payment_method');
    }),
  );

  test.each([
    [true, 'succeeded', 'payment_intent.succeeded'],
    [false, 'requires_payment_method', 'payment_intent.payment_failed'],
  ])('a card that is left processing by a control is settled by another (succeed: %s)', (succeed, status, told) =>
    simulated(async ({ stripe, control, listen }) => {
      const listener = await listen([
        'payment_intent.processing',
        'payment_intent.succeeded',
        'payment_intent.payment_failed',
      ]);
      const { id } = await stripe.paymentIntents.create(ORDER);
      const paying = await control('POST', `/payment_intents/${id}/pay`, { processing: true });
      expect(paying).toMatchObject({ status: 200, body: { status: 'processing', amount_received: 0 } });
      expect((await stripeError(stripe.paymentIntents.cancel(id))).code).toBe('payment_intent_unexpected_state');
      const settled = await control('POST', `/payment_intents/${id}/settle`, { succeed });
      expect(settled).toMatchObject({ status: 200, body: { status } });
      await until(() => listener.events.length === 2, 'both events have arrived');
      expect(listener.types().toSorted()).toEqual(['payment_intent.processing', told].toSorted());
    })(),
  );

  test(
    'a card intent takes no bank account',
    simulated(async ({ paid }) => {
      expect((await stripeError(paid('pm_usBankAccount_success'))).param).toBe('payment_method');
    }),
  );
});
