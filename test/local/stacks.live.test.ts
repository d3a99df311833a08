// Several stacks, taken ports, several processes, and the end of npm. On shared servers: each start takes two seconds.
import { createServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { respondsOk } from '../../src/local/http-probe.ts';
import { startOf } from '../../src/local/leftovers.ts';
import { findProgram } from '../../src/local/programs.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { type RunningStack, spawnStart, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

const stacks: RunningStack[] = [];

afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()));
});

async function up(...args: Parameters<typeof startStack>): Promise<RunningStack> {
  const stack = await startStack(...args);
  stacks.push(stack);
  return stack;
}

test('two stacks run side by side, and the end of one does not touch the other', async () => {
  const several = { API_PROCESSES: '2', WORKER_PROCESSES: '2' };
  // One that logs nothing is ready, too.
  const [one, two] = await Promise.all([up({ env: { LOG_LEVEL: 'silent' } }), up({ env: several })]);
  expect(two.stack.pids.api).toHaveLength(2);
  expect(two.stack.pids.worker).toHaveLength(2);
  expect(new Set([...one.stack.api, ...two.stack.api]).size).toBe(3);
  stacks.splice(stacks.indexOf(one), 1);
  await one.stop();
  for (const api of two.stack.api) expect(await respondsOk(`${api}/health/ready`)).toBe(true);
});

test('a taken port ends the start with one sentence that names the setting', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const taken = String(typeof address === 'object' ? address?.port : '');
  const home = temporaryFolder();
  const start = spawnStart({ PERDURE_HOME: home, PORT: '0', PGPORT_LOCAL: taken });
  expect(await start.ended(20_000)).toBe(1);
  expect(start.output().trim()).toBe(
    `Port ${taken} is taken by another program: set PGPORT_LOCAL to another port (0 means any free one), or stop that program.`,
  );
  removeFolder(home);
  await new Promise((resolve) => server.close(resolve));
});

test('a stack that npm runs stops in order when npm is killed with -9', async () => {
  const npm = findProgram('npm', process.env.PATH);
  expect(npm).toBeDefined();
  const shop = await up({ program: npm as string, args: ['start'] });
  const pids = [shop.stack.pids.start, ...shop.stack.pids.api, ...shop.stack.pids.worker].map(Number);
  await shop.kill();
  await until('all have gone', async () =>
    (await Promise.all(pids.map(startOf))).every((start) => start === undefined),
  );
  expect(await shop.read()).toBeUndefined();
});
