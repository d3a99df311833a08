// One refund: from its row to the money at the customer's bank, or to the reason why it did not get there.
import {
  ChildWorkflowFailure,
  condition,
  executeChild,
  log,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { RefundStatus } from '../src/payments/rules.ts';
import { OUTLIVES, unlessRunning } from './children.ts';
import { type RefundInput, refundChanged, WORKFLOW_IDS } from './messages.ts';
import { sql, stripePatient } from './steps.ts';

/** Without news a pending refund is looked at after a minute, then ever more rarely: banks take days. */
const FIRST_LOOK_MS = 60_000;
const LONGEST_LOOK_MS = 6 * 3_600_000;

export async function refund({ refundId }: RefundInput): Promise<RefundStatus> {
  let news = false;
  setHandler(refundChanged, () => {
    news = true;
  });
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, LONGEST_LOOK_MS)) {
    news = false;
    setCurrentDetails(`Refund ${refundId} is at Stripe.`);
    const { status, failure } = await stripePatient.sendRefund({ refundId });
    if (status === 'PENDING') {
      setCurrentDetails(`Refund ${refundId} waits for the customer's bank.`);
      await condition(() => news, pause);
      continue;
    }
    await sql.settleRefund({ refundId, status, failure, at: new Date().toISOString() });
    setCurrentDetails(`Refund ${refundId} is **${status}**${failure === null ? '' : `: ${failure}`}.`);
    if (!news) return status;
  }
}

/**
 * Runs a refund to its end; where it is running already, it is left to that run. It outlives whoever asked for it, and one that
 * is stopped by hand, or fails, is no reason to fail there: its own workflow says why.
 */
export async function runRefund(refundId: string, orderId: string): Promise<void> {
  const run = async () => {
    await executeChild(refund, {
      workflowId: WORKFLOW_IDS.refund(refundId),
      args: [{ refundId }],
      ...OUTLIVES,
      staticSummary: `Refund of order ${orderId}`,
    });
  };
  try {
    await unlessRunning(run);
  } catch (error) {
    if (!(error instanceof ChildWorkflowFailure)) throw error;
    log.warn('a refund has not come to its end', { orderId, refundId, reason: String(error.cause ?? error) });
  }
}
