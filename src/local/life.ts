// One life of a part's process: from its launch, through the moment at which it is ready, to its end.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { launch, type Program, signalGroup } from './launch.ts';
import type { Logs } from './logs.ts';
import type { Port } from './ports.ts';
import { reasonOf } from './problem.ts';
import { until } from './wait.ts';

export type Part = Program & {
  /** As it is called in logs and messages. */
  name: string;
  /** Kept for it until right before it starts. */
  ports?: Port[];
  /** Asked again and again until it says true; or a text that a line of its output contains when it is ready. */
  ready: (() => Promise<boolean>) | { line: string };
  /** Milliseconds in which it must become ready. */
  readyWithin: number;
  /** Done before every launch, for example to put aside what a `kill -9` left behind. */
  prepare?: () => Promise<void>;
  stopSignal: NodeJS.Signals;
  /** Milliseconds in which it must have stopped. */
  stopWithin: number;
  /** The signal that ends it at once, where KILL would leave a mess. */
  killSignal?: NodeJS.Signals;
  /** Keeps out of the logs what nobody can use. `stopping`: it has been asked to stop. All lines are kept by default. */
  worthLogging?: (line: string, stopping: boolean) => boolean;
};

export type Life = {
  pid: number | undefined;
  /** True when it became ready; false when it ended before, or took too long and was killed. Never rejects. */
  ready: Promise<boolean>;
  /** How it ended: `exit code 1`, `SIGKILL`. Never rejects. */
  ended: Promise<string>;
  signal: (signal: NodeJS.Signals) => void;
};

/** What has been seen of a life so far. */
type Seen = { ready: boolean; stopping: boolean };

/** Launches the part's program. Its output goes to the logs, line by line. What fails on the way is a life that has ended. */
export async function begin(part: Part, logs: Logs): Promise<Life> {
  try {
    await part.prepare?.();
    await Promise.all((part.ports ?? []).map((port) => port.release()));
    return live(part, launch(part), logs);
  } catch (error) {
    return {
      pid: undefined,
      ready: Promise.resolve(false),
      ended: Promise.resolve(reasonOf(error)),
      signal: () => undefined,
    };
  }
}

function live(part: Part, child: ChildProcess, logs: Logs): Life {
  const ended = endOf(child);
  const over = new AbortController();
  void ended.then(() => over.abort());
  const seen: Seen = { ready: false, stopping: false };
  forward(child.stdout, part, logs, seen);
  forward(child.stderr, part, logs, seen);
  const signal = (name: NodeJS.Signals): void => {
    seen.stopping ||= name === part.stopSignal;
    if (child.pid !== undefined && !over.signal.aborted) child.kill(name);
  };
  const ready = becomesReady(part, seen, over.signal).catch((error: unknown) => {
    if (!over.signal.aborted) {
      logs.event(part.name, 'error', `${reasonOf(error)}; it is killed`);
      signal(part.killSignal ?? 'SIGKILL');
    }
    return false;
  });
  return { pid: child.pid, ready, ended, signal };
}

/** Asks the process to stop, and kills it when it has not done so in its time. */
export async function stopLife(part: Part, life: Life, logs: Logs): Promise<void> {
  life.signal(part.stopSignal);
  const timer = setTimeout(() => {
    logs.event(part.name, 'error', `${part.name} has not stopped within ${part.stopWithin / 1000} s and is killed`);
    life.signal(part.killSignal ?? 'SIGKILL');
  }, part.stopWithin);
  await life.ended;
  clearTimeout(timer);
  // What the process itself had started and left in its group goes with it.
  if (life.pid !== undefined) signalGroup(life.pid, 'SIGKILL');
}

async function becomesReady(part: Part, seen: Seen, over: AbortSignal): Promise<boolean> {
  const { ready } = part;
  const ask = typeof ready === 'function' ? ready : async () => seen.ready;
  await until(`${part.name} is not ready`, part.readyWithin, async () => (await ask()) || undefined, over);
  return true;
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(reasonOf(error)));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.stdin?.on('error', () => undefined); // it may die at any time; its end is seen above
  });
}

function forward(stream: Readable | null, part: Part, logs: Logs, seen: Seen): void {
  if (stream === null) return;
  const { ready } = part;
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
    if (line === '') return;
    if (typeof ready !== 'function' && line.includes(ready.line)) seen.ready = true;
    if (part.worthLogging?.(line, seen.stopping) ?? true) logs.line(part.name, line);
  });
}
