// A checkout that holds the stock before it freezes the cart: a release like this would break every order under way.
// The replay test must refuse it, or it could refuse nothing.
import { CheckoutState } from '../../../workflows/checkout-state.ts';
import type { CheckoutInput } from '../../../workflows/messages.ts';
import { sql } from '../../../workflows/steps.ts';

export async function checkout(input: CheckoutInput): Promise<string> {
  const state = new CheckoutState(input);
  await sql.holdOrderStock({ orderId: input.orderId, lines: [], expiresAt: state.startedAt.toISOString() });
  await sql.freezeCart({ orderId: input.orderId });
  return 'PAID';
}
