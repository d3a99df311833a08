// Our own processes as parts of the stack: API, worker, Stripe simulator, inbox. Each is one command of main.ts.
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../config.ts';
import { answersHttp, respondsOk } from './http-probe.ts';
import { type Command, run } from './launch.ts';
import type { Part } from './life.ts';
import type { Port } from './ports.ts';

export type Settings = Record<string, string>;

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 5_000;
/** A worker cancels after 5 s what has not ended by itself, and is done 5 s later. */
const WORKER_STOP_WITHIN_MS = 20_000;
/** After its own limit for draining a process has only to close its connections. */
const AFTER_DRAIN_MS = 5_000;
const SECOND_MS = 1000;

/** @param drainTimeout seconds that requests under way get to finish */
export function apiPart(name: string, port: Port, settings: Settings, drainTimeout: number): Part {
  return {
    ...own(name, ['api'], { ...settings, PORT: String(port.number) }),
    ports: [port],
    ready: () => respondsOk(`http://127.0.0.1:${port.number}/health/ready`),
    stopWithin: drainTimeout * SECOND_MS + AFTER_DRAIN_MS,
  };
}

export function workerPart(name: string, settings: Settings): Part {
  return {
    ...own(name, ['worker'], settings),
    ready: { line: '"msg":"worker ready"' },
    stopWithin: WORKER_STOP_WITHIN_MS,
  };
}

export function stripePart(port: Port, settings: Settings): Part {
  return {
    ...own('stripe', ['stripe-simulator'], { ...settings, STRIPE_SIM_PORT: String(port.number) }),
    ports: [port],
    ready: () => answersHttp(`http://127.0.0.1:${port.number}/_sim/health`),
  };
}

export function inboxPart(page: Port, smtp: Port, settings: Settings): Part {
  const numbers = { INBOX_PORT: String(page.number), SMTP_PORT: String(smtp.number) };
  return {
    ...own('inbox', ['inbox'], { ...settings, ...numbers }),
    ports: [page, smtp],
    ready: () => answersHttp(`http://127.0.0.1:${page.number}/_inbox/health`),
  };
}

/** Runs one of our own commands to its end. */
export function runOwn(
  args: string[],
  settings: Settings,
  limits: Pick<Command, 'within' | 'signal'>,
): Promise<string> {
  return run({ program: process.execPath, args: [MAIN, ...args], env: childEnvironment(settings), ...limits });
}

function own(name: string, args: string[], settings: Settings): Omit<Part, 'ready'> {
  return {
    name,
    program: process.execPath,
    args: [MAIN, ...args],
    // What goes on running is never the owner of the tables.
    env: childEnvironment({ ...settings, DATABASE_OWNER_URL: '' }),
    readyWithin: READY_WITHIN_MS,
    stopSignal: 'SIGTERM',
    stopWithin: STOP_WITHIN_MS,
  };
}
