// The order's PaymentIntent: at once where Stripe answers, with patience where it does not. One intent is live at a time; what
// an event says is never believed, the intent is read again.
import { ActivityFailure, ApplicationFailure, CancellationScope, sleep } from '@temporalio/workflow';
import type { AtOnce, PaymentTaken } from '../activities/order-path.ts';
import type { OrderOutcome } from '../activities/orders.ts';
import type { Attempt, IntentRequest, IntentState } from '../activities/payment.ts';
import type { IntentAnswer } from '../src/orders/rules.ts';
import type { PaymentEvent } from './checkout-inbox.ts';
import type { CheckoutState, PlacedOrder } from './checkout-state.ts';
import { startUnlessRunning } from './children.ts';
import { type LatePaymentInput, WORKFLOW_IDS } from './messages.ts';
import { orderPath, sql, stripeNow, stripePatient } from './steps.ts';

/** How often an intent that is processing is looked at, without news of it, when it should be cancelled. */
const PROCESSING_LOOK_MS = 10_000;

/**
 * Answers the submit once Stripe has been asked for the intent. Where it has not answered at once, the same call (the same key)
 * goes on with patience until the window ends or somebody cancels the order: nobody can have paid it yet.
 * @returns `refused` when Stripe says no for good: the submit is not answered then; `given_up` when there was no answer
 */
export async function awaitIntent(
  state: CheckoutState,
  order: PlacedOrder,
  atOnce: AtOnce<Attempt>,
): Promise<Attempt | 'refused' | 'given_up'> {
  if (atOnce === 'refused') return atOnce;
  const waits = `Waits for the payment, until ${order.expiresAt.toISOString()}.`;
  state.show('PENDING', atOnce === 'unanswered' ? `Waits for Stripe to answer. ${waits}` : waits);
  state.answerSubmit({ outcome: 'placed' });
  if (atOnce !== 'unanswered') return atOnce;
  const request = requestFor(state, order, 1);
  const givenUp = Promise.race([sleepUntil(order.expiresAt), state.inbox.cancelAsked()]);
  return (await patiently(givenUp, () => stripePatient.createIntent(request))) ?? 'given_up';
}

function sleepUntil(time: Date): Promise<void> {
  return sleep(Math.max(time.getTime() - Date.now(), 1));
}

function requestFor(
  { input }: CheckoutState,
  { number, total, currency }: PlacedOrder,
  attempt: number,
): IntentRequest {
  return { orderId: input.orderId, number, attempt, amount: total, currency };
}

/** The order's live intent as it is now, and what became of the order where it was completed at once. */
interface Look {
  intent?: IntentState;
  outcome?: OrderOutcome | undefined;
}

/** The order's payment while the order waits for it: one live intent, and a new attempt where that one was cancelled. */
export class Payment {
  private readonly state: CheckoutState;
  private readonly order: PlacedOrder;
  private live: Attempt;

  constructor(state: CheckoutState, order: PlacedOrder, live: Attempt) {
    this.state = state;
    this.order = order;
    this.live = live;
  }

  /**
   * Reads the intent that the news are about, and keeps a payment that failed in mind. Which of the order's attempts is the
   * live one, the database says; money of any other intent goes back.
   * @returns nothing when the news are of another intent, or Stripe does not know it
   */
  async look({ intentId }: PaymentEvent): Promise<Look> {
    const { orderId } = this.state.input;
    const taken = await this.take(intentId);
    const intent = taken.intent === 'unanswered' ? await this.readPatiently(intentId) : taken.intent;
    if (intent === 'refused' || intent === undefined) return {};
    if (intent.attempt === null || intent.attempt < this.live.attempt) {
      if (intent.amountReceived > 0) await sendBack(orderId, intent.intentId);
      return {};
    }
    this.live = { intentId: intent.intentId, attempt: intent.attempt };
    if (intent.declined || intent.status === 'canceled') await sql.notePaymentFailed({ orderId });
    return { intent, outcome: taken.outcome };
  }

  /** An operator's cancel must not leave it open whether the order is complete. */
  private take(intentId: string): Promise<PaymentTaken> {
    const { orderId } = this.state.input;
    const { total, currency } = this.order;
    const taking = { orderId, intentId, live: this.live, due: { total, currency }, at: new Date().toISOString() };
    return CancellationScope.nonCancellable(() => orderPath.takePayment(taking));
  }

  private readPatiently(intentId: string): Promise<IntentState | 'refused' | undefined> {
    return patiently(sleepUntil(this.order.expiresAt), () => stripePatient.readIntent(intentId));
  }

  /** Sees to it that there is an intent that can be paid, if Stripe answers now. */
  async renew(): Promise<IntentAnswer> {
    try {
      const { status } = await stripeNow.readIntent(this.live.intentId);
      if (status !== 'canceled') return { outcome: 'live' };
      const next = requestFor(this.state, this.order, this.live.attempt + 1);
      this.live = await stripeNow.createIntent(next);
      return { outcome: 'live' };
    } catch {
      return { outcome: 'unavailable' };
    }
  }

  /** Whether the order may be cancelled by a person now: not while the money is on its way. */
  async canBeStopped(): Promise<boolean> {
    try {
      return (await stripeNow.readIntent(this.live.intentId)).status !== 'processing';
    } catch {
      return true;
    }
  }
}

/**
 * Cancels the order's intent, if it has one; one that is processing is asked again for as long as the stock is held.
 * @returns what Stripe says at last; null when there is no intent, or Stripe does not know it
 */
export async function cancelIntent(state: CheckoutState, { holdsExpireAt }: PlacedOrder): Promise<IntentState | null> {
  for (;;) {
    const intent = await refusable(() => stripePatient.cancelOrderIntent(state.input.orderId));
    if (intent === 'refused') return null;
    const left = holdsExpireAt.getTime() - Date.now();
    if (intent?.status !== 'processing' || left <= 0) return intent;
    await state.inbox.nextPayment(Math.min(PROCESSING_LOOK_MS, left));
  }
}

/** A checkout that ends leaves no news of money behind: what it has not looked at is looked at, and goes back. */
export async function sendBackUnread({ inbox, input, paidBy }: CheckoutState): Promise<void> {
  for (let money = inbox.takeUnreadMoney(); money.length > 0; money = inbox.takeUnreadMoney()) {
    for (const intentId of money) if (intentId !== paidBy) await sendBack(input.orderId, intentId);
  }
}

/** Money that does not fit its order, or came too late, goes back, whoever else has noticed it: the books say what is due. */
export async function sendBack(orderId: string, intentId: string): Promise<void> {
  const input: LatePaymentInput = { orderId, intentId };
  const summary = 'Sends back money that came for an order which does not wait for it';
  const child = { workflowId: WORKFLOW_IDS.latePayment(intentId), input, summary };
  await CancellationScope.nonCancellable(() => startUnlessRunning('latePayment', child));
}

/**
 * Calls until there is an answer, or it is given up; then undefined, and no try is under way any more: one that is may still
 * do its work.
 */
async function patiently<T>(givenUp: Promise<unknown>, call: () => Promise<T>): Promise<T | 'refused' | undefined> {
  const scope = new CancellationScope();
  const answer = scope.run(() => refusable(call));
  const first = await Promise.race([answer, givenUp.then(() => undefined)]);
  if (first !== undefined) return first;
  scope.cancel();
  await answer.catch(() => undefined);
  return undefined;
}

async function refusable<T>(call: () => Promise<T>): Promise<T | 'refused'> {
  try {
    return await call();
  } catch (error) {
    if (isRefused(error)) return 'refused';
    throw error;
  }
}

/** A local activity's failure comes as it is, a regular one's wrapped. */
function isRefused(error: unknown): boolean {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  return failure instanceof ApplicationFailure && failure.type === 'StripeRefused';
}
