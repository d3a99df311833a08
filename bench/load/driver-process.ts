// The driver's process, seen from the bench: started, listened to, and told to stop.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../src/config.ts';
import { launch } from '../../src/local/launch.ts';
import type { Told } from './driver.ts';

/** What the driver's process is to do: a role of role.ts, and its plan. */
export interface DriverTask {
  role: string;
  plan: object;
}

export interface DriverProcess<Times> {
  pid: number;
  /** Grows while it runs. */
  told: Told<Times>[];
  /** Lets it run. @throws when it ends meanwhile, or the signal fires */
  runFor(seconds: number, signal: AbortSignal): Promise<void>;
  /** Tells it to stop and waits until its last story is over. */
  stop(): Promise<void>;
  kill(): void;
}

const ENTRY = fileURLToPath(new URL('role.ts', import.meta.url));
/** A driver's last stories end by themselves, or by their own deadlines, within this time. */
const ENDS_WITHIN_MS = 180_000;

/** Another process of this program, which dies with this one. */
export function launchRole({ role, plan }: DriverTask): ChildProcess {
  return launch({ program: process.execPath, args: [ENTRY, role, JSON.stringify(plan)], env: childEnvironment({}) });
}

export function startDriver<Times>(task: DriverTask): DriverProcess<Times> {
  const child = launchRole(task);
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
      const tooLong = setTimeout(ENDS_WITHIN_MS, 'late', { ref: false });
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
