// A Temporal that has just started answers before it has read its namespaces. What it does not know then is not what has
// ended: whoever asks is told to come back, and news of money stay unhandled, so that Stripe sends them again (P6).
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { askWorkflow } from '../../src/http/ask-workflow.ts';
import { toProblem } from '../../src/http/failures.ts';
import { cancelOrder } from '../../src/orders/moves.ts';
import { submitCheckout } from '../../src/orders/submit.ts';
import { handleEvent } from '../../src/payments/webhook.ts';
import { newId } from '../../src/platform/ids.ts';
import { cancelUpdate, WORKFLOW_IDS } from '../../workflows/messages.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, NOW } from '../support/rows.ts';
import { sharedServers } from '../support/servers.ts';
import { type Floor, floor } from './floor.ts';

const CANCEL = { by: 'customer', reason: 'cancelled_by_customer' } as const;

let database: OwnDatabase;
let deps: Floor['deps'];
beforeAll(async () => {
  database = await ownDatabase();
  const temporal = { TEMPORAL_ADDRESS: sharedServers().temporalAddress, TEMPORAL_NAMESPACE: 'not_there_yet' };
  ({ deps } = floor(null, temporal, { db: database.db }));
});
afterAll(async () => {
  await deps.temporal.close();
  await database.leave();
});

async function codeOf(asking: Promise<unknown>): Promise<string> {
  return asking.then(
    (answer) => `answered ${JSON.stringify(answer)}`,
    (error: unknown) => toProblem(error).code,
  );
}

const soon = () => Date.now() + 5_000;

test('a request to a workflow that is under way is to be repeated', async () => {
  const workflow = { id: WORKFLOW_IDS.checkout(newId(NOW)), deadline: soon() };
  const asking = askWorkflow(deps.temporal, workflow, (handle) =>
    handle.executeUpdate(cancelUpdate, { args: [CANCEL] }),
  );
  expect(await codeOf(asking)).toBe('unavailable');
});

test('a submit is to be repeated', async () => {
  const windows = { paymentWindow: 900, confirmationWindow: 900, holdGrace: 60 };
  const submitting = submitCheckout(deps.temporal, { orderId: newId(NOW), cartId: newId(NOW), ...windows });
  expect(await codeOf(submitting)).toBe('unavailable');
});

test.each(['PENDING', 'PAID'])('a cancel of an order that is %s is to be repeated', async (status) => {
  const orderId = await insertOrderRow(database.db, { status });
  expect(await codeOf(cancelOrder(deps, orderId, CANCEL))).toBe('unavailable');
});

test.each(['PENDING', 'EXPIRED'])('news of money for an order that is %s stay unhandled', async (status) => {
  const orderId = await insertOrderRow(database.db, { status });
  const id = `evt_${newId(NOW)}`;
  const object = { id: `pi_${newId(NOW)}`, object: 'payment_intent', metadata: { orderId } };
  const event = { id, object: 'event', type: 'payment_intent.succeeded', data: { object } } as unknown as Stripe.Event;
  expect(await codeOf(handleEvent(deps, event))).toBe('unavailable');
  const row = await database.db
    .selectFrom('stripeEvents')
    .select(['handledAt', 'outcome'])
    .where('id', '=', id)
    .executeTakeFirst();
  expect(row).toEqual({ handledAt: null, outcome: null });
});
