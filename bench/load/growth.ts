// Growth: the shop is filled with orders through its own front door, and measured on the way, to see what grows with them.
import type { Stack } from '../../src/local/stack-file.ts';
import { rowsOf } from '../../test/support/backstage.ts';
import { settledOrders } from './closing.ts';
import type { Told } from './driver.ts';
import { startDriver } from './driver-process.ts';
import { type Level, type LevelOptions, runLevel, shoppersTask } from './level.ts';
import { errorsIn, totalOf } from './measure.ts';
import type { StoryTimes } from './story.ts';
import { mailsSent } from './tables.ts';

export interface GrowthStep {
  /** What was wanted, and how many there were when it was measured. */
  wanted: number;
  orders: number;
  level: Level;
  /** Megabytes (10^6) of each database. */
  databases: Record<string, number>;
}

/** The whole growth: what was measured, and all that its shoppers did while they filled the shop. */
export interface Growth {
  steps: GrowthStep[];
  filled: { done: number; failed: number };
  /** What went wrong while it was filled. */
  errors: Record<string, number>;
}

/** Enough to keep two cores busy, not so many that they only wait. */
const FILLERS = 16;
const LOOK_EVERY_SECONDS = 2;
const MEGA = 1_000_000;

/**
 * Fills and measures at each of the sizes.
 * @param minutes for all the filling together; when they are over, what is there then is measured, and that is the end
 */
export async function grow(
  stack: Stack,
  { sizes, minutes, level }: { sizes: readonly number[]; minutes: number; level: LevelOptions },
  { tell, signal }: { tell: (text: string) => void; signal: AbortSignal },
): Promise<Growth> {
  const deadline = Date.now() + minutes * 60_000;
  const growth: Growth = { steps: [], filled: { done: 0, failed: 0 }, errors: {} };
  for (const wanted of sizes) {
    tell(`filling until ${wanted} orders are there`);
    const told = await fill(stack, { wanted, deadline, level }, signal);
    await mailsSent(stack.databaseUrl, signal);
    const { done, failed } = totalOf(told);
    growth.filled.done += done;
    growth.filled.failed += failed;
    for (const [what, count] of Object.entries(errorsIn(told))) {
      growth.errors[what] = (growth.errors[what] ?? 0) + count;
    }
    const orders = await settledOrders(stack.databaseUrl);
    tell(`measuring with ${orders} orders`);
    const measured = await runLevel(stack, { ...level, title: `${level.title}, with ${orders} orders` }, signal);
    growth.steps.push({ wanted, orders, level: measured, databases: await sizesOf(stack.databaseUrl) });
    if (orders < wanted) break;
  }
  return growth;
}

async function fill(
  stack: Stack,
  { wanted, deadline, level }: { wanted: number; deadline: number; level: LevelOptions },
  signal: AbortSignal,
): Promise<Told<StoryTimes>[]> {
  const isOver = async () => (await settledOrders(stack.databaseUrl)) >= wanted || Date.now() >= deadline;
  if (await isOver()) return [];
  const driver = startDriver<StoryTimes>(shoppersTask(stack, { ...level, shoppers: FILLERS }));
  try {
    do await driver.runFor(LOOK_EVERY_SECONDS, signal);
    while (!(await isOver()));
    await driver.stop(signal);
  } finally {
    driver.kill();
  }
  return driver.told;
}

async function sizesOf(databaseUrl: string): Promise<Record<string, number>> {
  const text = 'select datname, pg_database_size(datname)::float8 as bytes from pg_database where not datistemplate';
  const rows = await rowsOf<{ datname: string; bytes: number }>({ databaseUrl }, text);
  return Object.fromEntries(rows.map(({ datname, bytes }) => [datname, bytes / MEGA]));
}
