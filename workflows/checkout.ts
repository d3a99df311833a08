// The story of one order: from the submit of its cart to its payment, or to its end without one.
// A crash at any line is mended by the replay of this function. A step may run twice, and then does nothing the second time.
import { allHandlersFinished, CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { AtOnce } from '../activities/order-path.ts';
import type { Attempt } from '../activities/payment.ts';
import type { OrderStatus, Refusal } from '../src/orders/rules.ts';
import { pays } from '../src/payments/rules.ts';
import { type CheckoutResult, complete, type Ending, end, leave, refuse, type Undo } from './checkout-end.ts';
import { dismiss, type MoveAsked } from './checkout-inbox.ts';
import { CheckoutState, type PlacedOrder } from './checkout-state.ts';
import { Compensations } from './compensation.ts';
import { newId } from './ids.ts';
import { awaitIntent, Payment, sendBack, sendBackUnread } from './intent.ts';
import type { CheckoutInput } from './messages.ts';
import { orderPath, sql, sqlOnRecord } from './steps.ts';

const PAYMENT_WINDOW_ENDED: Ending = { order: { to: 'EXPIRED', reason: 'payment_window_ended' } };
const CONFIRMATION_WINDOW_ENDED: Ending = { order: { to: 'EXPIRED', reason: 'confirmation_window_ended' } };
const PAYMENT_REFUSED: Ending = {
  order: { to: 'CANCELLED', reason: 'payment_refused' },
  refusal: { code: 'payment_refused' },
};
const PAYMENT_MISMATCH: Ending = { order: { to: 'CANCELLED', reason: 'payment_mismatch' } };
const STOPPED_BY_OPERATOR: Ending = { order: { to: 'CANCELLED', reason: 'stopped_by_operator' } };
const FAILED: Ending = { order: { to: 'CANCELLED', reason: 'internal_error' } };

export async function checkout(input: CheckoutInput): Promise<CheckoutResult> {
  const state = new CheckoutState(input);
  const undo = new Compensations<Ending, OrderStatus>();
  let result: CheckoutResult = 'REFUSED';
  try {
    const placed = await placeOrder(state, undo);
    if ('refusal' in placed) result = refuse(state, placed.refusal);
    else if ('ended' in placed) result = leave(state, placed.ended);
    else result = await settleOrder(state, undo, placed.order, placed.intent);
    return result;
  } catch (error) {
    const stopped = isCancellation(error);
    const ending = stopped ? STOPPED_BY_OPERATOR : FAILED;
    result = await CancellationScope.nonCancellable(() => end(state, undo, ending));
    if (stopped) return result;
    throw error;
  } finally {
    state.answerSubmit({ outcome: 'failed' });
    state.inbox.close(result === 'REFUSED' ? 'CANCELLED' : result);
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    await sendBackUnread(state);
  }
}

/**
 * Freezes the cart's prices, holds its stock and its coupon, writes the order, and creates the intent that it waits for; or says
 * why there is none, or that it has ended: a task that was lost had unwound it, or a run before this one.
 */
async function placeOrder(
  state: CheckoutState,
  undo: Undo,
): Promise<{ order: PlacedOrder; intent?: AtOnce<Attempt> } | { refusal: Refusal } | { ended: OrderStatus }> {
  const { orderId, cartId } = state.input;
  const nextOrderId = newId();
  undo.before(async ({ order, refusal }) => {
    const endedAt = new Date().toISOString();
    const told = refusal && { refusal };
    const { endOrder } = order.by === undefined ? sql : sqlOnRecord;
    const standing = await endOrder({ orderId, cartId, nextOrderId, ...order, ...told, endedAt });
    return standing === null || standing === order.to ? undefined : { keep: standing };
  });
  const placing = state.placing(nextOrderId);
  // An operator's cancel must not leave an intent behind that nobody knows of.
  const { intent, ...answer } = await CancellationScope.nonCancellable(() => orderPath.placeWithIntent(placing));
  if (!('placed' in answer)) return answer;
  return { order: state.place(answer.placed), ...(intent && { intent }) };
}

/** Waits for the money (card) or for a person (cash on delivery), until the window ends. Nothing to pay, nothing to wait for. */
function settleOrder(
  state: CheckoutState,
  undo: Undo,
  order: PlacedOrder,
  intent?: AtOnce<Attempt>,
): Promise<CheckoutResult> {
  if (intent !== undefined) return awaitPayment(state, undo, order, intent);
  return order.total === 0
    ? complete(state, undo, { to: 'PAID', by: 'system' })
    : awaitConfirmation(state, undo, order);
}

async function awaitConfirmation(state: CheckoutState, undo: Undo, order: PlacedOrder): Promise<CheckoutResult> {
  state.show('AWAITING_CONFIRMATION', `Waits for a person to confirm it, until ${order.expiresAt.toISOString()}.`);
  state.answerSubmit({ outcome: 'placed' });
  for (let news = await state.nextNews(); news !== undefined; news = await state.nextNews()) {
    if (news.kind === 'confirm') {
      const { by, requestKey } = news.request;
      return complete(state, undo, { to: 'CONFIRMED', by, requestKey });
    }
    if (news.kind === 'cancel' || news.kind === 'reject') return end(state, undo, cancelled(news));
    if (news.kind !== 'payment') dismiss(news, 'AWAITING_CONFIRMATION');
    else if (news.succeeded) await sendBack(state.input.orderId, news.intentId);
  }
  return end(state, undo, CONFIRMATION_WINDOW_ENDED);
}

async function awaitPayment(
  state: CheckoutState,
  undo: Undo,
  order: PlacedOrder,
  atOnce: AtOnce<Attempt>,
): Promise<CheckoutResult> {
  const created = await awaitIntent(state, order, atOnce);
  if (created === 'refused') return end(state, undo, PAYMENT_REFUSED);
  if (created === 'given_up') return giveUp(state, undo);

  // It has not heard what was told to the run before it.
  if (order.isResumed) state.inbox.lookAtPayment(created.intentId);
  const payment = new Payment(state, order, created);
  for (let news = await state.nextNews(); news !== undefined; news = await state.nextNews()) {
    if (news.kind === 'payment') {
      const { intent, outcome } = await payment.look(news);
      if (intent && pays(intent, order)) return complete(state, undo, { to: 'PAID', by: 'stripe', intent, outcome });
      if (intent?.status === 'succeeded') return end(state, undo, PAYMENT_MISMATCH);
    } else if (news.kind === 'intent') {
      news.answer(await payment.renew());
    } else if (news.kind === 'cancel' && (await payment.canBeStopped())) {
      return end(state, undo, cancelled(news));
    } else {
      // Card orders are not confirmed by people, nor cancelled while their money is on its way.
      dismiss(news, 'PENDING');
    }
  }
  return end(state, undo, PAYMENT_WINDOW_ENDED);
}

/** Stripe has not answered until the window ended, or somebody cancelled the order. */
async function giveUp(state: CheckoutState, undo: Undo): Promise<CheckoutResult> {
  for (let news = await state.nextNews(); news !== undefined; news = await state.nextNews()) {
    if (news.kind === 'cancel') return end(state, undo, cancelled(news));
    if (news.kind !== 'payment') dismiss(news, 'PENDING');
  }
  return end(state, undo, PAYMENT_WINDOW_ENDED);
}

function cancelled({ request }: MoveAsked): Ending {
  return { order: { to: 'CANCELLED', ...request } };
}
