// One measurement: a driver in a process of its own, a warm-up, and then the time that counts.
import { type DatabaseReading, databaseUse, readDatabases } from './database-use.ts';
import type { Told } from './driver.ts';
import { startDriver, type Task } from './driver-process.ts';
import { type CpuUse, cpuBetween, type Groups, type Memory, readCpu, readMemory } from './groups.ts';
import { type Quantiles, quantiles, type Rate, rateOf } from './statistics.ts';

/** Seconds before the time that counts, and of that time. */
export interface Period {
  warmup: number;
  seconds: number;
}

/** What came of it. Only what ended within the time that counts is in it, but for `total`. */
export interface Measured<Part extends string> {
  /** The time that counts, in ms since the epoch. */
  from: number;
  until: number;
  /** Stories that came to their end, and how many per second, over slices of a few seconds. */
  done: number;
  rate: Rate;
  /** Milliseconds, of each part of a story. */
  times: Record<Part, Quantiles>;
  /** How often something went wrong, by what it was; "(repeated)" where the story went on. */
  errors: Record<string, number>;
  cpu: CpuUse;
  memory: Memory;
  /** Per story. */
  databases: DatabaseReading;
  /** All that went well and ill from the first story to the last, the warm-up and what came after included. */
  total: { done: number; failed: number };
}

export interface Measurement<Part extends string> {
  task: Task;
  /** Whose cost is counted, beside the driver's. */
  groups: Groups;
  /** A database of the PostgreSQL server whose work is counted. */
  databaseUrl: string;
  /** The parts of a story's times that are told. */
  parts: readonly Part[];
  period: Period;
  signal: AbortSignal;
}

/** Long enough to hold some dozens of stories, short enough to show an uneven run. */
const SLICE_MS = 5_000;

/** Drives and measures. @throws when the driver ends before it was told to, or the signal fires */
export async function measure<Part extends string>(what: Measurement<Part>): Promise<Measured<Part>> {
  const { period, signal, databaseUrl } = what;
  const driver = startDriver<Record<Part, number>>(what.task);
  try {
    await driver.runFor(period.warmup, signal);
    const groups = { ...what.groups, driver: [driver.pid] };
    const databasesBefore = await readDatabases(databaseUrl);
    const cpuBefore = readCpu(groups);
    const from = Date.now();
    await driver.runFor(period.seconds, signal);
    const until = Date.now();
    const cpu = cpuBetween(cpuBefore, readCpu(groups));
    const databasesAfter = await readDatabases(databaseUrl);
    const memory = readMemory(groups);
    await driver.stop(signal);
    const summary = summarise(driver.told, { from, until, parts: what.parts });
    const databases = databaseUse(databasesBefore, databasesAfter, summary.done);
    return { from, until, cpu, memory, databases, ...summary };
  } finally {
    driver.kill();
  }
}

function summarise<Part extends string>(
  told: readonly Told<Record<Part, number>>[],
  { from, until, parts }: { from: number; until: number; parts: readonly Part[] },
): Pick<Measured<Part>, 'done' | 'rate' | 'times' | 'errors' | 'total'> {
  const within = told.filter(({ at }) => at >= from && at < until);
  const done = within.filter((one) => 'times' in one);
  const times: Partial<Record<Part, Quantiles>> = {};
  for (const part of parts) times[part] = quantiles(done.map((one) => one.times[part]));
  return {
    done: done.length,
    rate: rateOf(
      done.map(({ at }) => at),
      { from, until, sliceMs: SLICE_MS },
    ),
    times: complete(times, parts),
    errors: errorsIn(within),
    total: totalOf(told),
  };
}

/** Stories that came to their end, and that did not. */
export function totalOf(told: readonly Told<unknown>[]): { done: number; failed: number } {
  return {
    done: told.filter((one) => 'times' in one).length,
    failed: told.filter((one) => 'failed' in one).length,
  };
}

/** How often each thing went wrong. */
export function errorsIn(told: readonly Told<unknown>[]): Record<string, number> {
  const errors = told.flatMap((one) => {
    if ('failed' in one) return [one.failed];
    return 'repeated' in one ? [`${one.repeated} (repeated)`] : [];
  });
  return Object.fromEntries([...Map.groupBy(errors, (what) => what)].map(([what, all]) => [what, all.length]));
}

function complete<Part extends string, T>(some: Partial<Record<Part, T>>, parts: readonly Part[]): Record<Part, T> {
  const isComplete = (record: Partial<Record<Part, T>>): record is Record<Part, T> =>
    parts.every((part) => record[part] !== undefined);
  if (!isComplete(some)) throw new Error('a part of the times is missing');
  return some;
}
