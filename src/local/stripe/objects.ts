// Stripe's objects, built whole: the types of the `stripe` package say which fields there must be, and no cast hides one.
import { Stripe } from 'stripe';
import { newId, randomText } from './ids.ts';
import type { Decline, TestMethod } from './methods.ts';
import { COUNTRY, EXPIRY, NOBODY, PASSED_CHECKS } from './payment-methods.ts';
import type { EndpointRow, MethodRow } from './store.ts';

/** What differs between new intents; everything else starts out the same. */
export type IntentFields = Pick<Stripe.PaymentIntent, 'amount' | 'currency' | 'metadata'> &
  Partial<
    Pick<
      Stripe.PaymentIntent,
      | 'allowed_payment_method_types'
      | 'automatic_payment_methods'
      | 'capture_method'
      | 'confirmation_method'
      | 'description'
      | 'payment_method'
      | 'payment_method_types'
      | 'receipt_email'
      | 'setup_future_usage'
      | 'shipping'
      | 'statement_descriptor'
      | 'statement_descriptor_suffix'
      | 'transfer_group'
    >
  >;

/** https://docs.stripe.com/api/payment_intents/object */
export function newIntent(fields: IntentFields, created: number): Stripe.PaymentIntent {
  const id = newId('pi');
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${randomText(25)}`,
    confirmation_method: 'automatic',
    created,
    customer: null,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: fields.payment_method === undefined ? 'requires_payment_method' : 'requires_confirmation',
    transfer_data: null,
    transfer_group: null,
    ...fields,
  };
}

export interface Attempt {
  intent: Stripe.PaymentIntent;
  row: MethodRow;
  method: TestMethod;
  /** The cardholder has shown the bank who they are (3-D Secure). */
  authenticated: boolean;
}

/** A charge of the whole amount of an intent. https://docs.stripe.com/api/charges/object */
export function newCharge(attempt: Attempt, status: Stripe.Charge.Status, created: number): Stripe.Charge {
  const { intent, row, method } = attempt;
  const id = newId('ch');
  const captured = status === 'succeeded' && intent.capture_method !== 'manual';
  const decline = status === 'failed' ? method.decline : undefined;
  return {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: captured ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: captured ? newId('txn') : null,
    billing_details: NOBODY,
    calculated_statement_descriptor: intent.statement_descriptor ?? 'PERDURE',
    captured,
    created,
    currency: intent.currency,
    customer: null,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: outcome(status, decline),
    paid: status === 'succeeded',
    payment_intent: intent.id,
    payment_method: row.id,
    payment_method_details: chargedMethod(attempt),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: status === 'succeeded' ? `https://pay.stripe.com/receipts/payment/${id}` : null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status,
    transfer_data: null,
    transfer_group: intent.transfer_group,
  };
}

/** What the network said of a charge. */
export function outcome(status: Stripe.Charge.Status, decline: Decline | undefined): Stripe.Charge.Outcome {
  const failed = status === 'failed';
  return {
    advice_code: failed ? 'try_again_later' : null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: failed ? 'declined_by_network' : 'approved_by_network',
    reason: failed ? (decline?.declineCode ?? 'generic_decline') : null,
    risk_level: 'normal',
    risk_score: 12,
    seller_message: failed ? 'The bank did not return any further details with this decline.' : 'Payment complete.',
    type: failed ? 'issuer_declined' : 'authorized',
  };
}

function chargedMethod({ intent, method, authenticated }: Attempt): Stripe.Charge.PaymentMethodDetails {
  if (method.type === 'us_bank_account') {
    const account: Stripe.Charge.PaymentMethodDetails.UsBankAccount = {
      account_holder_type: 'individual',
      account_type: 'checking',
      bank_name: method.brand,
      fingerprint: `perdure${method.last4}`,
      last4: method.last4,
      payment_reference: null,
      routing_number: '110000000',
    };
    return { type: 'us_bank_account', us_bank_account: account };
  }
  const card: Stripe.Charge.PaymentMethodDetails.Card = {
    amount_authorized: intent.amount,
    authorization_code: null,
    brand: method.brand,
    checks: PASSED_CHECKS,
    country: COUNTRY,
    electronic_commerce_indicator: null,
    ...EXPIRY,
    fingerprint: `perdure${method.last4}`,
    funding: 'credit',
    installments: null,
    last4: method.last4,
    mandate: null,
    network: method.brand,
    network_transaction_id: null,
    regulated_status: 'unregulated',
    three_d_secure: authenticated
      ? {
          authentication_flow: 'challenge',
          electronic_commerce_indicator: '05',
          exemption_indicator: null,
          result: 'authenticated',
          result_reason: null,
          transaction_id: null,
          version: '2.2.0',
        }
      : null,
    transaction_link_id: null,
    wallet: null,
  };
  return { type: 'card', card };
}

export type RefundFields = Pick<Stripe.Refund, 'amount' | 'reason' | 'status'> & { metadata: Stripe.Metadata };

/** https://docs.stripe.com/api/refunds/object */
export function newRefund(charge: Stripe.Charge, fields: RefundFields, created: number): Stripe.Refund {
  return {
    id: newId('re'),
    object: 'refund',
    balance_transaction: fields.status === 'succeeded' ? newId('txn') : null,
    charge: charge.id,
    created,
    currency: charge.currency,
    customer: null,
    customer_account: null,
    destination_details:
      charge.payment_method_details?.type === 'card'
        ? {
            type: 'card',
            card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
          }
        : { type: 'us_bank_transfer' },
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    receipt_number: null,
    source_transfer_reversal: null,
    transfer_reversal: null,
    ...(fields.status === 'pending' ? { pending_reason: 'processing' } : {}),
    ...fields,
  };
}

/** https://docs.stripe.com/api/webhook_endpoints/object */
export function newEndpoint(
  fields: Pick<Stripe.WebhookEndpoint, 'url' | 'enabled_events' | 'description' | 'metadata'>,
  created: number,
): EndpointRow {
  return {
    id: newId('we'),
    object: 'webhook_endpoint',
    api_version: Stripe.API_VERSION,
    application: null,
    created,
    livemode: false,
    secret: `whsec_${randomText(32)}`,
    status: 'enabled',
    ...fields,
  };
}
