// The ceiling: what these servers do of the barest workflow of an order's shape, in the same run as the shop.
import type { Stack } from '../../../src/local/stack-file.ts';
import { until } from '../../../src/local/wait.ts';
import { rowsOf } from '../../../test/support/backstage.ts';
import { type NewDatabase, newDatabase } from '../../../test/support/new-database.ts';
import { launchRole, type RunningRole, stopRole } from '../driver-process.ts';
import { groupsOf } from '../groups.ts';
import { type Measured, measure, type Period } from '../measure.ts';
import type { BareTimes, CeilingClientsPlan } from './clients.ts';
import type { CeilingWorkerPlan } from './worker.ts';
import type { BareShape } from './workflow.ts';

export interface Ceiling extends Measured<keyof BareTimes> {
  clients: number;
  shape: BareShape;
}

const PARTS = ['story', 'submit', 'pay', 'settle'] as const satisfies (keyof BareTimes)[];
const READY = 'ceiling worker ready';
/** The SDK bundles its workflow first. */
const WORKER_READY_WITHIN_MS = 60_000;
const WORKER_STOPS_WITHIN_MS = 20_000;

interface CeilingOptions {
  clients: number;
  shape: BareShape;
  period: Period;
}

/** Measures it with so many clients, and with as many worker processes as the stack has. */
export async function runCeiling(stack: Stack, options: CeilingOptions, signal: AbortSignal): Promise<Ceiling> {
  // A database of its own on the shop's server: what is in it is nobody's order.
  const database = await newDatabase(stack.databaseUrl, 'bench');
  try {
    await rowsOf({ databaseUrl: database.url }, 'create table steps (id uuid primary key, number int not null)');
    return await measureIn(database, stack, options, signal);
  } finally {
    await database.drop();
  }
}

async function measureIn(
  database: NewDatabase,
  stack: Stack,
  { clients, shape, period }: CeilingOptions,
  signal: AbortSignal,
): Promise<Ceiling> {
  const { databaseUrl, temporal, namespace } = stack;
  const place = { temporal, namespace, taskQueue: database.name };
  const plan: CeilingWorkerPlan = { ...place, databaseUrl: database.url, ready: READY };
  const workers = stack.pids.worker.map(() => launchRole({ role: 'ceiling-worker', plan }));
  const stop = AbortSignal.any([signal, ...workers.map(({ gone }) => gone)]);
  try {
    await Promise.all(workers.map((worker) => isReady(worker, stop)));
    const groups = { ...groupsOf(stack), 'ceiling worker': workers.flatMap(({ child: { pid } }) => pid ?? []) };
    const clientsPlan: CeilingClientsPlan = { ...place, clients, shape };
    const task = { role: 'ceiling-clients', plan: clientsPlan };
    const measured = await measure({ task, groups, databaseUrl, parts: PARTS, period, signal: stop });
    await Promise.all(workers.map((worker) => stopRole(worker, WORKER_STOPS_WITHIN_MS, signal)));
    return { clients, shape, ...measured };
  } finally {
    for (const { child } of workers) child.kill('SIGKILL');
  }
}

/** Waits until it says so. @throws when the signal fires, or the time is over */
async function isReady({ role, child }: RunningRole, signal: AbortSignal): Promise<void> {
  let line: true | undefined;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes(READY)) line = true;
  });
  await until(`${role} was not ready`, WORKER_READY_WITHIN_MS, () => line, signal);
}
