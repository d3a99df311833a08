// Workflow code that never comes back, in the worker of a running shop: the worker names it and ends itself, and the one that
// comes after it serves the orders that were placed meanwhile.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { TemporalClient } from '../../src/platform/temporal.ts';
import { TASK_QUEUES } from '../../workflows/messages.ts';
import { temporalOf } from '../support/backstage.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { newShopper, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

const WORKFLOWS = fileURLToPath(new URL('./loops/index.ts', import.meta.url));
const PRELOAD = new URL('./loops/preload.ts', import.meta.url).href;
/** About a second of a processor. */
const ROUNDS = 200_000_000;
/** Its task goes to no other worker while the test runs. */
const TASK_TIMEOUT = '10m';

const folder = temporaryFolder();
const limits = join(folder, 'limits');
let shop: RunningStack;
let temporal: TemporalClient;

beforeAll(async () => {
  const workflowBundle = join(folder, 'bundle.js');
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('ERROR') });
  writeFileSync(workflowBundle, code);
  const options = { NODE_OPTIONS: `--import=${PRELOAD}`, SANDBOX_LIMITS: limits, WORKFLOW_BUNDLE: workflowBundle };
  shop = await startStack({ env: options });
  temporal = temporalOf(shop.stack);
});

afterAll(async () => {
  await temporal.close();
  await shop.stop();
  removeFolder(folder);
});

const worker = async (): Promise<number | undefined> => (await shop.read())?.pids.worker[0] ?? undefined;

test('long work is left alone, and no entry into the sandbox has a limit of its own', async () => {
  const before = await worker();
  const work = { taskQueue: TASK_QUEUES.orders, workflowId: 'computes', args: [ROUNDS] };
  expect(await temporal.client.workflow.execute('computes', work)).toBeGreaterThan(0);
  expect(await worker()).toBe(before);
  expect(new Set(readFileSync(limits, 'utf8').trim().split('\n'))).toEqual(new Set(['no options', 'undefined']));
});

test('a worker whose workflow loops names it and ends; the next one serves the order that was placed meanwhile', async () => {
  const variant = await variantOf(shop.api, 'BULK-01');
  const before = await worker();
  const { orders: taskQueue } = TASK_QUEUES;
  const loop = { taskQueue, workflowId: 'loops-for-ever', workflowTaskTimeout: TASK_TIMEOUT };
  const looping = await temporal.client.workflow.start('loops', loop);
  await until('the worker has taken its task', async () => {
    const { raw } = await looping.describe();
    return raw.pendingWorkflowTask?.startedTime != null;
  });
  const shopper = newShopper(shop.api);
  await shopper.add(variant);
  const placed = until(
    'the order is placed',
    async () => (await shopper.submit({ paymentMethod: 'cod', key: 'placed-while-the-worker-hangs' })).status === 201,
    90_000,
  );
  const another = until('another worker has come', async () => ![before, undefined].includes(await worker()), 90_000);
  await Promise.all([placed, another]);

  const lines = shop.output().split('\n');
  const fatal = lines.find((text) => text.includes('workflow code does not come back'));
  expect(JSON.parse(fatal ?? '{}')).toMatchObject({
    level: 'fatal',
    pid: before,
    workflows: expect.arrayContaining([{ workflowId: 'loops-for-ever', runId: looping.firstExecutionRunId }]),
  });
});
