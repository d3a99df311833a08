// The small storm of every run of the tests: 300 shoppers, 24 kills, and an auditor who finds nothing. It brings its own
// PostgreSQL and Temporal, because it kills them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { VICTIMS } from '../../bench/chaos/schedule.ts';
import { isAlive } from '../../src/local/launch.ts';
import { readStack } from '../../src/local/stack-file.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { spawnStart } from '../support/stack.ts';
import { until } from '../support/wait.ts';

/** What the issue allows in CI is 4 minutes; the rest is for saying what went wrong. */
const OVER_WITHIN_MS = 360_000;
const UP_WITHIN_MS = 90_000;
const GONE_WITHIN_MS = 60_000;

const chaos = (...args: string[]) => spawnStart({}, { args: ['bench/chaos.ts', ...args] });

/** The numbers of a line of the report: `kills 24: api 3, …` */
function tally(output: string, line: string): Record<string, number> {
  const [, text = ''] = new RegExp(`^${line} +(.*)$`, 'm').exec(output) ?? [];
  return Object.fromEntries([...text.matchAll(/([a-z]+) (\d+)/gi)].map(([, name, times]) => [name, Number(times)]));
}

test(
  '300 shoppers in a storm of 24 kills: every kind of process is hit, and no promise is broken',
  async () => {
    const run = chaos('--orders', '300', '--seed', '1', '--kills', '24');
    const code = await run.ended(OVER_WITHIN_MS);
    const output = run.output();
    process.stdout.write(output);
    expect({ code, output }).toEqual({ code: 0, output: expect.not.stringContaining('BROKEN') });
    expect(output).toMatch(/^shoppers +300:/m);
    expect(output).toMatch(/^kills +24:/m);
    const kills = tally(output, 'kills');
    for (const victim of VICTIMS) expect({ [victim]: kills[victim] }).toEqual({ [victim]: expect.any(Number) });
  },
  OVER_WITHIN_MS,
);

/** Its storm begins with PostgreSQL frozen for 7 s. */
const FROZEN_FIRST = '80';

test('killed with -9 while a process of the shop is frozen, it leaves none behind', async () => {
  const folder = temporaryFolder();
  try {
    const home = join(folder, 'home');
    const run = chaos('--seed', FROZEN_FIRST, '--home', home);
    const stack = await until('PostgreSQL is frozen', () => stackWithFrozen(home), UP_WITHIN_MS);
    run.signal('SIGKILL');
    const pids = Object.values(stack.pids)
      .flat()
      .filter((pid) => pid !== null);
    await until('all its processes are gone', async () => !pids.some(isAlive), GONE_WITHIN_MS);
  } finally {
    removeFolder(folder);
  }
});

async function stackWithFrozen(home: string) {
  const seen = await readFile(join(home, 'witness.jsonl'), 'utf8').catch(() => '');
  return seen.includes('freeze postgres') ? readStack(home) : undefined;
}
