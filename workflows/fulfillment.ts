// What becomes of an order after it was paid or confirmed. It runs while somebody acts on the order, and starts again with the
// next act, so that an order which nobody touches costs nothing.
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { MoveAnswer } from '../src/orders/rules.ts';
import { newId } from './ids.ts';
import { cancelUpdate, type FulfillmentInput, type MoveRequest, SEARCH_ATTRIBUTES } from './messages.ts';
import { runRefund } from './refund.ts';
import { sqlOnRecord } from './steps.ts';

/**
 * Whoever starts a fulfillment sends an act with it, which is there at its first task. One that is not there by then is lost:
 * Temporal keeps an act in memory until a task has taken it.
 */
const ACT_COMES_WITHIN_MS = 5_000;

/** It is not cancelled: an act that has begun comes to its end, and its money finds somebody who sends it back. */
export function fulfillment(input: FulfillmentInput): Promise<void> {
  return CancellationScope.nonCancellable(() => carryOut(input));
}

async function carryOut({ orderId }: FulfillmentInput): Promise<void> {
  let acts = 0;
  const refunds: Promise<void>[] = [];

  const cancel = async (request: MoveRequest): Promise<MoveAnswer> => {
    acts += 1;
    const act = { orderId, ...request, refundId: newId(), at: new Date().toISOString() };
    const { answer, number, refundIds } = await sqlOnRecord.cancelPaidOrder(act);
    show(number, answer);
    refunds.push(...refundIds.map((refundId) => runRefund(refundId, orderId)));
    return answer;
  };
  setHandler(cancelUpdate, (request) => CancellationScope.nonCancellable(() => cancel(request)));

  // Whoever asked has the answer by now; the money may take days, and further acts may come meanwhile.
  await condition(() => acts > 0, ACT_COMES_WITHIN_MS);
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
