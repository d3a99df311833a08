// The barest workflow with an order's shape: an update that is answered after some steps, a signal, some more steps, the end.
// Two workflow tasks; each step is one small SQL transaction, and a local activity makes as many of them as one of an order does.
// Nothing of an order is in it.
import { condition, defineSignal, defineUpdate, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { BareActivities } from './worker.ts';

/** The local activities before the update's answer, and after the signal: how many steps each of them makes. */
export interface BareShape {
  before: number[];
  after: number[];
}

export const answerUpdate = defineUpdate<number>('answer');
export const payedSignal = defineSignal('payed');

const { makeSteps } = proxyLocalActivities<BareActivities>({ startToCloseTimeout: '8s' });

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
  for (const steps of before) answer = await makeSteps(id, steps);
  await condition(() => payed, '15 minutes');
  for (const steps of after) await makeSteps(id, steps);
}
