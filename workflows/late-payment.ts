// Money that came for an order which does not wait for it: it goes back, and the customer is told (P4).
import {
  CancellationScope,
  getExternalWorkflowHandle,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { resumeCheckout } from './children.ts';
import { newId } from './ids.ts';
import { type LatePaymentInput, paymentSucceeded, WORKFLOW_IDS } from './messages.ts';
import { runRefund } from './refund.ts';
import { stripePatient } from './steps.ts';

/** How soon it looks again at an order whose checkout it has woken, and how rarely in the end. */
const FIRST_LOOK_MS = 2_000;
const LONGEST_LOOK_MS = 600_000;

/** `refunded`: the refund has come to its end, or is under way elsewhere; its own workflow says how. */
type Settled = 'settled' | 'refunded';

/** It is not cancelled: a refund that is due finds somebody who sends it. */
export function latePayment(input: LatePaymentInput): Promise<Settled> {
  return CancellationScope.nonCancellable(() => settle(input));
}

async function settle({ orderId, intentId }: LatePaymentInput): Promise<Settled> {
  const refundId = newId();
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, LONGEST_LOOK_MS)) {
    const money = await stripePatient.takeLatePayment({ orderId, intentId, refundId });
    if (money.outcome === 'settled') return 'settled';
    if (money.outcome === 'refund_due') {
      setCurrentDetails(`The money of order ${orderId} goes back by refund ${money.refundId}.`);
      await runRefund(money.refundId, orderId);
      return 'refunded';
    }
    setCurrentDetails(`Order ${orderId} still waits for this payment: its checkout decides.`);
    await wakeCheckout({ orderId, intentId }, money.cartId);
    await sleep(pause);
  }
}

/** Tells the order's checkout of its money. One that was ended by hand is started again, and finds the order where it is. */
async function wakeCheckout({ orderId, intentId }: LatePaymentInput, cartId: string): Promise<void> {
  await resumeCheckout({ orderId, cartId });
  const news = { intentId, eventId: workflowInfo().workflowId };
  // One that has ended just now has decided: the next look sees how.
  await getExternalWorkflowHandle(WORKFLOW_IDS.checkout(orderId))
    .signal(paymentSucceeded, news)
    .catch(() => undefined);
}
