// `npm run bench`: how fast the whole story of an order is on the running system, and what it costs. It starts a stack of its own
// (or uses one that runs), drives it from a process of its own, audits the tables, and leaves nothing behind, however it ends.
import { writeFile } from 'node:fs/promises';
import { signalNumber } from '../src/local/launch.ts';
import { reasonOf } from '../src/local/problem.ts';
import { watchForShutdown } from '../src/local/shutdown.ts';
import { parseOptions, USAGE } from './load/options.ts';
import { runBench } from './load/run.ts';
import { openSite } from './load/site.ts';

function tell(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

/** @returns the exit code: 1 where the audit found something */
async function bench(args: string[], signal: AbortSignal): Promise<number> {
  const options = parseOptions(args);
  tell(options.home === undefined ? 'starting a shop' : `using the shop in ${options.home}`);
  const site = await openSite(options.home);
  try {
    const figures = await runBench(site, options, { signal, tell, print: console.log });
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`);
    return figures.closing.broken.length === 0 ? 0 : 1;
  } finally {
    if (site.own) tell('stopping the shop');
    await site.leave();
  }
}

/** @returns the exit code */
async function main(args: string[]): Promise<number> {
  const shutdown = watchForShutdown();
  shutdown.onImpatience(() => process.exit(128 + signalNumber('SIGINT')));
  try {
    return await bench(args, shutdown.signal);
  } catch (error) {
    if (shutdown.signal.aborted) return 128 + signalNumber('SIGTERM');
    console.error(reasonOf(error));
    return 1;
  }
}

const args = process.argv.slice(2);
if (args[0] === '--help') console.log(USAGE);
else process.exit(await main(args));
