// Takes parts of a running stack away: frozen, killed, or killed again and again. Whatever is taken away is given back.
import { setTimeout } from 'node:timers/promises';
import { withClient } from '../../src/local/postgres.ts';
import { codeOf } from '../../src/local/problem.ts';
import type { Stack } from '../../src/local/stack-file.ts';
import type { RunningStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

/** The parts of which a stack has one. */
export type Part = 'redis' | 'temporal' | 'postgres';

/** How often a part that is kept dead is looked for: sooner than it can be of use again. */
const KILL_EVERY_MS = 20;

/** Gives back what was taken away; a second call does nothing. */
export type GiveBack = () => void;

/** Stops these processes without ending them: nobody is told, nobody is answered. */
export function freeze(...pids: (number | null | undefined)[]): GiveBack {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  return () => {
    for (const pid of pids.splice(0)) signal(pid, 'SIGCONT');
  };
}

/** Freezes the whole of PostgreSQL: the postmaster first, so that it makes no more backends, then all that there are. */
export async function freezePostgres({ databaseUrl, pids }: Stack): Promise<GiveBack> {
  return withClient(databaseUrl, async (client) => {
    const thaw = freeze(pids.postgres);
    const { rows } = await client.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
    );
    const thawBackends = freeze(...rows.map(({ pid }) => pid));
    return () => {
      thawBackends();
      thaw();
    };
  });
}

/** Ends a process at once, as an accident does. */
export function kill(pid: number | null | undefined): void {
  signal(pid, 'SIGKILL');
}

/** Kills a part with -9, and freezes the one that comes after it before it is of use, so that it stays away. */
export async function killAndFreeze(shop: RunningStack, part: Part): Promise<GiveBack> {
  const before = (await shop.read())?.pids[part];
  kill(before);
  return freeze(
    await until(`another ${part} begins`, async () => {
      const now = (await shop.read())?.pids[part];
      return now !== before && (now ?? undefined);
    }),
  );
}

/** Kills a part with -9 whenever it begins again. @returns what ends that */
export function keepDead(shop: RunningStack, part: Part): () => Promise<void> {
  const over = new AbortController();
  const killing = (async () => {
    while (!over.signal.aborted) {
      killIfThere((await shop.read())?.pids[part]);
      await setTimeout(KILL_EVERY_MS);
    }
  })();
  killing.catch(() => undefined); // whoever ends it hears of it
  return async () => {
    over.abort();
    await killing;
  };
}

function killIfThere(pid: number | null | undefined): void {
  try {
    kill(pid);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

function signal(pid: number | null | undefined, name: NodeJS.Signals): void {
  if (typeof pid !== 'number') throw new Error(`there is no process to send ${name} to`);
  process.kill(pid, name);
}
