// The driver of the ceiling: clients who start the bare workflow, get its answer, signal it and wait for its end. They use the
// shop's own way to Temporal.
import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { TemporalClient } from '../../../src/platform/temporal.ts';
import { temporalOf } from '../../../test/support/backstage.ts';
import { drive } from '../driver.ts';
import { answerUpdate, type BareShape, type bare, payedSignal } from './workflow.ts';

export interface CeilingClientsPlan {
  clients: number;
  /** host:port */
  temporal: string;
  namespace: string;
  taskQueue: string;
  shape: BareShape;
}

/** Milliseconds, by the names of an order's parts. */
export interface BareTimes {
  submit: number;
  pay: number;
  settle: number;
  story: number;
}

export async function driveCeiling(plan: CeilingClientsPlan): Promise<void> {
  const temporal = temporalOf(plan);
  await drive(plan.clients, () => liveBare(temporal, plan));
  await temporal.close();
}

async function liveBare({ client }: TemporalClient, { taskQueue, shape }: CeilingClientsPlan): Promise<BareTimes> {
  const id = randomUUID();
  const workflowId = `bare/${id}`;
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof bare>('bare', {
    workflowId,
    taskQueue,
    args: [id, shape],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const began = performance.now();
  await client.workflow.executeUpdateWithStart(answerUpdate, { updateId: 'answer', startWorkflowOperation });
  const submitted = performance.now();
  const handle = client.workflow.getHandle(workflowId);
  await handle.signal(payedSignal);
  const paid = performance.now();
  await handle.result();
  const settled = performance.now();
  return { submit: submitted - began, pay: paid - submitted, settle: settled - paid, story: settled - began };
}
