// The order's PaymentIntent: at once where Stripe answers, with patience where it does not.
import { ActivityFailure, ApplicationFailure, CancellationScope, sleep } from '@temporalio/workflow';
import type { IntentRequest, IntentState } from '../activities/payment.ts';
import type { CheckoutState, PlacedOrder } from './checkout-state.ts';
import { stripeNow, stripePatient } from './steps.ts';

/**
 * Creates the intent. Where Stripe does not answer at once, the submit is answered without it, and the same call (the same
 * key) goes on with patience until the window ends.
 * @returns `refused` when Stripe says no for good: the submit is not answered then
 */
export async function createIntent(
  state: CheckoutState,
  order: PlacedOrder,
): Promise<{ intentId: string } | 'refused' | 'too_late'> {
  const { number, total, currency, expiresAt } = order;
  const request = { orderId: state.input.orderId, number, attempt: 1, amount: total, currency };
  const waits = `Waits for the payment, until ${expiresAt.toISOString()}.`;
  try {
    const intent = await stripeNow.createIntent(request);
    state.show('PENDING', waits);
    state.answerSubmit({ outcome: 'placed' });
    return intent;
  } catch (error) {
    if (isRefused(error)) return 'refused';
    state.show('PENDING', `Waits for Stripe to answer. ${waits}`);
    state.answerSubmit({ outcome: 'placed' });
    return createPatiently(request, expiresAt);
  }
}

async function createPatiently(
  request: IntentRequest,
  expiresAt: Date,
): Promise<{ intentId: string } | 'refused' | 'too_late'> {
  const scope = new CancellationScope();
  const created = scope
    .run(() => stripePatient.createIntent(request))
    .catch((error: unknown) => {
      if (isRefused(error)) return 'refused' as const;
      throw error;
    });
  const windowEnd = sleep(Math.max(expiresAt.getTime() - Date.now(), 1)).then(() => 'too_late' as const);
  const first = await Promise.race([created, windowEnd]);
  if (first !== 'too_late') return first;
  scope.cancel();
  // A try that is under way may still make the intent: only when it is over can the intent be cancelled for good.
  await created.catch(() => undefined);
  return 'too_late';
}

/** What Stripe says now. */
export async function readIntent(intentId: string): Promise<IntentState> {
  try {
    return await stripeNow.readIntent(intentId);
  } catch {
    return stripePatient.readIntent(intentId);
  }
}

/** Cancels the order's intent, if it has one. Null also when Stripe refuses to. */
export async function cancelIntent(orderId: string): Promise<IntentState | null> {
  try {
    return await stripePatient.cancelOrderIntent(orderId);
  } catch (error) {
    if (isRefused(error)) return null;
    throw error;
  }
}

/** A local activity's failure comes as it is, a regular one's wrapped. */
function isRefused(error: unknown): boolean {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof ApplicationFailure && failure.type === 'StripeRefused';
}
