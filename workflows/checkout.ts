// The story of one order: from the submit of its cart to its payment, or to its end without one.
// A crash at any line is mended by the replay of this function. A step may run twice, and then does nothing the second time.
import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  sleep,
  uuid4,
} from '@temporalio/workflow';
import type { IntentState } from '../activities/payment.ts';
import type { OrderStatus, Refusal } from '../src/orders/rules.ts';
import { CheckoutState } from './checkout-state.ts';
import { Compensations } from './compensation.ts';
import type { CheckoutInput } from './messages.ts';
import { sql, stripeNow, stripePatient } from './steps.ts';

/** Why what was done is undone: the submit was refused, or the order that was placed has ended. */
type Ending = { refusal: Refusal } | OrderEnd;
type OrderEnd = { to: 'EXPIRED' | 'CANCELLED'; reason: string };

const PAYMENT_WINDOW_ENDED: OrderEnd = { to: 'EXPIRED', reason: 'payment_window_ended' };
const CONFIRMATION_WINDOW_ENDED: OrderEnd = { to: 'EXPIRED', reason: 'confirmation_window_ended' };
const PAYMENT_REFUSED: OrderEnd = { to: 'CANCELLED', reason: 'payment_refused' };
const STOPPED_BY_OPERATOR: OrderEnd = { to: 'CANCELLED', reason: 'stopped_by_operator' };
const FAILED: OrderEnd = { to: 'CANCELLED', reason: 'internal_error' };

/** Where the checkout leaves the order; REFUSED when there is none. */
export type CheckoutResult = Extract<OrderStatus, 'PAID' | 'EXPIRED' | 'CANCELLED'> | 'REFUSED';

export async function checkout(input: CheckoutInput): Promise<CheckoutResult> {
  const state = new CheckoutState(input);
  const undo = new Compensations<Ending>();
  try {
    const refusal = await placeOrder(state, undo);
    return refusal === undefined ? await settleOrder(state, undo) : await refuse(state, undo, refusal);
  } catch (error) {
    const stopped = isCancellation(error);
    const result = await CancellationScope.nonCancellable(() =>
      end(state, undo, stopped ? STOPPED_BY_OPERATOR : FAILED),
    );
    if (stopped) return result;
    throw error;
  } finally {
    state.answerSubmit({ outcome: 'failed' });
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

/** Prices and freezes the cart, holds its stock and writes the order. A refusal means that there is no order. */
async function placeOrder(state: CheckoutState, undo: Compensations<Ending>): Promise<Refusal | undefined> {
  const { orderId, cartId } = state.input;

  const nextOrderId = uuid4();
  undo.before((ending) =>
    sql.reopenOrderCart({ orderId, cartId, nextOrderId, ...('refusal' in ending && { refusal: ending.refusal }) }),
  );
  const cart = await sql.freezeCart({ orderId });
  if ('refusal' in cart) return cart.refusal;
  state.cart = cart.frozen;

  undo.before(() => sql.releaseOrderStock(orderId));
  const expiresAt = state.holdsExpireAt.toISOString();
  const items = await sql.holdOrderStock({ orderId, lines: cart.frozen.lines, expiresAt });
  if (items.length > 0) return { code: 'out_of_stock', items };

  undo.before(async (ending) => {
    if ('to' in ending) await sql.endOrder({ orderId, ...ending, endedAt: new Date().toISOString() });
  });
  const order = await sql.writeOrder({
    orderId,
    placedAt: state.startedAt.toISOString(),
    expiresAt: state.expiresAt.toISOString(),
  });
  state.number = order.number;
  return undefined;
}

async function refuse(state: CheckoutState, undo: Compensations<Ending>, refusal: Refusal): Promise<CheckoutResult> {
  await undo.run({ refusal });
  state.show('REFUSED', `Refused: ${refusal.code}.`);
  state.answerSubmit({ outcome: 'refused', refusal });
  return 'REFUSED';
}

/** Waits for the money (card) or for a person (cash on delivery), until the window ends. */
async function settleOrder(state: CheckoutState, undo: Compensations<Ending>): Promise<CheckoutResult> {
  return state.input.paymentMethod === 'card' ? awaitPayment(state, undo) : awaitConfirmation(state, undo);
}

async function awaitConfirmation(state: CheckoutState, undo: Compensations<Ending>): Promise<CheckoutResult> {
  state.show('AWAITING_CONFIRMATION', `Waits for a person to confirm it, until ${state.expiresAt.toISOString()}.`);
  state.answerSubmit({ outcome: 'placed' });
  await sleep(state.expiresAt.getTime() - Date.now());
  return end(state, undo, CONFIRMATION_WINDOW_ENDED);
}

async function awaitPayment(state: CheckoutState, undo: Compensations<Ending>): Promise<CheckoutResult> {
  const created = await createIntent(state);
  if ('to' in created) return end(state, undo, created);
  state.intentId = created.intentId;

  while (await state.nextNews()) {
    const intent = await readIntent(created.intentId);
    if (pays(intent, state)) return complete(state, intent);
    if (intent.status === 'requires_payment_method') await sql.notePaymentFailed({ orderId: state.input.orderId });
  }
  return end(state, undo, PAYMENT_WINDOW_ENDED);
}

/** The order's intent, at once where Stripe answers; else the submit is answered without it and the patient path goes on. */
async function createIntent(state: CheckoutState): Promise<{ intentId: string } | OrderEnd> {
  const { input, cart, number, expiresAt } = state;
  if (cart === undefined || number === undefined) throw ApplicationFailure.nonRetryable('there is no order yet');
  const request = { orderId: input.orderId, number, attempt: 1, amount: cart.total, currency: cart.currency };
  const waits = `Waits for the payment, until ${expiresAt.toISOString()}.`;
  try {
    const intent = await stripeNow.createIntent(request);
    state.show('PENDING', waits);
    state.answerSubmit({ outcome: 'placed' });
    return intent;
  } catch (error) {
    state.show('PENDING', isRefused(error) ? 'Stripe refuses the payment.' : `Waits for Stripe to answer. ${waits}`);
    state.answerSubmit({ outcome: 'placed' });
    if (isRefused(error)) return PAYMENT_REFUSED;
  }
  return createIntentPatiently(request, expiresAt);
}

/** Goes on under the same key until the window ends. An intent that comes later was never shown to anyone. */
async function createIntentPatiently(
  request: Parameters<typeof stripePatient.createIntent>[0],
  expiresAt: Date,
): Promise<{ intentId: string } | OrderEnd> {
  const scope = new CancellationScope();
  const created = scope
    .run(() => stripePatient.createIntent(request))
    .catch((error: unknown) => {
      if (isRefused(error)) return PAYMENT_REFUSED;
      throw error;
    });
  const windowEnd = sleep(expiresAt.getTime() - Date.now()).then(() => PAYMENT_WINDOW_ENDED);
  const first = await Promise.race([created, windowEnd]);
  if (first === PAYMENT_WINDOW_ENDED) scope.cancel();
  return first;
}

/** What Stripe says now: at once where it answers, else with patience. */
async function readIntent(intentId: string): Promise<IntentState> {
  try {
    return await stripeNow.readIntent(intentId);
  } catch {
    return stripePatient.readIntent(intentId);
  }
}

/** Only the whole sum in the right currency pays for an order (P4). */
function pays(intent: IntentState, { cart }: CheckoutState): boolean {
  return intent.status === 'succeeded' && intent.amountReceived === cart?.total && intent.currency === cart.currency;
}

async function complete(state: CheckoutState, intent: IntentState): Promise<CheckoutResult> {
  const { orderId } = state.input;
  await sql.completeOrder({ orderId, captured: intent.amountReceived, paidAt: new Date().toISOString() });
  state.show('PAID', 'Paid. Nothing more to do here.');
  return 'PAID';
}

/** Ends the order without its money: the intent first, for when the money has come after all, the order is paid. */
async function end(state: CheckoutState, undo: Compensations<Ending>, ending: OrderEnd): Promise<CheckoutResult> {
  if (state.intentId !== undefined) {
    const intent = await stripePatient.cancelIntent(state.intentId);
    if (pays(intent, state)) return complete(state, intent);
  }
  await undo.run(ending);
  state.show(ending.to, `Ended: ${ending.reason}.`);
  return ending.to;
}

function isRefused(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'StripeRefused'
  );
}
