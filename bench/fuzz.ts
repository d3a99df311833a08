// `npm run fuzz`: right and wrong requests, made of the OpenAPI document, to every route with every role, on a shop of its own. No
// answer may be a 5xx or other than the document says, and what is refused must change nothing. Exit code 1 otherwise, with the
// seed to repeat it.
import { parseArgs } from 'node:util';
import { watchForShutdown } from '../src/local/shutdown.ts';
import { startStack } from '../test/support/stack.ts';
import { type Finding, fuzz } from './fuzz/run.ts';

const USAGE = `usage: npm run fuzz -- [--requests 20000] [--seed 1]`;
const EXIT_USAGE = 64;
const SHOWN = 30;

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) {
    console.error(USAGE);
    return EXIT_USAGE;
  }
  const { signal } = watchForShutdown();
  const shop = await startStack({ own: true, env: { PERDURE_LOGS: 'files', RATE_LIMIT_SCALE: '0' } });
  try {
    const fuzzed = await fuzz(shop.stack, { ...options, signal });
    const statuses = [...fuzzed.answers].toSorted(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
    console.log(`${fuzzed.requests} requests, seed ${options.seed}; ${statuses.join(', ')}`);
    console.log(`${fuzzed.refused.again} refused requests sent again, ${fuzzed.refused.still} refused again`);
    console.log(`never a success: ${fuzzed.neverDone.join(', ') || 'none'}`);
    for (const finding of fuzzed.findings.slice(0, SHOWN)) console.log(findingLines(finding));
    console.log(`${fuzzed.findings.length} findings`);
    return fuzzed.findings.length === 0 ? 0 : 1;
  } finally {
    await shop.stop();
  }
}

function findingLines({ what, times, sent }: Finding): string {
  const { role, method, path, headers, body } = sent;
  return `\n${what}\n  ${times} times, first as ${role}: ${method} ${path.slice(0, 300)}\n  ${JSON.stringify(headers).slice(0, 500)}\n  ${(body ?? '').slice(0, 500)}`;
}

function optionsOf(args: string[]): { requests: number; seed: number } | undefined {
  try {
    const { values } = parseArgs({ args, options: { requests: { type: 'string' }, seed: { type: 'string' } } });
    const [requests, seed] = [Number(values.requests ?? 20_000), Number(values.seed ?? 1)];
    return Number.isInteger(requests) && requests > 0 && Number.isInteger(seed) ? { requests, seed } : undefined;
  } catch {
    return undefined;
  }
}

process.exitCode = await main();
