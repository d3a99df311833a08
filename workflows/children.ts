// Workflows that others start beside themselves. Their ids say what they are for, so one that runs already is the one that is
// wanted; they outlive whoever started them.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ChildWorkflowCancellationType, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { type CheckoutInput, WORKFLOW_IDS } from './messages.ts';

export interface Child {
  workflowId: string;
  input: object;
  /** What an operator reads of it in the Temporal UI. */
  summary: string;
}

/** Neither the end of who started it nor an operator's cancel of that one touches the child. */
export const OUTLIVES = {
  parentClosePolicy: ParentClosePolicy.ABANDON,
  cancellationType: ChildWorkflowCancellationType.ABANDON,
} as const;

/** Starts the workflow unless it runs already. @returns whether it was started */
export function startUnlessRunning(type: string, { workflowId, input, summary }: Child): Promise<boolean> {
  return unlessRunning(async () => {
    await startChild(type, {
      workflowId,
      args: [input],
      ...OUTLIVES,
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
