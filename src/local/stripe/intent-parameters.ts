// What the calls on payment intents take. https://docs.stripe.com/api/payment_intents
import { z } from 'zod';
import { boolean, expand, list, metadata, oneOf, positive, shipping, text, unsettable } from './parameters.ts';

const described = {
  ...expand,
  description: unsettable.optional(),
  metadata: metadata.optional(),
  payment_method: text.optional(),
  allowed_payment_method_types: list.optional(),
  receipt_email: unsettable.optional(),
  setup_future_usage: oneOf('off_session', 'on_session').optional(),
  shipping: shipping.optional(),
  statement_descriptor: unsettable.optional(),
  statement_descriptor_suffix: unsettable.optional(),
  transfer_group: text.optional(),
  capture_method: oneOf('automatic', 'automatic_async', 'manual').optional(),
};

const confirming = {
  error_on_requires_action: boolean.optional(),
  off_session: boolean.optional(),
  return_url: text.optional(),
  use_stripe_sdk: boolean.optional(),
};

export const createIntentParameters = z.strictObject({
  ...described,
  ...confirming,
  amount: positive,
  currency: text,
  automatic_payment_methods: z
    .strictObject({ enabled: boolean, allow_redirects: oneOf('always', 'never').optional() })
    .optional(),
  confirm: boolean.optional(),
  confirmation_method: oneOf('automatic', 'manual').optional(),
  customer: text.optional(),
});

export const updateIntentParameters = z.strictObject({
  ...described,
  amount: positive.optional(),
  currency: text.optional(),
});

export const retrieveIntentParameters = z.strictObject({ ...expand, client_secret: text.optional() });

export const confirmIntentParameters = z.strictObject({
  ...expand,
  ...confirming,
  client_secret: text.optional(),
  payment_method: text.optional(),
  receipt_email: unsettable.optional(),
  setup_future_usage: oneOf('off_session', 'on_session').optional(),
  shipping: shipping.optional(),
});

export const cancelIntentParameters = z.strictObject({
  ...expand,
  cancellation_reason: oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer').optional(),
});

export const captureIntentParameters = z.strictObject({
  ...expand,
  amount_to_capture: positive.optional(),
  metadata: metadata.optional(),
  statement_descriptor: text.optional(),
});

export type CreateIntent = z.output<typeof createIntentParameters>;
export type UpdateIntent = z.output<typeof updateIntentParameters>;
export type ConfirmIntent = z.output<typeof confirmIntentParameters>;
export type CancelIntent = z.output<typeof cancelIntentParameters>;
export type CaptureIntent = z.output<typeof captureIntentParameters>;
