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
import { sql } from './steps.ts';

export async function fulfillment({ orderId }: FulfillmentInput): Promise<void> {
  let acts = 0;
  const refunds: Promise<void>[] = [];

  setHandler(cancelUpdate, async (request: MoveRequest): Promise<MoveAnswer> => {
    acts += 1;
    const cancel = { orderId, ...request, refundId: newId(), at: new Date().toISOString() };
    const { answer, number, refundIds } = await sql.cancelPaidOrder(cancel);
    show(number, answer);
    // A refund that was ended by hand is no reason to fail here.
    refunds.push(...refundIds.map((refundId) => runRefund(refundId, orderId).catch(() => undefined)));
    return answer;
  });

  // Whoever asked has the answer by now; the money may take days, and further acts may come meanwhile.
  await condition(() => acts > 0);
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
