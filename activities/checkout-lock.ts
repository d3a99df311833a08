// The lock that every step of a checkout takes. An unwound checkout refuses its steps for good.
import { ApplicationFailure } from '@temporalio/common';
import type { Transaction } from 'kysely';
import { lockCheckout, type OpenCheckout } from '../src/orders/checkout-store.ts';
import type { Schema } from '../src/platform/database-schema.ts';

/** @throws CheckoutClosed (not retried: what is unwound stays unwound) */
export async function requireOpenCheckout(tx: Transaction<Schema>, orderId: string): Promise<OpenCheckout> {
  const checkout = await lockCheckout(tx, orderId);
  if (checkout === undefined) throw ApplicationFailure.nonRetryable('the checkout has been unwound', 'CheckoutClosed');
  return checkout;
}
