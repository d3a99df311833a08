// The bench's other processes, seen from the bench: started, listened to, and told to stop. One that ends otherwise has failed.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/config.ts';
import { launch } from '../../src/local/launch.ts';
import { until } from '../../src/local/wait.ts';
import type { Told } from './driver.ts';

/** What a process is to do: a role of role.ts, and its plan. */
export interface Task {
  role: string;
  plan: object;
}

export interface RunningRole {
  role: string;
  child: ChildProcess;
  /** Its end, whenever it comes: whether it was a good one, and how it was, with what it complained of. */
  ended: Promise<{ ok: boolean; how: string }>;
  /** Aborted at its end, with an error that tells of it: for whoever needs it until then. */
  gone: AbortSignal;
}

export interface DriverProcess<Times> {
  pid: number;
  /** Grows while it runs. */
  told: Told<Times>[];
  /** Lets it run. @throws when it ends meanwhile, or the signal fires */
  runFor(seconds: number, signal: AbortSignal): Promise<void>;
  /** Tells it to stop and waits until its last story is over. @throws as `stopRole` */
  stop(signal: AbortSignal): Promise<void>;
  kill(): void;
}

const ENTRY = fileURLToPath(new URL('role.ts', import.meta.url));
/** A driver's last stories end by themselves, or by their own deadlines, within this time. */
const ENDS_WITHIN_MS = 180_000;

/** Another process of this program, which dies with this one. */
export function launchRole({ role, plan }: Task): RunningRole {
  const args = [ENTRY, role, JSON.stringify(plan)];
  const child = launch({ program: process.execPath, args, env: childEnvironment({}) });
  const ended = endOf(child);
  const gone = new AbortController();
  void ended.then(({ how }) => gone.abort(new Error(`${role} ended early: ${how}`)));
  return { role, child, ended, gone: gone.signal };
}

/** Tells it to stop, and waits for its end. @throws when it fails, or has failed before; takes too long; or the signal fires */
export async function stopRole(
  { role, child, ended }: RunningRole,
  within: number,
  signal: AbortSignal,
): Promise<void> {
  child.kill('SIGTERM');
  const { ok, how } = await until(`${role} did not end`, within, () => ended, signal);
  if (!ok) throw new Error(`${role} failed: ${how}`);
}

export function startDriver<Times>(task: Task): DriverProcess<Times> {
  const driver = launchRole(task);
  const { child, gone } = driver;
  if (child.pid === undefined) throw new Error('the driver cannot be started');
  return {
    pid: child.pid,
    told: readLines<Times>(child),
    runFor: async (seconds, signal) => {
      const stop = AbortSignal.any([signal, gone]);
      await setTimeout(seconds * 1000, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
    },
    stop: (signal) => stopRole(driver, ENDS_WITHIN_MS, signal),
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

function endOf(child: ChildProcess): RunningRole['ended'] {
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, how: error.message }));
    child.once('close', (code, signal) => {
      resolve({ ok: code === 0, how: `${signal ?? `exit code ${code}`}\n${complaints}` });
    });
  });
}
