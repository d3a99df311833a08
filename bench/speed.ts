// `npm run bench`: how fast the whole story of an order is on the running system, and what it costs. It starts a stack of its own
// (or uses one that runs), drives it from a process of its own, and leaves nothing behind, however it ends.
import { writeFile } from 'node:fs/promises';
import { type Level, runLevel } from './load/level.ts';
import { type Options, parseOptions, USAGE } from './load/options.ts';
import { levelBlock } from './load/report.ts';
import { openSite } from './load/site.ts';

/** What this program runs as in its other processes. */
const roles = {
  shoppers: async (plan: string) => (await import('./load/shoppers.ts')).shop(JSON.parse(plan)),
} satisfies Record<string, (plan: string) => Promise<void>>;

function isRole(name: string | undefined): name is keyof typeof roles {
  return name !== undefined && Object.hasOwn(roles, name);
}

function progress(text: string): void {
  console.error(`[${new Date().toISOString().slice(11, 19)}] ${text}`);
}

async function bench(options: Options, signal: AbortSignal): Promise<void> {
  progress(options.home === undefined ? 'starting a stack' : `using the stack in ${options.home}`);
  const site = await openSite(options.home, ourSettings(process.env));
  const levels: Level[] = [];
  try {
    for (const shoppers of options.shoppers ?? [1, 4, 16, 64]) {
      const { method, hot, seconds, warmup } = options;
      const title = `${shoppers} ${shoppers === 1 ? 'shopper' : 'shoppers'}, ${method}${hot ? ', one variant' : ''}`;
      progress(title);
      const what = { title, shoppers, method, hot, period: { seconds, warmup } };
      const level = await runLevel(site.stack, what, { env: process.env, signal });
      console.log(levelBlock(level));
      levels.push(level);
    }
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ levels }, null, 2)}\n`);
  } finally {
    progress('stopping');
    await site.leave();
  }
}

/** The settings of a stack that may be tried with another value. */
function ourSettings(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ['API_PROCESSES', 'WORKER_PROCESSES', 'DATABASE_POOL_SIZE', 'LOG_LEVEL'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

const [role, plan = ''] = process.argv.slice(2);
if (isRole(role)) {
  await roles[role](plan);
} else {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort(new Error(signal)));
  try {
    await bench(parseOptions(process.argv.slice(2)), stopping.signal);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    if (error instanceof TypeError) console.error(USAGE);
    process.exitCode = 1;
  }
}
