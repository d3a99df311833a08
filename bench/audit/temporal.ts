// What Temporal says of the shop's workflows: every execution that visibility lists, and, where a promise hangs on it, what the
// server itself says (visibility is told of a change a moment later).
import { Client, Connection, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client';
import type { ClientBase } from 'pg';
import type { Places } from './places.ts';
import { addRows } from './seen.ts';

const PAGE = 1_000;
/** Workflows that are asked one by one at most. In a quiet shop there are next to none to ask. */
const ASKED_AT_MOST = 2_000;
/** The two that always run. */
export const ALWAYS_RUNNING = ['mailer', 'reservation-expiry'] as const;

/** Runs something with a client of its own. */
export async function withTemporal<T>(
  { temporal, namespace }: Places,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address: temporal });
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

/** Brings all executions into `seen_workflows`. */
export async function loadWorkflows(db: ClientBase, client: Client): Promise<void> {
  const rows: object[] = [];
  for await (const execution of client.workflow.list({ pageSize: PAGE })) {
    rows.push(rowOf(execution));
    if (rows.length === PAGE) await addRows(db, 'workflows', rows.splice(0));
  }
  await addRows(db, 'workflows', rows);
  await askAgain(db, client);
}

/**
 * Asks the server about the short-lived ones that visibility says are running, and about the checkouts of waiting orders, which
 * it may not know to be running yet.
 */
async function askAgain(db: ClientBase, client: Client): Promise<void> {
  const { rows } = await db.query<{ workflow_id: string }>(
    `SELECT workflow_id FROM seen_workflows WHERE status = 'RUNNING' AND workflow_id <> ALL ($1)
     UNION SELECT 'checkout/' || id FROM orders WHERE status IN ('PENDING', 'AWAITING_CONFIRMATION')
     LIMIT ${ASKED_AT_MOST}`,
    [ALWAYS_RUNNING],
  );
  for (const { workflow_id: id } of rows) {
    const found = await describe(client, id);
    await db.query(`DELETE FROM seen_workflows WHERE workflow_id = $1 AND (status = 'RUNNING' OR run_id = $2)`, [
      id,
      found?.runId ?? '',
    ]);
    if (found !== undefined) await addRows(db, 'workflows', [rowOf(found)]);
  }
}

type Execution = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'type' | 'status' | 'startTime' | 'closeTime'>;

function rowOf({ workflowId, runId, type, status, startTime, closeTime }: Execution): object {
  const times = { started_at: startTime, closed_at: closeTime ?? null };
  return { workflow_id: workflowId, run_id: runId, type, status: status.name, ...times };
}

async function describe(client: Client, workflowId: string): Promise<Execution | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
