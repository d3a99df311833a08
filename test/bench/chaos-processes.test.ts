// Whom the storm hits: a process that lives, and if the last one has just died, the next.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openProcesses, type Processes } from '../../bench/chaos/processes.ts';
import { type Stack, writeStack } from '../../src/local/stack-file.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { until } from '../support/wait.ts';

const HOUR = 3_600;

let home: string;
let stopping: AbortController;
let processes: Processes;
let children: ChildProcess[];

beforeEach(() => {
  home = temporaryFolder();
  stopping = new AbortController();
  processes = openProcesses(home, stopping.signal);
  children = [];
});

afterEach(() => {
  processes.thaw();
  for (const child of children) child.kill('SIGKILL');
  removeFolder(home);
});

/** A process that does nothing. */
function idle(): number {
  const child = spawn('sleep', ['60']);
  children.push(child);
  return child.pid as number;
}

async function dead(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid as number;
}

/** A stack whose inbox is this process, and that has no Redis. */
function tell(inbox: number): void {
  const account = { email: 'a@example.com', password: 'a' };
  const none = { postgres: null, redis: null, temporal: null, temporalUi: null, stripe: null };
  const stack: Stack = {
    api: [],
    docs: '',
    temporal: '',
    namespace: '',
    temporalUi: null,
    stripe: '',
    publishableKey: null,
    stripeSecretKey: '',
    webhookSecret: '',
    inbox: null,
    smtp: '',
    databaseUrl: '',
    redisUrl: null,
    accounts: { admin: account, inventory: account, customer: account },
    pids: { ...none, start: process.pid, inbox, api: [], worker: [] },
  };
  writeStack(home, stack);
}

const isStopped = async (pid: number) => / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

test('a freeze waits for a process that lives, and stops it until it is let go', async () => {
  tell(await dead());
  const frozen = processes.freeze('inbox', 0, HOUR);
  const pid = idle();
  tell(pid);
  expect(await frozen).toBe(true);
  await until('it stands still', () => isStopped(pid));
  processes.thaw();
  await until('it goes on', async () => !(await isStopped(pid)));
});

test.each(['kill', 'freeze'] as const)('a part that the stack does not have is passed over: %s', async (deed) => {
  tell(idle());
  expect(await processes[deed]('redis', 0, HOUR)).toBe(false);
});

test.each(['kill', 'freeze'] as const)('whoever waits for a process ends when all is stopped: %s', async (deed) => {
  tell(await dead());
  const waiting = processes[deed]('inbox', 0, HOUR);
  stopping.abort(new Error('it is over'));
  await expect(waiting).rejects.toThrow('it is over');
});
