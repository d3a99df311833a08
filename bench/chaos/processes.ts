// Kills and freezes the processes of a running stack, by the ids that its stack.json names at that moment: whoever has died is
// another process a second later.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { isAlive, signalGroup, signalProcess } from '../../src/local/launch.ts';
import { withClient } from '../../src/local/postgres.ts';
import { readStack, type Stack } from '../../src/local/stack-file.ts';
import { until } from '../../src/local/wait.ts';
import type { Freezable, Victim } from './schedule.ts';

export interface Processes {
  /** Ends one with -9; waits for one to be there, if the last has just died. @returns false when the stack has no such part */
  kill(victim: Victim, which: number): Promise<boolean>;
  /** Stops one, waiting as above, and returns. After so long it goes on, whatever becomes of this process. @returns as above */
  freeze(victim: Freezable, which: number, seconds: number): Promise<boolean>;
  /** Lets go on, now, whatever is stopped. */
  thaw(): void;
}

/** A part that was killed a moment ago is back in this time, also one that needs another one first. */
const THERE_WITHIN_MS = 60_000;
/**
 * Who stops must let go, also when the harness itself is killed in between: a shell of its own does both, and outlives it by
 * no more than the freeze.
 */
const STOP_AND_GO = 'seconds=$1; shift; kill -STOP "$@"; sleep "$seconds"; kill -CONT "$@"';

/** @param stop ends all waiting */
export function openProcesses(home: string, stop: AbortSignal): Processes {
  const frozen = new Map<number, number[]>();
  return {
    kill: (victim, which) => {
      const tryOnce = async (): Promise<boolean | undefined> => {
        const pid = await findPid(home, victim, which);
        if (pid === null) return false;
        return pid !== undefined && signalProcess(pid, 'SIGKILL') ? true : undefined;
      };
      return until(`there was no ${victim} to kill`, THERE_WITHIN_MS, tryOnce, stop);
    },
    freeze: async (victim, which, seconds) => {
      const findOnce = () => findAll(home, victim, which);
      const pids = await until(`there was no ${victim} to freeze`, THERE_WITHIN_MS, findOnce, stop);
      if (pids === null) return false;
      const shell = spawn('sh', ['-c', STOP_AND_GO, 'sh', ...[seconds, ...pids].map(String)], {
        detached: true,
        stdio: 'ignore',
      });
      const { pid: shellPid } = shell;
      if (shellPid === undefined) throw (await once(shell, 'error'))[0];
      frozen.set(shellPid, pids);
      shell.once('exit', () => frozen.delete(shellPid));
      return true;
    },
    thaw: () => {
      for (const [shell, pids] of frozen) {
        signalGroup(shell, 'SIGKILL');
        for (const pid of pids) signalProcess(pid, 'SIGCONT');
      }
      frozen.clear();
    },
  };
}

/** Null where the stack has no such part, undefined where it is not there now. */
async function findPid(home: string, victim: Victim, which: number): Promise<number | null | undefined> {
  const stack = await readStack(home);
  if (stack === undefined) return undefined;
  if (victim !== 'backend') return pidOf(stack, victim, which);
  const pids = await backends(stack);
  return pids[Math.floor(which * pids.length)];
}

/** The processes that are one part, all of them alive; null and undefined as above. */
async function findAll(home: string, victim: Freezable, which: number): Promise<number[] | null | undefined> {
  const stack = await readStack(home);
  if (stack === undefined) return undefined;
  const pid = pidOf(stack, victim, which);
  if (typeof pid !== 'number') return pid;
  if (!isAlive(pid)) return undefined;
  if (victim !== 'postgres') return [pid];
  const serving = await backends(stack);
  return serving.length === 0 ? undefined : [pid, ...serving];
}

function pidOf({ pids }: Stack, victim: Freezable, which: number): number | null | undefined {
  const found = pids[victim];
  return Array.isArray(found) ? found[Math.floor(which * found.length)] : found;
}

/** PostgreSQL's processes that serve somebody; none while it does not answer. */
async function backends({ databaseUrl }: Stack): Promise<number[]> {
  try {
    return await withClient(databaseUrl, async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid`,
      );
      return rows.map(({ pid }) => pid);
    });
  } catch (error) {
    // What it says itself is a mistake of ours, unless it says that it is stopping or starting (class 57).
    if (error instanceof pg.DatabaseError && error.code?.startsWith('57') !== true) throw error;
    return [];
  }
}
