// Remembers the processes that a start has running, so that the next start of the same home can end what an earlier one
// left behind. On Linux the kernel has ended it already (see launch.ts); this is for systems that cannot, and for accidents.
import { readFileSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemEnvironment } from '../config.ts';
import { run, signalGroup } from './launch.ts';
import { findProgram } from './programs.ts';
import { until } from './wait.ts';

/** A process by its id and the moment of its start: ids are used again, so one alone proves nothing. */
const processes = z.array(z.object({ pid: z.number().int().positive(), started: z.string() }));

/** PostgreSQL's fast shutdown writes what it has in memory; this much is plenty on a slow disk. */
const END_WITHIN_MS = 20_000;
const PS_WITHIN_MS = 5_000;

export type Leftovers = { note: (pids: number[]) => Promise<void>; endAll: () => Promise<number> };

/** @param home the home folder */
export function createLeftovers(home: string): Leftovers {
  const file = join(home, 'processes.json');
  let writing = Promise.resolve();
  const note = async (pids: number[]): Promise<void> => {
    const known = await Promise.all(pids.map(async (pid) => ({ pid, started: (await startOf(pid)) ?? '' })));
    await writeFile(`${file}.new`, JSON.stringify(known), { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  return {
    note: (pids) => {
      const turn = writing.then(() => note(pids));
      writing = turn.catch(() => undefined); // whoever asked for it hears of it
      return turn;
    },
    endAll: async () => {
      const alive: number[] = [];
      for (const { pid, started } of await read(file)) {
        if (started !== '' && (await startOf(pid)) === started) alive.push(pid);
      }
      await Promise.all(alive.map((pid) => end(pid)));
      await rm(file, { force: true });
      return alive.length;
    },
  };
}

async function read(file: string): Promise<z.infer<typeof processes>> {
  try {
    return processes.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return []; // no file, or one that was being written when the machine stopped: nothing to end
  }
}

/** INT lets PostgreSQL write its memory out; what does not go by it is killed. */
async function end(pid: number): Promise<void> {
  signalGroup(pid, 'SIGINT');
  const gone = async (): Promise<true | undefined> => ((await startOf(pid)) === undefined ? true : undefined);
  try {
    await until(`process ${pid} ends`, END_WITHIN_MS, gone);
  } catch {
    signalGroup(pid, 'SIGKILL');
  }
}

/** When a process began, in the system's own words; undefined when it is not there. */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return startFromProc(pid);
  const ps = findProgram('ps');
  if (ps === undefined) return undefined;
  try {
    const args = ['-o', 'lstart=', '-p', String(pid)];
    return (await run({ program: ps, args, env: systemEnvironment({}), within: PS_WITHIN_MS })).trim() || undefined;
  } catch {
    return undefined; // ps fails when there is no such process
  }
}

/** Field 22 of proc(5) stat, in ticks since the machine's start; a zombie has ended already. */
function startFromProc(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
    return fields?.[0] === 'Z' ? undefined : fields?.[19];
  } catch {
    return undefined; // no such process
  }
}
