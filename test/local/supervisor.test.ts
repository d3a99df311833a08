// The supervisor, with small programs that live and die as the test says.
import { afterEach, expect, test } from '@jest/globals';
import { isAlive } from '../../src/local/launch.ts';
import type { Part } from '../../src/local/life.ts';
import { createStdoutLogs } from '../../src/local/logs.ts';
import { type Supervised, supervise } from '../../src/local/supervisor.ts';
import { until } from '../support/wait.ts';

const running: Supervised[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) one.kill();
});

/** A part that runs some JavaScript and is ready when it has printed "here". */
function program(code: string, over: Partial<Part> = {}): Part {
  return {
    name: 'sample',
    program: process.execPath,
    args: ['-e', code],
    env: {},
    ready: { line: 'here' },
    readyWithin: 10_000,
    stopSignal: 'SIGTERM',
    stopWithin: 10_000,
    ...over,
  };
}

const STAYS = 'console.log("here"); setInterval(() => {}, 1000);';

function watch(part: Part): { one: Supervised; pids: () => number[]; lines: string[] } {
  const lines: string[] = [];
  const logs = createStdoutLogs((line) => lines.push(line));
  logs.flow();
  const pids: number[] = [];
  const one = supervise(part, logs, () => {
    const pid = one.pid();
    if (pid !== undefined) pids.push(pid);
  });
  running.push(one);
  return { one, pids: () => pids, lines };
}

test('a part that is killed comes back as a new process, and says so', async () => {
  const { one, pids, lines } = watch(program(STAYS));
  await one.ready;
  const [first] = pids();
  process.kill(first as number, 'SIGKILL');
  const second = await until('a second process', async () => pids()[1]);
  expect(second).not.toBe(first);
  expect(lines.join('\n')).toContain('sample ended (SIGKILL) and is started again');
  await one.stop();
  expect(isAlive(second)).toBe(false);
});

test('a part that ends well is started again too: an API process that drained', async () => {
  const { one, pids } = watch(program(`process.on('SIGTERM', () => process.exit(0)); ${STAYS}`));
  await one.ready;
  process.kill(pids()[0] as number, 'SIGTERM');
  await until('a second process', async () => pids().length === 2);
  await one.stop();
  expect(pids().filter(isAlive)).toEqual([]);
});

test('a part that dies before it was ever ready fails the start with its last words', async () => {
  const { one, pids } = watch(program('console.error("PORT: is missing"); process.exit(78)'));
  await expect(one.ready).rejects.toThrow(/sample ended \(exit code 78\) before it was ready[\s\S]*PORT: is missing/);
  expect(pids()).toHaveLength(1);
});

test('a program that is not there fails the start', async () => {
  const { one } = watch({ ...program(''), program: '/nowhere/at-all' });
  await expect(one.ready).rejects.toThrow(/sample ended/);
});

test('a part that does not become ready in its time is killed and fails the start', async () => {
  const { one } = watch(program('setInterval(() => {}, 1000)', { readyWithin: 300 }));
  await expect(one.ready).rejects.toThrow('sample ended (SIGKILL) before it was ready');
});

test('a question about readiness that is never answered does not hold the start for ever', async () => {
  const { one } = watch(program(STAYS, { ready: () => new Promise<boolean>(() => undefined), readyWithin: 300 }));
  await expect(one.ready).rejects.toThrow('before it was ready');
});

test('a part that does not stop when it is asked is killed in the end', async () => {
  const deaf = 'process.on("SIGTERM", () => {}); console.log("here"); setInterval(() => {}, 1000);';
  const { one, pids, lines } = watch(program(deaf, { stopWithin: 300 }));
  await one.ready;
  await one.stop();
  expect(isAlive(pids()[0] as number)).toBe(false);
  expect(lines.join('\n')).toContain('has not stopped within 0.3 s and is killed');
  expect(lines.join('\n')).not.toContain('is started again');
});

test('what a part has started itself goes with it when it is stopped', async () => {
  const parent = `const c = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    console.log("here child=" + c.pid); setInterval(() => {}, 1000);`;
  const { one, lines } = watch(program(parent));
  await one.ready;
  const child = Number(/child=(\d+)/.exec(lines.join('\n'))?.[1]);
  expect(isAlive(child)).toBe(true);
  await one.stop();
  await until('the grandchild is gone', async () => !isAlive(child));
});

test('a stop during the pause before a restart is a stop', async () => {
  const { one, pids } = watch(program(`${STAYS} setTimeout(() => process.exit(1), 50);`));
  await one.ready;
  await until('it has died', async () => !isAlive(pids()[0] as number));
  await one.stop();
  const count = pids().length;
  expect(pids().filter(isAlive)).toEqual([]);
  await one.stop();
  expect(pids()).toHaveLength(count);
});

test('a part that cannot be prepared again is tried again, and not given up', async () => {
  let calls = 0;
  const prepare = async (): Promise<void> => {
    calls += 1;
    if (calls === 2) throw new Error('not now');
  };
  const { one, pids } = watch(program(STAYS, { prepare }));
  await one.ready;
  process.kill(pids()[0] as number, 'SIGKILL');
  await until('it lives again', async () => pids().some((pid) => pid !== pids()[0] && isAlive(pid)));
  expect(calls).toBe(3);
});
