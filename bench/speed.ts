// `npm run bench`: how fast the whole story of an order is on the running system, and what it costs. It starts a stack of its own
// (or uses one that runs), drives it from a process of its own, audits the tables, and leaves nothing behind, however it ends.
import { writeFile } from 'node:fs/promises';
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

async function main(args: string[]): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  try {
    process.exitCode = await bench(args, stopping.signal);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

const args = process.argv.slice(2);
if (args[0] === '--help') console.log(USAGE);
else await main(args);
