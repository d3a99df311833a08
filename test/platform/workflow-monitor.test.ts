// The monitor of workflow threads, on the SDK's own client of a thread that answers when it is told to.
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DefaultLogger } from '@temporalio/worker';
import { WorkerThreadClient } from '@temporalio/worker/lib/workflow/threaded-vm.js';
import { type Unanswered, watchWorkflowThreads } from '../../src/platform/workflow-monitor.ts';
import { until } from '../support/wait.ts';

/** Answers `init` at once, with what it was told, and everything else one by one at `answer`; at `loop` never again. */
const THREAD = `
  const { parentPort } = require('node:worker_threads');
  const open = [];
  parentPort.on('message', (message) => {
    if (message === 'answer') parentPort.postMessage({ requestId: open.shift(), result: { type: 'ok' } });
    else if (message === 'loop') for (;;);
    else if (message.input.type !== 'init') open.push(message.requestId);
    else parentPort.postMessage({ requestId: message.requestId, result: { type: 'ok', output: message.input } });
  });
`;
const LIMITS = { cpuMs: 200, looks: 1_000 };

const told: Unanswered[][] = [];
const look = watchWorkflowThreads((workflows) => told.push(workflows), LIMITS);
let thread: Worker;
let client: WorkerThreadClient;
let init: unknown;

beforeEach(async () => {
  told.length = 0;
  thread = new Worker(THREAD, { eval: true });
  client = new WorkerThreadClient(thread, new DefaultLogger('ERROR'));
  init = await client.send({
    type: 'init',
    isolateExecutionTimeoutMs: 5_000,
    workflowBundle: {
      code: '',
      filename: '',
      sourceMap: { version: 3, file: '', sources: [], names: [], mappings: '' },
    },
    registeredActivityNames: new Set(),
    reuseV8Context: true,
    hasPatchActivationCallback: false,
  });
});

afterEach(async () => {
  await thread.terminate();
});

const activate = (runId: string) => client.send({ type: 'activate-workflow', runId, activation: {} });
const tell = (what: 'answer' | 'loop') => thread.postMessage(what, []);

function lookTimes(times: number): void {
  for (let n = 0; n < times; n += 1) look();
}

test("a thread that is watched is told everything but the SDK's limit", () => {
  expect(init).toMatchObject({ type: 'init', reuseV8Context: true });
  expect(init).not.toHaveProperty('isolateExecutionTimeoutMs');
});

test('a thread that loops is told of, with what it was asked, the oldest first', async () => {
  const asked = Promise.allSettled([activate('one'), activate('two')]);
  tell('loop');
  await until('it is told of', async () => {
    look();
    return told.length > 0;
  });
  expect(told[0]?.map(({ runId }) => runId)).toEqual(['one', 'two']);
  await thread.terminate();
  await asked;
});

test('a thread that hangs and computes nothing is told of after many looks', async () => {
  const answer = activate('one');
  lookTimes(LIMITS.looks - 1);
  expect(told).toEqual([]);
  look();
  expect(told).toEqual([[{ runId: 'one', workflowId: undefined }]]);
  tell('answer');
  await answer;
});

test('an answer begins the count anew, also while there is more to answer', async () => {
  const [first, second] = [activate('one'), activate('two')];
  lookTimes(LIMITS.looks - 1);
  tell('answer');
  await first;
  lookTimes(LIMITS.looks - 1);
  expect(told).toEqual([]);
  look();
  expect(told.map((workflows) => workflows.map(({ runId }) => runId))).toEqual([['two']]);
  tell('answer');
  await second;
});

test('a thread that has nothing to answer is idle, however long', async () => {
  lookTimes(2 * LIMITS.looks);
  const answer = activate('one');
  lookTimes(LIMITS.looks - 1);
  tell('answer');
  await answer;
  lookTimes(LIMITS.looks);
  expect(told).toEqual([]);
});
