// Workflows that others start beside themselves. Their ids say what they are for, so one that runs already is the one that is
// wanted; they outlive whoever started them.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { type CheckoutInput, WORKFLOW_IDS } from './messages.ts';

export interface Child {
  workflowId: string;
  input: object;
  /** What an operator reads of it in the Temporal UI. */
  summary: string;
}

/** Starts the workflow unless it runs already. @returns whether it was started */
export function startUnlessRunning(type: string, { workflowId, input, summary }: Child): Promise<boolean> {
  return unlessRunning(async () => {
    await startChild(type, {
      workflowId,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: summary,
    });
  });
}

/** Begins what may run already. @returns whether it began */
export async function unlessRunning(begin: () => Promise<void>): Promise<boolean> {
  try {
    await begin();
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/**
 * Starts an order's checkout where it does not run: it was terminated by hand. It finds the order where it is, with the window
 * that it was placed with; a new one is not opened. @returns whether it was started
 */
export function resumeCheckout({ orderId, cartId }: Pick<CheckoutInput, 'orderId' | 'cartId'>): Promise<boolean> {
  const input: CheckoutInput = { orderId, cartId, paymentWindow: 0, confirmationWindow: 0, holdGrace: 0 };
  const summary = 'Goes on with a checkout that did not run any more';
  return startUnlessRunning('checkout', { workflowId: WORKFLOW_IDS.checkout(orderId), input, summary });
}
