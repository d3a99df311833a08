// The one round trip that makes an order: update-with-start of the cart's checkout. Whoever submits the same cart meets the
// same workflow, and the same update in it, and so gets the same answer (P1).
import { WithStartWorkflowOperation } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  type CheckoutInput,
  SUBMIT_UPDATE_ID,
  submitUpdate,
  TASK_QUEUES,
  WORKFLOW_IDS,
} from '../../workflows/messages.ts';
import { answerDeadline, untilJudged } from '../http/ask-workflow.ts';
import type { TemporalClient } from '../platform/temporal.ts';
import type { CheckoutAnswer } from './rules.ts';

type Checkout = (input: CheckoutInput) => Promise<unknown>;

/**
 * Submits the cart and waits for the answer.
 * @returns the answer; `ended` when the checkout is over already, so that the database tells what became of it
 * @throws when Temporal is away, or does not answer in time: the submit may be repeated
 */
export async function submitCheckout(
  { client }: TemporalClient,
  input: CheckoutInput,
): Promise<CheckoutAnswer | 'ended'> {
  const start = () =>
    new WithStartWorkflowOperation<Checkout>('checkout', {
      workflowId: WORKFLOW_IDS.checkout(input.orderId),
      taskQueue: TASK_QUEUES.orders,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      // One that was terminated by hand goes on where it was; one that has come to its end is never begun again.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      staticSummary: 'From the submit of a cart to a paid order',
    });
  const send = () =>
    client.workflow.executeUpdateWithStart(submitUpdate, {
      updateId: SUBMIT_UPDATE_ID,
      startWorkflowOperation: start(),
    });
  const deadline = answerDeadline();
  try {
    return await untilJudged(() => client.withDeadline(deadline, send));
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'ended';
    throw error;
  }
}
