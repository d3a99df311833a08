// The bench says what has happened: its counts are those of the tables. And it leaves no process, however it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Figures } from '../../bench/load/run.ts';
import { query } from '../../bench/load/tables.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;

beforeAll(async () => {
  shop = await startStack();
});

afterAll(async () => {
  await shop.stop();
});

/** Its processes are known by an environment that they pass on. */
function startBench(...args: string[]): { child: ChildProcess; output: () => string; pids: () => number[] } {
  const mark = `BENCH_OF_A_TEST=${randomUUID()}`;
  const [name = '', value] = mark.split('=');
  const child = spawn(process.execPath, ['bench/speed.ts', '--home', shop.home, ...args], {
    env: { ...process.env, [name]: value },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { child, output: () => output, pids: () => processesWith(mark) };
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

async function endOf(child: ChildProcess): Promise<number | null> {
  await until('the bench has ended', async () => child.exitCode !== null || child.signalCode !== null, 90_000);
  return child.exitCode;
}

async function paidOrders(): Promise<number> {
  const rows = await query<{ id: string }>(shop.stack.databaseUrl, "select id from orders where status = 'PAID'", []);
  return rows.length;
}

test('what a run counts is what the tables have', async () => {
  const before = await paidOrders();
  const json = join(shop.home, 'bench.json');
  const bench = startBench('--shoppers', '2', '--seconds', '2', '--warmup', '1', '--json', json);
  const code = await endOf(bench.child);
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
  const [, driver] = await until('the shoppers are there', async () => {
    const pids = bench.pids();
    return pids.length > 1 && pids;
  });
  expect(driver).toBeDefined();
  bench.child.kill('SIGKILL');
  await until('nobody is left', async () => bench.pids().length === 0);
});
