// `npm run chaos`: seeded shoppers in a shop of its own, and a seeded storm over it: every kind of process killed and frozen,
// webhooks lost, held, repeated and reordered, Stripe and the mail server failing. Then quiet, and the audit. Exit code 1 when a
// promise is broken, with the seed to repeat it. Whatever it started is gone when it ends, however it ends.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { signalNumber } from '../src/local/launch.ts';
import { reasonOf } from '../src/local/problem.ts';
import { watchForShutdown } from '../src/local/shutdown.ts';
import { type RunningStack, startStack } from '../test/support/stack.ts';
import { type Options, parseOptions, USAGE } from './chaos/options.ts';
import { awaitQuiet } from './chaos/quiet.ts';
import { reportLines } from './chaos/report.ts';
import { run, WINDOWS } from './chaos/run.ts';
import { openWitness } from './chaos/witness.ts';

const EXIT_USAGE = 64;
const MS_PER_MINUTE = 60_000;
/** Windows, the shop's longest pauses before it asks Stripe again (1 min), and some. */
const QUIET_WITHIN_MS = 180_000;

function say(line: string): void {
  console.log(line);
}

/** @returns whether the shop has kept its promises */
async function chaos(options: Options, home: string, stop: AbortSignal): Promise<boolean> {
  const settings = Object.entries(WINDOWS).map(([name, seconds]) => [name, String(seconds)]);
  const env = { ...Object.fromEntries(settings), API_PROCESSES: '2', WORKER_PROCESSES: '2', PERDURE_LOGS: 'files' };
  const shop = await startStack({ own: true, home, env });
  try {
    return await stormAndAudit(options, shop, stop);
  } finally {
    await shop.stop();
  }
}

async function stormAndAudit(options: Options, { stack, home }: RunningStack, stop: AbortSignal): Promise<boolean> {
  const file = join(home, 'witness.jsonl');
  const witness = openWitness(file);
  const ran = await run({ ...options, home, stack, witness, stop });
  witness.close();
  for (const line of reportLines(ran)) say(line);
  const began = Date.now();
  const left = await awaitQuiet(stack.databaseUrl, QUIET_WITHIN_MS, stop);
  say(
    `quiet      ${left.length === 0 ? 'after' : 'NOT after'} ${Math.round((Date.now() - began) / 1_000)} s ${left.join(', ')}`,
  );
  return left.length === 0 && ran.figures.unexpected.size === 0;
}

/** A folder that PostgreSQL's user may enter, too. */
function makeHome(wanted: string | undefined): string {
  if (wanted === undefined) {
    const home = mkdtempSync(join(tmpdir(), 'perdure-chaos-'));
    chmodSync(home, 0o755);
    return home;
  }
  mkdirSync(resolve(wanted));
  return resolve(wanted);
}

async function main(options: Options): Promise<number> {
  const shutdown = watchForShutdown();
  shutdown.onImpatience(() => process.exit(128 + signalNumber('SIGINT')));
  const overdue = AbortSignal.timeout(options.minutes * MS_PER_MINUTE);
  const home = makeHome(options.home);
  const again = `npm run chaos -- --orders ${options.orders} --seed ${options.seed} --kills ${options.kills} --shoppers ${options.shoppers}`;
  say(again);
  let kept = false;
  try {
    kept = await chaos(options, home, AbortSignal.any([shutdown.signal, overdue]));
    if (!kept) say(`A promise is broken. To repeat it: ${again}`);
  } catch (error) {
    if (shutdown.signal.aborted) return 128 + signalNumber('SIGTERM');
    if (!overdue.aborted) throw error;
    say(`The run was not over after ${options.minutes} minutes. To repeat it: ${again}`);
  } finally {
    if (shutdown.signal.aborted || (kept && !options.keep)) rmSync(home, { recursive: true, force: true });
    else say(`The shop's home is kept: ${home}`);
  }
  return kept ? 0 : 1;
}

function readOptions(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${reasonOf(error)}\n${USAGE}`);
    return process.exit(EXIT_USAGE);
  }
}

try {
  process.exit(await main(readOptions()));
} catch (error) {
  console.error(error);
  process.exit(1);
}
