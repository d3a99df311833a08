// What becomes of an order after it was paid or confirmed. It runs while somebody acts on the order, and starts again with the
// next act, so that an order which nobody touches costs nothing.
import {
  allHandlersFinished,
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { MoveAnswer } from '../src/orders/rules.ts';
import { newId } from './ids.ts';
import { cancelUpdate, type FulfillmentInput, type MoveRequest, SEARCH_ATTRIBUTES } from './messages.ts';
import { runRefund } from './refund.ts';
import { sql, sqlOnRecord } from './steps.ts';

/**
 * Whoever starts a fulfillment sends an act with it, which is there at its first task. One that is not there by then is lost:
 * Temporal keeps an act in memory until a task has taken it.
 */
const ACT_COMES_WITHIN_MS = 5_000;

export async function fulfillment({ orderId }: FulfillmentInput): Promise<void> {
  let acts = 0;
  const refunds: Promise<void>[] = [];
  /** A refund that was ended by hand is no reason to fail here. */
  const seeThrough = (refundIds: string[]) =>
    refunds.push(...refundIds.map((refundId) => runRefund(refundId, orderId).catch(() => undefined)));

  setHandler(cancelUpdate, async (request: MoveRequest): Promise<MoveAnswer> => {
    acts += 1;
    const cancel = { orderId, ...request, refundId: newId(), at: new Date().toISOString() };
    const { answer, number, refundIds } = await sqlOnRecord.cancelPaidOrder(cancel);
    show(number, answer);
    seeThrough(refundIds);
    return answer;
  });

  // Whoever asked has the answer by now; the money may take days, and further acts may come meanwhile.
  const hasAct = await condition(() => acts > 0, ACT_COMES_WITHIN_MS);
  if (!hasAct) seeThrough(await sql.findOpenRefunds({ orderId }));
  for (let seen = -1; seen !== acts; ) {
    seen = acts;
    await condition(allHandlersFinished);
    await Promise.all(refunds);
  }
}

function show(number: string, { status }: MoveAnswer): void {
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.orderStatus, value: status },
    { key: SEARCH_ATTRIBUTES.orderNumber, value: number },
  ]);
  setCurrentDetails(`Order **${number}** is **${status}**.`);
}
