// The barest workflow with an order's shape: an update that is answered after some steps, a signal, some more steps, the end.
// Two workflow tasks, and each step is one local activity. Nothing of an order is in it.
import { condition, defineSignal, defineUpdate, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { BareActivities } from './worker.ts';

/** How many steps come before the update's answer, and after the signal. */
export interface BareShape {
  before: number;
  after: number;
}

export const answerUpdate = defineUpdate<number>('answer');
export const payedSignal = defineSignal('payed');

const { step } = proxyLocalActivities<BareActivities>({ startToCloseTimeout: '8s' });

export async function bare(id: string, { before, after }: BareShape): Promise<void> {
  let answer: number | undefined;
  let payed = false;
  setHandler(answerUpdate, async () => {
    await condition(() => answer !== undefined);
    return answer ?? 0;
  });
  setHandler(payedSignal, () => {
    payed = true;
  });
  for (let number = 1; number <= before; number += 1) answer = await step(id, number);
  await condition(() => payed, '15 minutes');
  for (let number = 1; number <= after; number += 1) await step(id, before + number);
}
