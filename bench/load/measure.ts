// One measurement: a driver in a process of its own, a warm-up, and then the time that counts.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { launch } from '../../src/local/launch.ts';
import type { Told } from './driver.ts';
import { type CpuUse, cpuBetween, type Groups, type Memory, readCpu, readMemory } from './groups.ts';
import { type Quantiles, quantiles, type Rate, rateOf } from './statistics.ts';

export interface Period {
  /** Seconds before the time that counts, and of that time. */
  warmup: number;
  seconds: number;
}

/** What came of it. Only what ended within the time counts. */
export interface Measured<Times extends object> {
  /** The time that counts, in ms since the epoch. */
  from: number;
  until: number;
  /** Stories that came to their end, and how many per second, over slices of a few seconds. */
  done: number;
  rate: Rate;
  /** Milliseconds, of each part of a story. */
  times: { [Part in keyof Times]: Quantiles };
  /** How often something went wrong, by what it was. */
  errors: Record<string, number>;
  cpu: CpuUse;
  memory: Memory;
  /** All that went well and ill from the first to the last, the warm-up and what came after included. */
  total: { done: number; failed: number };
}

/** A program that drives: `args` of Node. */
export interface DriverProgram {
  args: string[];
  env: NodeJS.ProcessEnv;
}

/** Long enough to hold some dozens of stories, short enough to show an uneven run. */
const SLICE_MS = 5_000;
/** A driver's last stories end by themselves, or by their own deadlines, within this time. */
const DRIVER_ENDS_WITHIN_MS = 75_000;

/**
 * Drives and measures.
 * @param parts of a story's times that are looked at
 * @throws when the driver ends before it was told to, or the signal fires
 */
export async function measure<Times extends object>(
  program: DriverProgram,
  {
    groups,
    parts,
    period,
    signal,
  }: { groups: Groups; parts: readonly (keyof Times & string)[]; period: Period; signal: AbortSignal },
): Promise<Measured<Times>> {
  const driver = startDriver<Times>(program);
  try {
    await driver.runFor(period.warmup, signal);
    const all = { ...groups, driver: [driver.pid] };
    const before = readCpu(all);
    const from = Date.now();
    await driver.runFor(period.seconds, signal);
    const until = Date.now();
    const cpu = cpuBetween(before, readCpu(all));
    const memory = readMemory(all);
    await driver.stop();
    return { from, until, cpu, memory, ...summarise(driver.told, { from, until, parts }) };
  } finally {
    driver.kill();
  }
}

function summarise<Times extends object>(
  told: readonly Told<Times>[],
  { from, until, parts }: { from: number; until: number; parts: readonly (keyof Times & string)[] },
): Pick<Measured<Times>, 'done' | 'rate' | 'times' | 'errors' | 'total'> {
  const within = told.filter(({ at }) => at >= from && at < until);
  const done = within.filter((one) => 'times' in one);
  const failed = Map.groupBy(
    within.filter((one) => 'failed' in one),
    (one) => one.failed,
  );
  const errors = [...failed].map(([what, all]) => [what, all.length]);
  const times = parts.map((part) => [part, quantiles(done.map((one) => Number(one.times[part])))]);
  const allDone = told.filter((one) => 'times' in one).length;
  return {
    done: done.length,
    rate: rateOf(
      done.map(({ at }) => at),
      from,
      until,
      SLICE_MS,
    ),
    times: Object.fromEntries(times),
    errors: Object.fromEntries(errors),
    total: { done: allDone, failed: told.length - allDone },
  };
}

interface Driver<Times> {
  pid: number;
  told: Told<Times>[];
  /** Lets it run. @throws when it ends meanwhile, or the signal fires */
  runFor(seconds: number, signal: AbortSignal): Promise<void>;
  /** Tells it to stop and waits until its last story is over. */
  stop(): Promise<void>;
  kill(): void;
}

function startDriver<Times>({ args, env }: DriverProgram): Driver<Times> {
  const child = launch({ program: process.execPath, args, env });
  if (child.pid === undefined) throw new Error('the driver cannot be started');
  const told = readLines<Times>(child);
  const ended = endOf(child);
  const early = ended.then((how) => {
    throw new Error(`the driver ended early: ${how}`);
  });
  early.catch(() => undefined); // whoever waits for it hears of it
  return {
    pid: child.pid,
    told,
    runFor: async (seconds, signal) => {
      await Promise.race([setTimeout(seconds * 1000, undefined, { signal }), early]);
    },
    stop: async () => {
      child.kill('SIGTERM');
      const tooLong = setTimeout(DRIVER_ENDS_WITHIN_MS, 'late', { ref: false });
      if ((await Promise.race([ended, tooLong])) === 'late') throw new Error('the driver does not end');
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

function readLines<Times>(child: ChildProcess): Told<Times>[] {
  const told: Told<Times>[] = [];
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const one: Told<Times> = JSON.parse(line);
      told.push(one);
    });
  }
  return told;
}

/** How it ended, with what it complained of. */
function endOf(child: ChildProcess): Promise<string> {
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`${signal ?? `exit code ${code}`}\n${complaints}`));
  });
}
