// One level of a run: so many shoppers at once, for so long, and then the mails that they are owed.
import { fileURLToPath } from 'node:url';
import type { Stack } from '../../src/local/stack-file.ts';
import { groupsOf } from './groups.ts';
import { type Measured, measure, type Period } from './measure.ts';
import type { ShoppersPlan } from './shoppers.ts';
import type { Method, StoryTimes } from './story.ts';
import { bulkVariants, type Mails, mailsOf, mailsSent } from './tables.ts';

export interface LevelOptions {
  title: string;
  shoppers: number;
  method: Method;
  hot: boolean;
  period: Period;
}

export interface Level extends Measured<StoryTimes> {
  title: string;
  shoppers: number;
  method: Method;
  mails: Mails & { /** Seconds from the end of the level until none was left. */ drained: number };
}

const ENTRY = fileURLToPath(new URL('../speed.ts', import.meta.url));
const PARTS = ['story', 'submit', 'cart', 'pay', 'settle', 'reads'] as const;

export async function runLevel(
  stack: Stack,
  options: LevelOptions,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Level> {
  const { title, shoppers, method, hot, period } = options;
  const plan: ShoppersPlan = {
    shoppers,
    method,
    apis: stack.api,
    stripe: stack.stripe,
    publishableKey: stack.publishableKey ?? '',
    variants: await bulkVariants(stack.databaseUrl, hot ? 'one' : 'twenty'),
    linesPerCart: 1,
  };
  const program = { args: [ENTRY, 'shoppers', JSON.stringify(plan)], env };
  const measured = await measure<StoryTimes>(program, { groups: groupsOf(stack), parts: PARTS, period, signal });
  const mails = await mailsOf(stack.databaseUrl, measured);
  const drained = await mailsSent(stack.databaseUrl);
  return { title, shoppers, method, ...measured, mails: { ...mails, drained } };
}
