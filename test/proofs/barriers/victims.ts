// Who is killed with -9, and when it is back.
import type { Stack } from '../../../src/local/stack-file.ts';
import { call } from '../../support/shopper.ts';
import type { RunningStack } from '../../support/stack.ts';
import { until } from '../../support/wait.ts';

const SERVERS = ['api', 'worker', 'temporal', 'postgres', 'redis', 'stripe'] as const;
type Server = (typeof SERVERS)[number];
/** One of them; or all at once, as when the machine loses its power: then nobody is left who remembers in memory. */
export const VICTIMS = [...SERVERS, 'all'] as const;
export type Victim = (typeof VICTIMS)[number];

const BACK_WITHIN_MS = 60_000;

/** Kills it with -9 and returns when another process of it is there and the shop says that it is well. */
export async function killAndAwait(shop: RunningStack, victim: Victim): Promise<void> {
  const before = await shop.read();
  const killed = (victim === 'all' ? SERVERS : [victim]).map((server) => ({ server, pid: pidOf(before, server) }));
  for (const { server, pid } of killed) {
    if (pid === undefined) throw new Error(`there is no ${server} to kill`);
    process.kill(pid, 'SIGKILL');
  }
  const isBack = async () => {
    const now = await shop.read();
    const others = killed.map(({ server, pid }) => ({ pid, next: pidOf(now, server) }));
    return others.every(({ pid, next }) => next !== undefined && next !== pid) && (await isWell(shop.stack));
  };
  await until(`${victim} is back`, isBack, BACK_WITHIN_MS);
}

function pidOf(stack: Stack | undefined, server: Server): number | undefined {
  const pids = stack?.pids[server];
  return (Array.isArray(pids) ? pids[0] : pids) ?? undefined;
}

/** The API serves, Redis answers it, and the simulator answers. */
async function isWell({ api: [api], stripe }: Stack): Promise<boolean> {
  try {
    const [health, simulator] = await Promise.all([
      call<{ status: string }>(`${api}/health`),
      call(`${stripe}/_sim/health`),
    ]);
    return health.body.status === 'ok' && simulator.status === 200;
  } catch {
    return false;
  }
}
