// Payment methods as Stripe shows them, and what all of the test methods have in common.
import type { Stripe } from 'stripe';
import type { TestMethod } from './methods.ts';
import type { MethodRow } from './store.ts';

/** https://docs.stripe.com/api/payment_methods/object */
export function paymentMethod(row: MethodRow, method: TestMethod): Stripe.PaymentMethod {
  return {
    id: row.id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: NOBODY,
    created: row.created,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: method.type,
    ...(method.type === 'card' ? { card: methodCard(method) } : { us_bank_account: methodBank(method) }),
  };
}

function methodCard(method: TestMethod): Stripe.PaymentMethod.Card {
  return {
    brand: method.brand,
    checks: PASSED_CHECKS,
    country: COUNTRY,
    display_brand: method.brand,
    ...EXPIRY,
    fingerprint: `perdure${method.last4}`,
    funding: 'credit',
    generated_from: null,
    last4: method.last4,
    networks: { available: [method.brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

function methodBank(method: TestMethod): Stripe.PaymentMethod.UsBankAccount {
  return {
    account_holder_type: 'individual',
    account_type: 'checking',
    bank_name: method.brand,
    financial_connections_account: null,
    fingerprint: `perdure${method.last4}`,
    last4: method.last4,
    networks: { preferred: 'ach', supported: ['ach'] },
    routing_number: '110000000',
    status_details: null,
  };
}

const EMPTY_ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };
export const NOBODY = { address: EMPTY_ADDRESS, email: null, name: null, phone: null, tax_id: null };
export const PASSED_CHECKS = { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' };
/** All test methods come from one country and expire in one month, a few years from any time that matters. */
export const COUNTRY = 'US';
export const EXPIRY = { exp_month: 12, exp_year: 2034 };
