// How a checkout ends: its order is complete, or everything that was done for it is undone. Money decides which (P4): the
// intent is cancelled before an order ends, and money that came all the same is sent back.
import { CancellationScope, sleep } from '@temporalio/workflow';
import type { OrderOutcome } from '../activities/orders.ts';
import type { IntentState } from '../activities/payment.ts';
import type { Actor, OrderStatus, Refusal } from '../src/orders/rules.ts';
import { pays } from '../src/payments/rules.ts';
import type { CheckoutState } from './checkout-state.ts';
import type { Compensations } from './compensation.ts';
import { cancelIntent, sendBack } from './intent.ts';
import { sql, sqlOnRecord } from './steps.ts';

/** Why what was done is undone; `refusal` where the submit is still to be answered, and is told no. */
export type Ending = { order: OrderEnd; refusal?: Refusal };
type OrderEnd = { to: 'EXPIRED' | 'CANCELLED'; reason: string; by?: Actor; requestKey?: string | undefined };

/** What completes an order: its money, a person's word, or that nothing is due. `outcome` where that has been tried already. */
type Completion = {
  to: 'PAID' | 'CONFIRMED';
  by: Actor;
  requestKey?: string | undefined;
  intent?: IntentState;
  outcome?: OrderOutcome | undefined;
};

/** Where the checkout leaves the order; REFUSED when the submit was told no. */
export type CheckoutResult = OrderStatus | 'REFUSED';

/** What undoes an order's steps; it stops where it finds that the order stands elsewhere already. */
export type Undo = Compensations<Ending, OrderStatus>;

/** How long Stripe is listened to at least, also by a checkout that goes on after its order's time: the money may be there. */
const LISTEN_AT_LEAST_MS = 5_000;

const ENDED: ReadonlySet<OrderStatus> = new Set(['EXPIRED', 'CANCELLED']);
const STOCK_GONE: Ending = { order: { to: 'CANCELLED', reason: 'stock_gone' } };
const ENDED_BEFORE: Ending = { order: { to: 'CANCELLED', reason: 'ended_before' } };

/** Completes the order. Where its stock or coupon is gone for good (it was held too long), it ends, and its money goes back. */
export async function complete(
  state: CheckoutState,
  undo: Undo,
  { intent, outcome, ...asked }: Completion,
): Promise<CheckoutResult> {
  const { orderId } = state.input;
  const { to } = asked;
  const money = intent && { intentId: intent.intentId, captured: intent.amountReceived };
  const completion = { orderId, ...asked, at: new Date().toISOString(), ...(money && { money }) };
  // An operator's cancel must not leave it open whether the order is complete.
  const { completeOrder } = to === 'CONFIRMED' ? sqlOnRecord : sql;
  const came = outcome ?? (await CancellationScope.nonCancellable(() => completeOrder(completion)));
  if (came !== 'done') {
    const result = await unwind(state, undo, came === 'ended' ? ENDED_BEFORE : STOCK_GONE);
    if (intent !== undefined) await sendBack(orderId, intent.intentId);
    return result;
  }
  state.paidBy = intent?.intentId;
  state.show(to, to === 'PAID' ? 'Paid. Nothing more to do here.' : 'Confirmed, to be paid on delivery.');
  state.answerSubmit({ outcome: 'placed' });
  state.inbox.close(to);
  return to;
}

/**
 * Ends the order without its money. The intent first: when the money has come after all, the order is paid. When Stripe
 * refuses or does not answer for as long as the stock is held, the order ends all the same.
 */
export async function end(state: CheckoutState, undo: Undo, ending: Ending): Promise<CheckoutResult> {
  const { order, input } = state;
  if (order?.paymentMethod !== 'card') return unwind(state, undo, ending);
  const cancelling = cancelIntent(state, order);
  const left = Math.max(order.holdsExpireAt.getTime() - Date.now(), LISTEN_AT_LEAST_MS);
  const intent = await Promise.race([cancelling, sleep(left)]);
  if (intent && pays(intent, order)) return complete(state, undo, { to: 'PAID', by: 'stripe', intent });
  const result = await unwind(state, undo, ending);
  const last = await cancelling;
  if (last !== null && last.amountReceived > 0) await sendBack(input.orderId, last.intentId);
  return result;
}

/** Undoes what was done, last step first, and tells everybody who waits. */
async function unwind(state: CheckoutState, undo: Undo, ending: Ending): Promise<CheckoutResult> {
  const standing = await undo.run(ending);
  if (standing !== undefined) return leave(state, standing);
  const { refusal, order } = ending;
  if (refusal !== undefined) return refuse(state, refusal);
  state.show(order.to, `Ended: ${order.reason}.`);
  state.inbox.close(order.to);
  return order.to;
}

/** The submit is told no. */
export function refuse(state: CheckoutState, refusal: Refusal): CheckoutResult {
  state.show('REFUSED', `Ended: ${refusal.code}.`);
  state.answerSubmit({ outcome: 'refused', refusal });
  state.inbox.close('CANCELLED');
  return 'REFUSED';
}

/** Leaves the order where it stands: a run of this checkout that was cut short, or a task of this one, has brought it there. */
export function leave(state: CheckoutState, status: OrderStatus): CheckoutResult {
  const isComplete = !ENDED.has(status);
  state.show(status, isComplete ? 'Complete. Nothing more to do here.' : 'Ended before.');
  if (isComplete) state.answerSubmit({ outcome: 'placed' });
  state.inbox.close(status);
  return status;
}
