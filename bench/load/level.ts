// One level of a run: so many shoppers at once, for so long, and then the mails that they are owed.
import type { Stack } from '../../src/local/stack-file.ts';
import type { Task } from './driver-process.ts';
import { groupsOf } from './groups.ts';
import { type Measured, measure, type Period } from './measure.ts';
import type { ShoppersPlan } from './shoppers.ts';
import type { Method, StoryTimes } from './story.ts';
import { type Mails, mailsOf, mailsSent } from './tables.ts';

export interface LevelOptions {
  title: string;
  shoppers: number;
  method: Method;
  /** The ids of what the shoppers choose from. */
  variants: string[];
  linesPerCart: number;
  period: Period;
}

export interface Level extends Measured<keyof StoryTimes> {
  title: string;
  shoppers: number;
  method: Method;
  mails: Mails & { /** Seconds from the end of the level until none was left. */ drained: number };
}

const PARTS = ['story', 'submit', 'cart', 'pay', 'settle'] as const satisfies (keyof StoryTimes)[];

/** @param signal ends it */
export async function runLevel(stack: Stack, options: LevelOptions, signal: AbortSignal): Promise<Level> {
  const { databaseUrl } = stack;
  const { title, shoppers, method, period } = options;
  const measured = await measure({
    task: shoppersTask(stack, options),
    groups: groupsOf(stack),
    databaseUrl,
    parts: PARTS,
    period,
    signal,
  });
  const mails = await mailsOf(databaseUrl, measured);
  const drained = await mailsSent(databaseUrl, signal);
  return { title, shoppers, method, ...measured, mails: { ...mails, drained } };
}

/** The driver's process for these shoppers. */
export function shoppersTask(
  stack: Stack,
  { shoppers, method, variants, linesPerCart }: Omit<LevelOptions, 'title' | 'period'>,
): Task {
  const plan: ShoppersPlan = {
    shoppers,
    method,
    variants,
    linesPerCart,
    apis: stack.api,
    stripe: stack.stripe,
    publishableKey: stack.publishableKey ?? '',
  };
  return { role: 'shoppers', plan };
}
