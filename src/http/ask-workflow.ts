// Requests to a workflow that is under way: sent as an update, answered by the workflow, and bounded in time.
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { TemporalClient } from '../platform/temporal.ts';

/** The client is told to come back before its own patience, and ours with the handler (15 s), ends. */
const ANSWER_WITHIN_MS = 9_000;

/** By when a workflow must have answered what came in now (epoch milliseconds). */
export function answerDeadline(): number {
  return Date.now() + ANSWER_WITHIN_MS;
}

/**
 * Asks the workflow and waits for its answer.
 * @param workflow its id, and the end of the caller's patience (epoch milliseconds)
 * @returns the answer; `ended` when no such workflow runs
 * @throws when Temporal is away, or does not answer in time: what was asked for may happen all the same
 */
export async function askWorkflow<Answer>(
  { client }: TemporalClient,
  { id, deadline }: { id: string; deadline: number },
  ask: (workflow: WorkflowHandle) => Promise<Answer>,
): Promise<Answer | 'ended'> {
  try {
    return await client.withDeadline(deadline, () => ask(client.workflow.getHandle(id)));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'ended';
    throw error;
  }
}
