// The ceiling: what these servers do of the barest workflow of an order's shape, in the same run as the shop.
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { withClient } from '../../../src/local/postgres.ts';
import type { Stack } from '../../../src/local/stack-file.ts';
import { until } from '../../../test/support/wait.ts';
import { launchRole } from '../driver-process.ts';
import { groupsOf } from '../groups.ts';
import { type Measured, measure, type Period } from '../measure.ts';
import { query } from '../tables.ts';
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

/** Measures it at each of these numbers of clients, with as many worker processes as the stack has. */
export async function runCeiling(
  stack: Stack,
  { clients, shape, period }: { clients: readonly number[]; shape: BareShape; period: Period },
  signal: AbortSignal,
): Promise<Ceiling[]> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  const place = { address: stack.temporal, namespace: stack.namespace, taskQueue: name };
  const database = await ownDatabase(stack.databaseUrl, name);
  const workers: ChildProcess[] = [];
  try {
    const plan: CeilingWorkerPlan = { ...place, databaseUrl: database.url, ready: READY };
    await Promise.all(stack.pids.worker.map(() => startWorker(plan, workers)));
    const groups = { ...groupsOf(stack), 'ceiling worker': workers.flatMap(({ pid }) => pid ?? []) };
    const all: Ceiling[] = [];
    for (const count of clients) {
      const clientsPlan: CeilingClientsPlan = { ...place, clients: count, shape };
      const task = { role: 'ceiling-clients', plan: clientsPlan };
      const { databaseUrl } = stack;
      const measured = await measure({ task, groups, databaseUrl, parts: PARTS, period, signal });
      all.push({ clients: count, shape, ...measured });
    }
    return all;
  } finally {
    await Promise.all(workers.map(stopWorker));
    await database.drop();
  }
}

/** A database of its own on the shop's server: what is in it is nobody's order. */
async function ownDatabase(shopUrl: string, name: string): Promise<{ url: string; drop: () => Promise<void> }> {
  await query(shopUrl, `create database ${name}`, []);
  const url = new URL(shopUrl);
  url.pathname = `/${name}`;
  const drop = async (): Promise<void> => {
    await query(shopUrl, `drop database if exists ${name} with (force)`, []);
  };
  await withClient(url.href, (client) => client.query('create table steps (id uuid primary key, number int not null)'));
  return { url: url.href, drop };
}

async function startWorker(plan: CeilingWorkerPlan, started: ChildProcess[]): Promise<void> {
  const child = launchRole({ role: 'ceiling-worker', plan });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4_000);
    });
  }
  const ready = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`the ceiling's worker ended:\n${output}`);
    return output.includes(plan.ready);
  };
  await until("the ceiling's worker is ready", ready, WORKER_READY_WITHIN_MS);
}

async function stopWorker(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  const gone = async (): Promise<boolean> => child.exitCode !== null || child.signalCode !== null;
  await until("the ceiling's worker ends", gone, WORKER_STOPS_WITHIN_MS).catch(() => child.kill('SIGKILL'));
}
