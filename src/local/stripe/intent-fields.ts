// From the parameters of a call to the fields of a payment intent.
import type { Stripe } from 'stripe';
import type { z } from 'zod';
import { missingReference } from './errors.ts';
import { newId } from './ids.ts';
import type { CreateIntent, UpdateIntent } from './intent-parameters.ts';
import { testMethod } from './methods.ts';
import { mergeMetadata, type shipping } from './parameters.ts';
import type { Work } from './work.ts';

/** The fields that a request sets, with a test payment method turned into one of the intent's own. */
export function changedFields(work: Work, params: Partial<UpdateIntent>, current: Stripe.Metadata) {
  const { description, receipt_email, statement_descriptor, statement_descriptor_suffix } = params;
  const { setup_future_usage, transfer_group, capture_method, allowed_payment_method_types, shipping: to } = params;
  return withoutUndefined({
    description,
    receipt_email,
    statement_descriptor,
    statement_descriptor_suffix,
    setup_future_usage,
    transfer_group,
    allowed_payment_method_types,
    payment_method_types: allowed_payment_method_types,
    capture_method,
    metadata: mergeMetadata(current, params.metadata),
    payment_method: params.payment_method === undefined ? undefined : attach(work, params.payment_method),
    shipping: to === undefined ? undefined : shippingOf(to),
  });
}

/** A test id becomes a payment method with an id of its own, as at Stripe; one that was made so can be used again. */
function attach(work: Work, name: string): string {
  if (work.store.tables.payment_methods.get(name) !== undefined) return name;
  if (testMethod(name) === undefined) throw missingReference('PaymentMethod', name, 'payment_method');
  const id = newId('pm');
  work.store.put('payment_methods', { id, method: name, created: work.now });
  return id;
}

function shippingOf(to: z.output<typeof shipping>): Stripe.PaymentIntent.Shipping {
  const { city, country, line1, line2, postal_code, state } = to.address;
  return {
    address: {
      city: city ?? null,
      country: country ?? null,
      line1: line1 ?? null,
      line2: line2 ?? null,
      postal_code: postal_code ?? null,
      state: state ?? null,
    },
    carrier: to.carrier ?? null,
    name: to.name,
    phone: to.phone ?? null,
    tracking_number: to.tracking_number ?? null,
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  const defined: Defined<T> = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined) Object.assign(defined, { [key]: value });
  }
  return defined;
}

/** Without a list of types, Stripe offers what the account has switched on; this one has cards. */
export function automaticMethods(params: CreateIntent): Stripe.PaymentIntent.AutomaticPaymentMethods | undefined {
  if (params.automatic_payment_methods === undefined && params.allowed_payment_method_types !== undefined)
    return undefined;
  const { enabled, allow_redirects } = params.automatic_payment_methods ?? { enabled: true };
  return { allow_redirects: allow_redirects ?? 'always', enabled };
}
