// The bench says what has happened: its counts are those of the tables. And it leaves no process, however it ends.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Figures } from '../../bench/load/run.ts';
import { rowsOf } from '../support/backstage.ts';
import { type RunningStack, type StartProcess, spawnStart, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;

beforeAll(async () => {
  shop = await startStack();
});

afterAll(async () => {
  await shop.stop();
});

const ENDS_WITHIN_MS = 90_000;

/** Its processes are known by an environment that they pass on. */
function startBench(...args: string[]): StartProcess & { pids: () => number[] } {
  const mark = randomUUID();
  const bench = spawnStart({ BENCH_OF_A_TEST: mark }, { args: ['bench/speed.ts', '--home', shop.home, ...args] });
  return { ...bench, pids: () => processesWith(`BENCH_OF_A_TEST=${mark}`) };
}

function processesWith(mark: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(mark)).map(Number);
}

/** Empty for a process that has ended. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

async function paidOrders(): Promise<number> {
  const rows = await rowsOf<{ id: string }>(shop.stack, "select id from orders where status = 'PAID'");
  return rows.length;
}

test('what a run counts is what the tables have', async () => {
  const before = await paidOrders();
  const json = join(shop.home, 'bench.json');
  const bench = startBench('--shoppers', '2', '--seconds', '2', '--warmup', '1', '--json', json);
  const code = await bench.ended(ENDS_WITHIN_MS);
  expect({ code, output: bench.output() }).toMatchObject({ code: 0 });
  const figures: Figures = JSON.parse(await readFile(json, 'utf8'));
  const [level] = figures.levels;
  const paid = await paidOrders();
  expect(level?.total).toEqual({ done: paid - before, failed: 0 });
  expect(level?.done).toBeLessThanOrEqual(paid - before);
  expect(bench.output()).toContain('2 shoppers, card');
  expect(bench.output()).toContain(`${level?.done} in `);
  expect(bench.pids()).toEqual([]);
});

test('a bench that is killed takes its shoppers with it', async () => {
  const bench = startBench('--shoppers', '1', '--seconds', '60');
  const [, driver] = await shoppersOf(bench);
  expect(driver).toBeDefined();
  bench.signal('SIGKILL');
  await until('nobody is left', async () => bench.pids().length === 0);
});

test('a bench that is stopped, under npm by two signals at once, ends in order', async () => {
  const bench = startBench('--shoppers', '1', '--seconds', '60');
  await shoppersOf(bench);
  bench.signal('SIGINT');
  bench.signal('SIGINT');
  expect(await bench.ended(ENDS_WITHIN_MS)).toBe(128 + 15);
  await until('nobody is left', async () => bench.pids().length === 0);
});

/** The bench's processes as soon as its driver is among them. */
function shoppersOf({ pids }: ReturnType<typeof startBench>): Promise<number[]> {
  return until('the shoppers are there', async () => pids().length > 1 && pids());
}
