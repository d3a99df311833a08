// Payment intents: the calls that a shop makes on them, and from which status each of them is allowed.
// https://docs.stripe.com/payments/paymentintents/lifecycle
import type { Stripe } from 'stripe';
import { invalid, missing, missingReference, Refusal } from './errors.ts';
import { newId } from './ids.ts';
import { automaticMethods, changedFields } from './intent-fields.ts';
import type { CancelIntent, CaptureIntent, ConfirmIntent, CreateIntent, UpdateIntent } from './intent-parameters.ts';
import { testMethod } from './methods.ts';
import { checkAmount, checkedCurrency } from './money.ts';
import { newIntent } from './objects.ts';
import { mergeMetadata } from './parameters.ts';
import { authenticationRefusal, charge, type PaidWith } from './payments.ts';
import type { Work } from './work.ts';

type Action = 'confirm' | 'capture' | 'cancel' | 'reprice' | 'authenticate';

/** The state machine: where each action may start. Everything else is `payment_intent_unexpected_state`. */
const MAY_START_IN: Record<Action, readonly Stripe.PaymentIntent.Status[]> = {
  confirm: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  capture: ['requires_capture'],
  cancel: ['requires_payment_method', 'requires_capture', 'requires_confirmation', 'requires_action'],
  reprice: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  authenticate: ['requires_action'],
};

type Confirming = Pick<ConfirmIntent, 'error_on_requires_action' | 'off_session' | 'return_url'> & {
  /** Only the controls say so: the payment is left `processing`. */
  waits?: boolean;
};

export function findIntent(work: Work, id: string): Stripe.PaymentIntent {
  const intent = work.store.tables.payment_intents.get(id);
  if (intent === undefined) throw missing('payment_intent', id, 'intent');
  return intent;
}

export function createIntent(work: Work, params: CreateIntent): Stripe.PaymentIntent {
  const currency = checkedCurrency(params.currency);
  checkAmount(params.amount, currency);
  if (params.customer !== undefined) throw missingReference('customer', params.customer, 'customer');
  if (params.confirm !== true && (params.off_session !== undefined || params.error_on_requires_action !== undefined)) {
    throw invalid('This parameter can only be passed when `confirm=true`.', undefined, 'confirm');
  }
  const automatic = automaticMethods(params);
  const intent = newIntent(
    {
      amount: params.amount,
      currency,
      metadata: {},
      ...changedFields(work, params, {}),
      ...(automatic === undefined ? {} : { automatic_payment_methods: automatic }),
      ...(params.confirmation_method === undefined ? {} : { confirmation_method: params.confirmation_method }),
    },
    work.now,
  );
  // Before anything is stored: an intent that is made to be paid at once and cannot be is not made at all.
  if (params.confirm === true) paidWith(work, intent);
  put(work, intent);
  work.emit('payment_intent.created', intent);
  return params.confirm === true ? pay(work, intent, params) : intent;
}

export function updateIntent(work: Work, id: string, params: UpdateIntent): Stripe.PaymentIntent {
  const intent = findIntent(work, id);
  const repriced = ['amount', 'currency', 'payment_method', 'allowed_payment_method_types', 'capture_method'] as const;
  const name = repriced.find((field) => params[field] !== undefined);
  if (name !== undefined) {
    mustBeIn(
      'reprice',
      intent,
      `This PaymentIntent's ${name} could not be updated because it has a status of ${intent.status}.`,
    );
  }
  const currency = params.currency === undefined ? intent.currency : checkedCurrency(params.currency);
  const amount = params.amount ?? intent.amount;
  checkAmount(amount, currency);

  const fields = changedFields(work, params, intent.metadata);
  const paymentMethod = fields.payment_method ?? intent.payment_method;
  const restarted: Partial<Stripe.PaymentIntent> =
    name === undefined
      ? {}
      : { next_action: null, status: paymentMethod === null ? 'requires_payment_method' : 'requires_confirmation' };
  return put(work, { ...intent, ...fields, amount, currency, ...restarted });
}

export function confirmIntent(work: Work, id: string, params: ConfirmIntent & Confirming): Stripe.PaymentIntent {
  const intent = findIntent(work, id);
  mustBeIn(
    'confirm',
    intent,
    intent.status === 'succeeded'
      ? 'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.'
      : `You cannot confirm this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be confirmed: ${MAY_START_IN.confirm.join(', ')}.`,
  );
  const changed = { ...intent, ...changedFields(work, params, intent.metadata), next_action: null };
  return pay(work, changed, params);
}

/** Ends an unpaid intent; what was authorised is let go. */
export function cancelIntent(work: Work, id: string, params: CancelIntent): Stripe.PaymentIntent {
  const intent = findIntent(work, id);
  mustBeIn(
    'cancel',
    intent,
    `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: ${MAY_START_IN.cancel.join(', ')}.`,
  );
  if (intent.status === 'requires_capture') release(work, latestCharge(work, intent));
  return end(work, intent, params.cancellation_reason ?? null);
}

/** Lets an authorisation go that nobody captured in time. Does nothing to an intent that waits for no capture. */
export function expireIntent(work: Work, id: string): void {
  const intent = work.store.tables.payment_intents.get(id);
  if (intent?.status !== 'requires_capture') return;
  work.emit('charge.expired', release(work, latestCharge(work, intent)));
  end(work, intent, 'automatic');
}

function release(work: Work, authorised: Stripe.Charge): Stripe.Charge {
  const released = { ...authorised, amount_refunded: authorised.amount, refunded: true };
  work.store.put('charges', released);
  work.emit('charge.refunded', released, { amount_refunded: authorised.amount_refunded, refunded: false });
  return released;
}

function end(
  work: Work,
  intent: Stripe.PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): Stripe.PaymentIntent {
  const canceled = put(work, {
    ...intent,
    amount_capturable: 0,
    canceled_at: work.now,
    cancellation_reason: reason,
    next_action: null,
    status: 'canceled',
  });
  work.emit('payment_intent.canceled', canceled);
  return canceled;
}

/** Takes what was authorised, or a part of it; the rest is let go (Stripe counts it as refunded on the charge). */
export function captureIntent(work: Work, id: string, params: CaptureIntent): Stripe.PaymentIntent {
  const intent = findIntent(work, id);
  mustBeIn(
    'capture',
    intent,
    intent.status === 'succeeded'
      ? 'This PaymentIntent could not be captured because it has already been captured.'
      : `This PaymentIntent could not be captured because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.`,
  );
  const amount = params.amount_to_capture ?? intent.amount_capturable;
  if (amount > intent.amount_capturable) {
    throw invalid(
      `The amount_to_capture must be less than or equal to ${intent.amount_capturable}, the amount that can be captured.`,
      'amount_too_large',
      'amount_to_capture',
    );
  }
  const authorised = latestCharge(work, intent);
  const captured = {
    ...authorised,
    amount_captured: amount,
    amount_refunded: authorised.amount - amount,
    balance_transaction: newId('txn'),
    captured: true,
  };
  work.store.put('charges', captured);
  work.emit('charge.captured', captured, { amount_captured: 0, balance_transaction: null, captured: false });
  const succeeded = put(work, {
    ...intent,
    amount_capturable: 0,
    amount_received: amount,
    metadata: mergeMetadata(intent.metadata, params.metadata),
    status: 'succeeded',
  });
  work.emit('payment_intent.succeeded', succeeded);
  return succeeded;
}

/** The bank's own page has spoken: the payment goes on, or the shopper has to choose another way to pay. */
export function authenticateIntent(work: Work, id: string, succeed: boolean): Stripe.PaymentIntent {
  const intent = findIntent(work, id);
  mustBeIn(
    'authenticate',
    intent,
    `This PaymentIntent has a status of ${intent.status} and does not wait for authentication.`,
  );
  const pending = { ...intent, next_action: null };
  if (succeed) return charge(work, pending, paidWith(work, pending), { authenticated: true });
  return authenticationRefusal(work, pending, paidWith(work, pending));
}

function pay(work: Work, intent: Stripe.PaymentIntent, how: Confirming): Stripe.PaymentIntent {
  const alone = how.off_session === true || how.error_on_requires_action === true;
  return charge(work, intent, paidWith(work, intent), {
    authenticated: false,
    alone,
    waits: how.waits === true,
    ...(how.return_url === undefined ? {} : { returnUrl: how.return_url }),
  });
}

function mustBeIn(action: Action, intent: Stripe.PaymentIntent, message: string): void {
  if (!MAY_START_IN[action].includes(intent.status)) throw unexpectedState(intent, message);
}

function unexpectedState(intent: Stripe.PaymentIntent, message: string): Refusal {
  return new Refusal(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message,
    payment_intent: intent,
  });
}

function put(work: Work, intent: Stripe.PaymentIntent): Stripe.PaymentIntent {
  work.store.put('payment_intents', intent);
  return intent;
}

function latestCharge(work: Work, intent: Stripe.PaymentIntent): Stripe.Charge {
  const found =
    typeof intent.latest_charge === 'string' ? work.store.tables.charges.get(intent.latest_charge) : undefined;
  if (found === undefined) throw new Error(`intent ${intent.id} is ${intent.status} without a charge`);
  return found;
}

function paidWith(work: Work, intent: Stripe.PaymentIntent): PaidWith {
  if (intent.payment_method === null) {
    throw unexpectedState(
      intent,
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
    );
  }
  const row =
    typeof intent.payment_method === 'string'
      ? work.store.tables.payment_methods.get(intent.payment_method)
      : undefined;
  const method = row === undefined ? undefined : testMethod(row.method);
  if (row === undefined || method === undefined)
    throw new Error(`intent ${intent.id} has no payment method that exists`);
  if (!intent.payment_method_types.includes(method.type)) {
    throw invalid(
      `The PaymentMethod provided (${method.type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: ${intent.payment_method_types.join(', ')}.`,
      undefined,
      'payment_method',
    );
  }
  return { row, method };
}
