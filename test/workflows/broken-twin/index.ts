// A checkout that reads a payment before it places the order: a release like this would break every order under way.
// The replay test must refuse it, or it could refuse nothing.
import { CheckoutState } from '../../../workflows/checkout-state.ts';
import type { CheckoutInput } from '../../../workflows/messages.ts';
import { orderPath, stripeNow } from '../../../workflows/steps.ts';

export async function checkout(input: CheckoutInput): Promise<string> {
  const state = new CheckoutState(input);
  await stripeNow.readIntent(input.orderId);
  await orderPath.placeWithIntent(state.placing(input.orderId));
  return 'PAID';
}
