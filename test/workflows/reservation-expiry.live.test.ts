// The reservation expiry on real workers: every hold ends within 5 s of its time, by the record, whoever made it and whatever
// happens to the workflow or its worker (P3, P5).
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runOwn } from '../../src/local/own-parts.ts';
import type { Database } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import type { TemporalClient } from '../../src/platform/temporal.ts';
import { type CheckoutInput, TASK_QUEUES, WORKFLOW_IDS } from '../../workflows/messages.ts';
import { temporalOf } from '../support/backstage.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { stockedVariant, stockOf, submittedOrder } from '../support/rows.ts';
import { sharedServers } from '../support/servers.ts';
import { type StartProcess, spawnStart } from '../support/stack.ts';
import { until } from '../support/wait.ts';

const PROMISE_MS = 5_000;
/** So many events and more, and Temporal suggests to continue as new. */
const LONG_HISTORY = 4_096;

let database: OwnDatabase;
let temporal: TemporalClient;
let settings: Record<string, string>;
const workers = new Map<number, StartProcess>();

beforeAll(async () => {
  const { temporalAddress, workflowBundle } = sharedServers();
  const namespace = `expiry_${randomBytes(6).toString('hex')}`;
  database = await ownDatabase();
  settings = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    WORKFLOW_BUNDLE: workflowBundle,
    STRIPE_SECRET_KEY: 'sk_test_nobody_listens',
    STRIPE_API_BASE: 'http://127.0.0.1:9',
    SMTP_URL: 'smtp://127.0.0.1:9',
    PUBLIC_URL: 'http://127.0.0.1:9',
    TOKEN_SECRET: 'the-secret-of-a-test-32-characters',
  };
  await runOwn(['migrate'], settings, { within: 60_000 });
  temporal = temporalOf({ temporal: temporalAddress, namespace });
  await Promise.all([startWorker(), startWorker()]);
});

afterAll(async () => {
  for (const worker of workers.values()) worker.signal('SIGTERM');
  for (const worker of workers.values()) await worker.ended(30_000);
  await Promise.all([temporal.close(), database.leave()]);
});

async function startWorker(): Promise<void> {
  const worker = spawnStart(settings, { args: ['src/main.ts', 'worker'] });
  workers.set(worker.pid, worker);
  await until('a worker is ready', async () => {
    if (worker.exitCode() !== undefined) throw new Error(`the worker has ended:\n${worker.output()}`);
    return worker.output().includes('"msg":"worker ready"');
  });
}

const expiry = () => temporal.client.workflow.getHandle(WORKFLOW_IDS.reservationExpiry);

/** The watch that is at work now: the run, how long its history is, and the process that looks. */
async function watch() {
  return until('a worker watches', async () => {
    const { runId, historyLength, raw } = await expiry().describe();
    const [activity] = raw.pendingActivities ?? [];
    const worker = Number(activity?.lastWorkerIdentity?.split('@')[0]);
    const beat = activity?.lastHeartbeatTime?.seconds?.toString();
    return workers.has(worker) && beat !== undefined && { runId, historyLength, worker, beat };
  });
}

/** Holds of a person, of one unit each, that end then. */
async function manualHolds(db: Database, count: number, expiresAt: Date) {
  const variant = await stockedVariant(db, count);
  const row = () => ({ id: newId(new Date()), variantId: variant.id, quantity: 1, expiresAt, createdAt: new Date() });
  await db.transaction().execute(async (tx) => {
    await tx.updateTable('inventory').set({ reserved: count }).where('variantId', '=', variant.id).execute();
    await tx
      .insertInto('holds')
      .values(Array.from({ length: count }, row))
      .execute();
  });
  return variant;
}

/** Waits until nothing is held of it, and gives how long after their time the holds ended, by the record. */
async function ended({ id }: { id: string }, status = 'EXPIRED'): Promise<number> {
  const rows = await until('the holds have ended', async () => {
    const holds = await database.db.selectFrom('holds').selectAll().where('variantId', '=', id).execute();
    return holds.every((hold) => hold.status !== 'HELD') && holds;
  });
  expect(new Set(rows.map((hold) => hold.status))).toEqual(new Set([status]));
  expect((await stockOf(database.db, [{ id, sku: '' }])).map(({ reserved, held }) => reserved + held)).toEqual([0]);
  return Math.max(
    ...rows.map(({ settledAt, expiresAt }) => (settledAt?.getTime() ?? Number.NaN) - expiresAt.getTime()),
  );
}

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);

function expectWithinPromise(lateMs: number): void {
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(PROMISE_MS);
}

/** A checkout that waits for a person's word, of one unit, and its windows in seconds. */
async function awaitingOrder(confirmationWindow: number, holdGrace: number) {
  const variant = await stockedVariant(database.db, 1);
  const lines = [{ variantId: variant.id, quantity: 1 }];
  const { orderId, cartId } = await submittedOrder(database.db, lines, { paymentMethod: 'cod' });
  const input: CheckoutInput = { orderId, cartId, paymentWindow: 1, confirmationWindow, holdGrace };
  const checkout = await temporal.client.workflow.start('checkout', {
    workflowId: WORKFLOW_IDS.checkout(orderId),
    taskQueue: TASK_QUEUES.orders,
    args: [input],
  });
  await until('the order waits', async () => (await statusOf(orderId)) === 'AWAITING_CONFIRMATION');
  return { variant, orderId, cartId, checkout };
}

async function statusOf(orderId: string): Promise<string | undefined> {
  const row = database.db.selectFrom('orders').select('status').where('id', '=', orderId);
  return (await row.executeTakeFirst())?.status;
}

async function cartStatus(cartId: string): Promise<string> {
  const row = database.db.selectFrom('carts').select('status').where('id', '=', cartId);
  return (await row.executeTakeFirstOrThrow()).status;
}

test('of two workers each starts it, and one runs', async () => {
  const { runId } = await watch();
  const runs = [];
  for await (const run of temporal.client.workflow.list({ query: `WorkflowType = 'reservationExpiry'` }))
    runs.push(run);
  expect((await watch()).runId).toBe(runId);
  expect(runs.filter(({ status }) => status.name === 'RUNNING').length).toBeLessThanOrEqual(1);
});

test('while nothing is due it looks again and again, and its history does not grow', async () => {
  const first = await watch();
  await until('it has gone on looking', async () => Number((await watch()).beat) >= Number(first.beat) + 4);
  expect(await watch()).toMatchObject({ runId: first.runId, historyLength: first.historyLength });
});

test('holds of a person that come while it watches end within 5 s of their time, more than a batch of them', async () => {
  await watch();
  const [few, many] = await Promise.all([
    manualHolds(database.db, 3, inSeconds(1)),
    manualHolds(database.db, 250, inSeconds(1.2)),
  ]);
  const lateMs = Math.max(await ended(few), await ended(many));
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(PROMISE_MS);
});

test('an order whose checkout was terminated by hand ends at the end of its holds, and its cart is open again', async () => {
  const { checkout, orderId, cartId, variant } = await awaitingOrder(2, 0);
  await checkout.terminate('by hand');
  await until('the order has ended', async () => (await statusOf(orderId)) === 'EXPIRED');
  await until('the cart is open', async () => (await cartStatus(cartId)) === 'open');
  const settled = database.db.selectFrom('holds').select(['status', 'settledAt', 'expiresAt']);
  const hold = await settled.where('variantId', '=', variant.id).executeTakeFirstOrThrow();
  expect(['EXPIRED', 'RELEASED']).toContain(hold.status);
  expectWithinPromise((hold.settledAt?.getTime() ?? Number.NaN) - hold.expiresAt.getTime());
});

test('a checkout that lives is left to itself when its holds end before its window', async () => {
  const { checkout, variant, orderId } = await awaitingOrder(30, -29);
  const { runId } = await checkout.describe();
  expectWithinPromise(await ended(variant));
  expect(await statusOf(orderId)).toBe('AWAITING_CONFIRMATION');
  const now = await temporal.client.workflow.getHandle(WORKFLOW_IDS.checkout(orderId)).describe();
  expect({ runId: now.runId, status: now.status.name }).toEqual({ runId, status: 'RUNNING' });
  await checkout.terminate('the test is over');
});

test('a hold that somebody else is just settling is left to them, and ends when they let go of it', async () => {
  const variant = await manualHolds(database.db, 1, inSeconds(60));
  const other = await manualHolds(database.db, 1, inSeconds(60));
  const due = new Date();
  await database.db.transaction().execute(async (tx) => {
    await tx.updateTable('holds').set({ expiresAt: due }).where('variantId', '=', variant.id).execute();
    await database.db.updateTable('holds').set({ expiresAt: due }).where('variantId', '=', other.id).execute();
    expectWithinPromise(await ended(other));
  });
  expect(await ended(variant)).toBeGreaterThanOrEqual(0);
});

test('terminated by hand, it runs again, and what has become due meanwhile ends', async () => {
  const { runId } = await watch();
  await expiry().terminate('by hand');
  const variant = await manualHolds(database.db, 1, inSeconds(0));
  await ended(variant);
  expect((await watch()).runId).not.toBe(runId);
});

test('with a long history it continues as new, and goes on', async () => {
  const { runId } = await watch();
  const signals = () => Promise.all(Array.from({ length: 250 }, () => expiry().signal('nobody-listens')));
  while ((await expiry().describe()).historyLength < LONG_HISTORY) await signals();
  await ended(await manualHolds(database.db, 1, inSeconds(0)));
  await until('another run watches', async () => (await watch()).runId !== runId);
  const first = await temporal.client.workflow.getHandle(WORKFLOW_IDS.reservationExpiry, runId).describe();
  expect(first.status.name).toBe('CONTINUED_AS_NEW');
  expectWithinPromise(await ended(await manualHolds(database.db, 1, inSeconds(1))));
});

test('the worker that watches is killed with -9: another one ends the hold that becomes due then', async () => {
  for (let round = 0; round < 2; round += 1) {
    const { worker } = await watch();
    const variant = await manualHolds(database.db, 1, inSeconds(0.05));
    process.kill(worker, 'SIGKILL');
    workers.delete(worker);
    expect(await ended(variant)).toBeGreaterThanOrEqual(0);
    await startWorker();
  }
});
