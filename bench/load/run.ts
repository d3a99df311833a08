// A run from its first level to its audit: what is measured, and in which order.
import type { Stack } from '../../src/local/stack-file.ts';
import { type Ceiling, runCeiling } from './ceiling/run.ts';
import { type OrderShape, shapeOfOrders } from './ceiling/shape.ts';
import { type Closing, close, settledOrders } from './closing.ts';
import { type Conditions, conditionsOf } from './conditions.ts';
import { type Growth, grow } from './growth.ts';
import { type Level, type LevelOptions, runLevel } from './level.ts';
import type { Period } from './measure.ts';
import type { Options } from './options.ts';
import { ceilingBlock, closingBlock, conditionsBlock, growthBlock, levelBlock, shapeBlock } from './report.ts';
import type { Site } from './site.ts';
import { bulkVariants, newVariants } from './tables.ts';

/** All figures of a run. */
export interface Figures {
  conditions: Conditions;
  levels: Level[];
  shape?: OrderShape;
  ceilings: Ceiling[];
  growth?: Growth;
  closing: Closing;
}

/** Where a run tells what it does, and what came of it; and what ends it. */
export interface Desk {
  signal: AbortSignal;
  tell: (text: string) => void;
  print: (block: string) => void;
}

const FULL_LEVELS = [1, 4, 16, 64];
/** The usual level of everything that is measured at one level only. */
const USUAL = 16;
const CEILING_LEVELS = [1, 16, 64];
const LONG_CART = { lines: 200, period: { warmup: 5, seconds: 30 } };

export async function runBench(site: Site, options: Options, desk: Desk): Promise<Figures> {
  const { stack } = site;
  const settledBefore = await settledOrders(stack.databaseUrl);
  const conditions = await conditionsOf(stack);
  desk.print(conditionsBlock(conditions));
  const levels: Level[] = [];
  const ceilings: Ceiling[] = [];
  let shape: OrderShape | undefined;
  for (const { hasCeiling, ...what } of options.growth === undefined ? await levelsOf(site, options) : []) {
    desk.tell(what.title);
    const measured = await runLevel(stack, what, desk.signal);
    desk.print(levelBlock(measured));
    levels.push(measured);
    if (!hasCeiling) continue;
    // At once after the level that it is held against: the machine is not the same at every minute.
    shape ??= await shapeShown(stack, desk);
    ceilings.push(await runBare(stack, { measured, shape, period: what.period }, desk));
  }
  const growth = options.growth && (await runGrowth(site, { ...options, growth: options.growth }, desk));
  desk.tell('auditing');
  const closing = await close(site, { ...seenIn(levels, growth), settledBefore }, desk.signal);
  desk.print(closingBlock(closing));
  return { conditions, levels, ceilings, closing, ...(shape && { shape }), ...(growth && { growth }) };
}

/** What the shoppers of a run have seen: how many stories came to their end, and how many did not. */
function seenIn(levels: readonly Level[], growth: Growth | undefined): Level['total'] {
  const measured = [...levels, ...(growth?.steps ?? []).map((step) => step.level)].map(({ total }) => total);
  const all = growth === undefined ? measured : [...measured, growth.filled];
  return {
    done: all.reduce((sum, { done }) => sum + done, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** One that has a ceiling is held against the bare workflow. */
type PlannedLevel = LevelOptions & { hasCeiling?: boolean };

/** The levels that were asked for; of the full run, all of them. */
async function levelsOf({ stack: { databaseUrl }, own }: Site, options: Options): Promise<PlannedLevel[]> {
  const { seconds, warmup, method, hot, shoppers: levels } = options;
  const usual = { linesPerCart: 1, period: { seconds, warmup } };
  const titleOf = (shoppers: number, ...details: string[]): string =>
    [`${shoppers} ${shoppers === 1 ? 'shopper' : 'shoppers'}`, ...details].join(', ');
  if (levels !== undefined) {
    const variants = await bulkVariants(databaseUrl, hot ? 'one' : 'twenty');
    const details = hot ? [method, 'one variant'] : [method];
    const asked = { ...usual, method, variants, hasCeiling: options.ceiling };
    return levels.map((shoppers) => ({ ...asked, title: titleOf(shoppers, ...details), shoppers }));
  }
  const card = { ...usual, method: 'card', variants: await bulkVariants(databaseUrl, 'twenty') } as const;
  const hottest = await bulkVariants(databaseUrl, 'one');
  return [
    ...FULL_LEVELS.map((shoppers) => ({
      ...card,
      title: titleOf(shoppers, 'card'),
      shoppers,
      hasCeiling: CEILING_LEVELS.includes(shoppers),
    })),
    { ...card, method: 'cod', title: titleOf(USUAL, 'cash on delivery'), shoppers: USUAL },
    { ...card, title: titleOf(USUAL, 'card', 'one variant'), shoppers: USUAL, variants: hottest },
    // A shop that runs already is somebody's: it gets no variants of ours.
    ...(own ? [await longCart(databaseUrl)] : []),
  ];
}

async function longCart(databaseUrl: string): Promise<LevelOptions> {
  const { lines, period } = LONG_CART;
  const variants = await newVariants(databaseUrl, lines);
  return {
    title: `1 shopper, card, ${lines} lines`,
    shoppers: 1,
    method: 'card',
    variants,
    linesPerCart: lines,
    period,
  };
}

async function runGrowth({ stack }: Site, options: Options & { growth: number[] }, desk: Desk): Promise<Growth> {
  const { growth: sizes, fillMinutes: minutes, method, seconds, warmup, shoppers = [] } = options;
  const [count = USUAL] = shoppers;
  const variants = await bulkVariants(stack.databaseUrl, 'twenty');
  const title = `${count} shoppers, ${method}`;
  const level = { title, shoppers: count, method, variants, linesPerCart: 1, period: { seconds, warmup } };
  const growth = await grow(stack, { sizes, minutes, level }, desk);
  for (const step of growth.steps) desk.print(levelBlock(step.level));
  desk.print(growthBlock(growth));
  return growth;
}

async function shapeShown(stack: Stack, desk: Desk): Promise<OrderShape> {
  const shape = await shapeOfOrders(stack);
  desk.print(shapeBlock(shape));
  return shape;
}

async function runBare(
  stack: Stack,
  { measured, shape, period }: { measured: Level; shape: OrderShape; period: Period },
  desk: Desk,
): Promise<Ceiling> {
  const clients = measured.shoppers;
  desk.tell(`the ceiling, ${clients} ${clients === 1 ? 'client' : 'clients'}`);
  const ceiling = await runCeiling(stack, { clients, shape, period }, desk.signal);
  desk.print(ceilingBlock(ceiling, measured));
  return ceiling;
}
