// `npm run chaos`: seeded shoppers in a shop of its own, and a seeded storm over it: every kind of process killed and frozen,
// webhooks lost, held, repeated and reordered, Stripe and the mail server failing. Then quiet, and the audit. Exit code 1 when a
// promise is broken, with the seed to repeat it. Whatever it started is gone when it ends, however it ends.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { signalNumber } from '../src/local/launch.ts';
import { reasonOf } from '../src/local/problem.ts';
import { watchForShutdown } from '../src/local/shutdown.ts';
import { startStack } from '../test/support/stack.ts';
import { audit, readPlaces, verdictLines } from './audit/index.ts';
import { type Options, parseOptions, USAGE } from './chaos/options.ts';
import { awaitQuiet } from './chaos/quiet.ts';
import { reportLines } from './chaos/report.ts';
import { run, WINDOWS } from './chaos/run.ts';
import { openWitness } from './chaos/witness.ts';

const EXIT_USAGE = 64;
const MS_PER_MINUTE = 60_000;
/** Enough for every kind of history, few enough to take seconds. */
const REPLAYED = 50;

function say(line: string): void {
  console.log(line);
}

/** @returns whether the shop has kept its promises */
async function chaos(options: Options, home: string, stop: AbortSignal): Promise<boolean> {
  const settings = Object.entries(WINDOWS).map(([name, seconds]) => [name, String(seconds)]);
  const env = { ...Object.fromEntries(settings), API_PROCESSES: '2', WORKER_PROCESSES: '2', PERDURE_LOGS: 'files' };
  const shop = await startStack({ own: true, home, env });
  try {
    const file = join(home, 'witness.jsonl');
    const witness = openWitness(file);
    const ran = await run({ ...options, home, stack: shop.stack, witness, stop });
    witness.close();
    for (const line of reportLines(ran)) say(line);
    return (await judge(home, file, options.seed, stop)) && ran.figures.unexpected.size === 0;
  } finally {
    await shop.stop();
  }
}

/** Waits for quiet, and asks the auditor. */
async function judge(home: string, witness: string, seed: number, stop: AbortSignal): Promise<boolean> {
  const places = await readPlaces(home);
  const began = Date.now();
  const left = await awaitQuiet(places, stop);
  const seconds = Math.round((Date.now() - began) / 1_000);
  say(left.length === 0 ? `quiet      after ${seconds} s` : `NOT QUIET  after ${seconds} s: ${left.join(', ')}`);
  const verdict = await audit(places, { witness, replay: REPLAYED, seed });
  for (const line of verdictLines(verdict)) say(line);
  return verdict.ok && left.length === 0;
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

/** @returns the exit code */
async function main(options: Options): Promise<number> {
  const shutdown = watchForShutdown();
  shutdown.onImpatience(() => process.exit(128 + signalNumber('SIGINT')));
  const overdue = AbortSignal.timeout(options.minutes * MS_PER_MINUTE);
  const { orders, seed, kills, shoppers } = options;
  const again = `npm run chaos -- --orders ${orders} --seed ${seed} --kills ${kills} --shoppers ${shoppers}`;
  say(again);
  const home = makeHome(options.home);
  let kept = false;
  try {
    kept = await chaos(options, home, AbortSignal.any([shutdown.signal, overdue]));
    if (!kept) say(`\nA promise is broken. To repeat it: ${again}`);
    return kept ? 0 : 1;
  } catch (error) {
    if (shutdown.signal.aborted) return 128 + signalNumber('SIGTERM');
    if (!overdue.aborted) throw error;
    say(`\nNot over after ${options.minutes} minutes. To repeat it: ${again}`);
    return 1;
  } finally {
    if (shutdown.signal.aborted || (kept && !options.keep)) rmSync(home, { recursive: true, force: true });
    else say(`The shop's home is kept: ${home}`);
  }
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
