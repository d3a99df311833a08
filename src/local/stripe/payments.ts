// What happens when money is to move: the payment method's part in the test table decides, and intent, charge and
// events follow from it together.
import type { Stripe } from 'stripe';
import { openDispute } from './disputes.ts';
import { documentation, Refusal } from './errors.ts';
import { newId, randomText } from './ids.ts';
import { BANK_REFUSAL, type Decline, type TestMethod, testMethod } from './methods.ts';
import { newCharge, outcome } from './objects.ts';
import { paymentMethod } from './payment-methods.ts';
import type { MethodRow } from './store.ts';
import type { Work } from './work.ts';

export interface PaidWith {
  row: MethodRow;
  method: TestMethod;
}

interface Circumstances {
  authenticated: boolean;
  /** Nobody is there to show the bank who they are: what would need that is declined. */
  alone?: boolean;
  /** The bank takes its time, whatever the method is, until the `settle` control. */
  waits?: boolean;
  returnUrl?: string;
}

/** A card's authorisation is good for seven days. https://docs.stripe.com/payments/place-a-hold-on-a-payment-method */
const CAPTURE_WITHIN_MS = 7 * 86_400_000;

const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

/**
 * Tries to take an intent's money.
 * @returns the intent as it stands then: succeeded, requires_capture, requires_action or processing
 * @throws {Refusal} 402 when the payment is declined; the failed charge and its events are kept
 */
export function charge(
  work: Work,
  intent: Stripe.PaymentIntent,
  paid: PaidWith,
  circumstances: Circumstances,
): Stripe.PaymentIntent {
  const { authenticated, alone, waits } = circumstances;
  if (paid.method.authenticates === true && !authenticated) {
    if (alone === true) return decline(work, intent, paid, AUTHENTICATION_REQUIRED);
    return askForAuthentication(work, intent, circumstances.returnUrl);
  }
  if (paid.method.decline !== undefined) return decline(work, intent, paid, paid.method.decline);
  if (paid.method.settles !== undefined || waits === true) return startProcessing(work, intent, paid);
  return approve(work, intent, newCharge({ intent, ...paid, authenticated }, 'succeeded', work.now));
}

/** The shopper could not show the bank who they are: no charge was made, and another payment method is needed. */
export function authenticationRefusal(work: Work, intent: Stripe.PaymentIntent, paid: PaidWith): Stripe.PaymentIntent {
  const code = 'payment_intent_authentication_failure';
  return fail(work, intent, {
    code,
    doc_url: documentation(code),
    message:
      'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
    payment_method: paymentMethod(paid.row, paid.method),
    type: 'invalid_request_error',
  });
}

/** A payment that was `processing` has come to its end. Does nothing when it is no longer processing. */
export function settleIntent(
  work: Work,
  intent: Stripe.PaymentIntent,
  paid: PaidWith,
  succeed: boolean,
): Stripe.PaymentIntent {
  const pending =
    typeof intent.latest_charge === 'string' ? work.store.tables.charges.get(intent.latest_charge) : undefined;
  if (intent.status !== 'processing' || pending === undefined) return intent;
  if (succeed) {
    return approve(work, intent, {
      ...pending,
      amount_captured: pending.amount,
      balance_transaction: newId('txn'),
      captured: true,
      paid: true,
      status: 'succeeded',
    });
  }
  const failed: Stripe.Charge = {
    ...pending,
    failure_code: BANK_REFUSAL.code,
    failure_message: BANK_REFUSAL.message,
    outcome: outcome('failed', BANK_REFUSAL),
    status: 'failed',
  };
  work.store.put('charges', failed);
  work.emit('charge.failed', failed);
  return fail(work, intent, lastError(BANK_REFUSAL, failed, paid));
}

function approve(work: Work, intent: Stripe.PaymentIntent, made: Stripe.Charge): Stripe.PaymentIntent {
  const captured = made.captured;
  const paid: Stripe.PaymentIntent = {
    ...intent,
    amount_capturable: captured ? 0 : made.amount,
    amount_received: captured ? made.amount : 0,
    last_payment_error: null,
    latest_charge: made.id,
    status: captured ? 'succeeded' : 'requires_capture',
  };
  work.store.put('charges', made);
  work.store.put('payment_intents', paid);
  work.emit('charge.succeeded', made);
  work.emit(captured ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated', paid);
  if (!captured) work.later('expire_intent', intent.id, CAPTURE_WITHIN_MS);
  if (disputed(work, made)) openDispute(work, made);
  return paid;
}

function disputed(work: Work, made: Stripe.Charge): boolean {
  const row = made.payment_method === null ? undefined : work.store.tables.payment_methods.get(made.payment_method);
  return made.captured && row !== undefined && testMethod(row.method)?.disputes === true;
}

function startProcessing(work: Work, intent: Stripe.PaymentIntent, paid: PaidWith): Stripe.PaymentIntent {
  const pending = newCharge({ intent, ...paid, authenticated: false }, 'pending', work.now);
  const processing: Stripe.PaymentIntent = {
    ...intent,
    last_payment_error: null,
    latest_charge: pending.id,
    status: 'processing',
  };
  work.store.put('charges', pending);
  work.store.put('payment_intents', processing);
  work.emit('charge.pending', pending);
  work.emit('payment_intent.processing', processing);
  const { settles } = paid.method;
  if (settles === 'succeed_later' || settles === 'fail_later') work.later('settle_intent', intent.id);
  return processing;
}

function askForAuthentication(work: Work, intent: Stripe.PaymentIntent, returnUrl?: string): Stripe.PaymentIntent {
  const page = `https://hooks.stripe.com/3d_secure_2/hosted?merchant=acct_perdure&payment_intent=${intent.id}`;
  const waiting: Stripe.PaymentIntent = {
    ...intent,
    next_action:
      returnUrl === undefined
        ? {
            type: 'use_stripe_sdk',
            use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: page, source: `payatt_${randomText(24)}` },
          }
        : { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url: page } },
    status: 'requires_action',
  };
  work.store.put('payment_intents', waiting);
  work.emit('payment_intent.requires_action', waiting);
  return waiting;
}

function decline(work: Work, intent: Stripe.PaymentIntent, paid: PaidWith, why: Decline): never {
  const attempt = { intent, row: paid.row, method: { ...paid.method, decline: why }, authenticated: false };
  const failed = newCharge(attempt, 'failed', work.now);
  work.store.put('charges', failed);
  work.emit('charge.failed', failed);
  const error = lastError(why, failed, paid);
  const refused = fail(work, { ...intent, latest_charge: failed.id }, error);
  throw new Refusal(402, {
    type: 'card_error',
    code: why.code,
    decline_code: why.declineCode,
    message: why.message,
    charge: failed.id,
    payment_intent: refused,
    payment_method: paymentMethod(paid.row, paid.method),
  });
}

function fail(
  work: Work,
  intent: Stripe.PaymentIntent,
  error: Stripe.PaymentIntent.LastPaymentError,
): Stripe.PaymentIntent {
  const refused: Stripe.PaymentIntent = {
    ...intent,
    last_payment_error: error,
    next_action: null,
    payment_method: null,
    status: 'requires_payment_method',
  };
  work.store.put('payment_intents', refused);
  work.emit('payment_intent.payment_failed', refused);
  return refused;
}

function lastError(why: Decline, failed: Stripe.Charge, paid: PaidWith): Stripe.PaymentIntent.LastPaymentError {
  return {
    charge: failed.id,
    code: why.code,
    decline_code: why.declineCode,
    doc_url: documentation(why.code),
    message: why.message,
    payment_method: paymentMethod(paid.row, paid.method),
    type: 'card_error',
  };
}
