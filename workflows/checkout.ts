// The story of one order: from the submit of its cart to its payment, or to its end without one.
// A crash at any line is mended by the replay of this function. A step may run twice, and then does nothing the second time.
import { allHandlersFinished, CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import type { IntentState } from '../activities/payment.ts';
import type { OrderStatus, Refusal } from '../src/orders/rules.ts';
import { CheckoutState, type PlacedOrder } from './checkout-state.ts';
import { Compensations } from './compensation.ts';
import { newId } from './ids.ts';
import { cancelIntent, createIntent, readIntent } from './intent.ts';
import type { CheckoutInput } from './messages.ts';
import { sql } from './steps.ts';

/** Why what was done is undone: the submit was refused, or the order that was placed has ended; or both. */
type Ending = { refusal?: Refusal; order?: OrderEnd };
type OrderEnd = { to: 'EXPIRED' | 'CANCELLED'; reason: string };

const PAYMENT_WINDOW_ENDED: Ending = { order: { to: 'EXPIRED', reason: 'payment_window_ended' } };
const CONFIRMATION_WINDOW_ENDED: Ending = { order: { to: 'EXPIRED', reason: 'confirmation_window_ended' } };
const PAYMENT_REFUSED: Ending = {
  order: { to: 'CANCELLED', reason: 'payment_refused' },
  refusal: { code: 'payment_refused' },
};
const STOPPED_BY_OPERATOR: Ending = { order: { to: 'CANCELLED', reason: 'stopped_by_operator' } };
const FAILED: Ending = { order: { to: 'CANCELLED', reason: 'internal_error' } };

/** Where the checkout leaves the order; REFUSED when the submit was told no. */
export type CheckoutResult = Extract<OrderStatus, 'PAID' | 'EXPIRED' | 'CANCELLED'> | 'REFUSED';

export async function checkout(input: CheckoutInput): Promise<CheckoutResult> {
  const state = new CheckoutState(input);
  const undo = new Compensations<Ending>();
  try {
    const placed = await placeOrder(state, undo);
    return 'refusal' in placed ? await unwind(state, undo, placed) : await settleOrder(state, undo, placed);
  } catch (error) {
    const stopped = isCancellation(error);
    const ending = stopped ? STOPPED_BY_OPERATOR : FAILED;
    const result = await CancellationScope.nonCancellable(() => end(state, undo, ending));
    if (stopped) return result;
    throw error;
  } finally {
    state.answerSubmit({ outcome: 'failed' });
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

/** Prices and freezes the cart, holds its stock and writes the order; or says why there is none. */
async function placeOrder(
  state: CheckoutState,
  undo: Compensations<Ending>,
): Promise<PlacedOrder | { refusal: Refusal }> {
  const { orderId, cartId } = state.input;

  const nextOrderId = newId();
  undo.before(({ refusal }) => sql.reopenOrderCart({ orderId, cartId, nextOrderId, ...(refusal && { refusal }) }));
  const cart = await sql.freezeCart({ orderId });
  if ('refusal' in cart) return cart;
  const windows = state.openWindows(cart.frozen.paymentMethod);

  undo.before(() => sql.releaseOrderStock(orderId));
  const { lines } = cart.frozen;
  const items = await sql.holdOrderStock({ orderId, lines, expiresAt: windows.holdsExpireAt.toISOString() });
  if (items.length > 0) return { refusal: { code: 'out_of_stock', items } };

  undo.before(async ({ order, refusal }) => {
    const endedAt = new Date().toISOString();
    if (order !== undefined) await sql.endOrder({ orderId, ...order, quietly: refusal !== undefined, endedAt });
  });
  const placedAt = state.startedAt.toISOString();
  const { number } = await sql.writeOrder({ orderId, placedAt, expiresAt: windows.expiresAt.toISOString() });
  return state.place({ ...cart.frozen, ...windows, number });
}

/** Waits for the money (card) or for a person (cash on delivery), until the window ends. Nothing to pay, nothing to wait for. */
function settleOrder(state: CheckoutState, undo: Compensations<Ending>, order: PlacedOrder): Promise<CheckoutResult> {
  if (order.total === 0) return complete(state, 0);
  return order.paymentMethod === 'card' ? awaitPayment(state, undo, order) : awaitConfirmation(state, undo, order);
}

async function awaitConfirmation(
  state: CheckoutState,
  undo: Compensations<Ending>,
  order: PlacedOrder,
): Promise<CheckoutResult> {
  state.show('AWAITING_CONFIRMATION', `Waits for a person to confirm it, until ${order.expiresAt.toISOString()}.`);
  state.answerSubmit({ outcome: 'placed' });
  await sleep(Math.max(order.expiresAt.getTime() - Date.now(), 1));
  return end(state, undo, CONFIRMATION_WINDOW_ENDED);
}

async function awaitPayment(
  state: CheckoutState,
  undo: Compensations<Ending>,
  order: PlacedOrder,
): Promise<CheckoutResult> {
  const created = await createIntent(state, order);
  if (created === 'refused') return end(state, undo, PAYMENT_REFUSED);
  if (created === 'too_late') return end(state, undo, PAYMENT_WINDOW_ENDED);

  while (await state.nextNews()) {
    const intent = await readIntent(created.intentId);
    if (pays(intent, order)) return complete(state, intent.amountReceived);
    if (intent.declined) await sql.notePaymentFailed({ orderId: state.input.orderId });
  }
  return end(state, undo, PAYMENT_WINDOW_ENDED);
}

/** Only the whole sum in the right currency pays for an order (P4). */
function pays(intent: IntentState, order: PlacedOrder): boolean {
  return intent.status === 'succeeded' && intent.amountReceived === order.total && intent.currency === order.currency;
}

async function complete(state: CheckoutState, captured: number): Promise<CheckoutResult> {
  await sql.completeOrder({ orderId: state.input.orderId, captured, paidAt: new Date().toISOString() });
  state.show('PAID', 'Paid. Nothing more to do here.');
  state.answerSubmit({ outcome: 'placed' });
  return 'PAID';
}

/**
 * Ends the order without its money. The intent first: when the money has come after all, the order is paid. When Stripe
 * refuses or does not answer for as long as the stock is held, the order ends all the same.
 */
async function end(state: CheckoutState, undo: Compensations<Ending>, ending: Ending): Promise<CheckoutResult> {
  const { order } = state;
  if (order?.paymentMethod !== 'card') return unwind(state, undo, ending);
  const cancelling = cancelIntent(state.input.orderId);
  const intent = await Promise.race([cancelling, sleep(Math.max(order.holdsExpireAt.getTime() - Date.now(), 1))]);
  if (intent && pays(intent, order)) return complete(state, intent.amountReceived);
  const result = await unwind(state, undo, ending);
  await cancelling;
  return result;
}

async function unwind(state: CheckoutState, undo: Compensations<Ending>, ending: Ending): Promise<CheckoutResult> {
  await undo.run(ending);
  const { refusal, order } = ending;
  const status = refusal === undefined && order !== undefined ? order.to : 'REFUSED';
  state.show(status, `Ended: ${refusal?.code ?? order?.reason}.`);
  if (refusal !== undefined) state.answerSubmit({ outcome: 'refused', refusal });
  return status;
}
