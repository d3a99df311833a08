// Requests to a workflow that is under way: sent as an update, answered by the workflow, and bounded in time.
import { type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import type { TemporalClient } from '../platform/temporal.ts';

/** The client is told to come back before its own patience, and ours with the handler (15 s), ends. */
const ANSWER_WITHIN_MS = 8_000;
/**
 * What the server says of an update whose workflow ended in the same moment, so that nobody has judged it.
 * https://github.com/temporalio/temporal/blob/main/service/history/workflow/update/errors_failures.go
 */
const UNJUDGED = new Set(['UnprocessedUpdate', 'AcceptedUpdateCompletedWorkflow']);
/** A workflow that another request has started may end in that moment, too. */
const REPEATS = 3;

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
    return await untilJudged(() => client.withDeadline(deadline, () => ask(client.workflow.getHandle(id))));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'ended';
    throw error;
  }
}

/** Sends an update, and again where its workflow ended before it could look at it. */
export async function untilJudged<Answer>(send: () => Promise<Answer>, repeats = REPEATS): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    if (repeats === 0 || !isUnjudged(error)) throw error;
    return untilJudged(send, repeats - 1);
  }
}

function isUnjudged(error: unknown): boolean {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return false;
  return UNJUDGED.has(error.cause.type ?? '');
}
