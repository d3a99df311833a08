// Where an order, and everything that was done for it, stands: in the shop, at Stripe, in the inbox and in Temporal. Without ids
// and times, so that what two orders of the same story left can be compared.
import { WorkflowNotFoundError } from '@temporalio/common';
import { type RawBuilder, sql } from 'kysely';
import type { Stack } from '../../../src/local/stack-file.ts';
import type { Database } from '../../../src/platform/database.ts';
import type { TemporalClient } from '../../../src/platform/temporal.ts';
import { WORKFLOW_IDS } from '../../../workflows/messages.ts';
import { mailsTo } from '../../support/backstage.ts';
import { call } from '../../support/shopper.ts';

/** What an order is made of, known before it is placed. */
export interface Goods {
  orderId: string;
  cartId: string;
  variantId: string;
  couponId: string;
  email: string;
}

export interface Places {
  db: Database;
  temporal: TemporalClient;
  stack: Stack;
}

export type EndState = Record<string, unknown>;

/** The order's status and its payment's, of each of these orders; those that are not there yet are left out. */
export async function statusesOf(db: Database, orderIds: readonly string[]): Promise<Map<string, string>> {
  const orders = await db
    .selectFrom('orders')
    .select(['id', 'status', 'paymentStatus'])
    .where('id', 'in', orderIds)
    .execute();
  return new Map(orders.map(({ id, status, paymentStatus }) => [id, `${status} ${paymentStatus}`]));
}

/** How many mails of these orders are not sent yet. */
export async function unsentMails(db: Database, orderIds: readonly string[]): Promise<number> {
  const { unsent } = await db
    .selectFrom('mails')
    .select((eb) => eb.fn.countAll<number>().as('unsent'))
    .where('sentAt', 'is', null)
    .where('orderId', 'in', orderIds)
    .executeTakeFirstOrThrow();
  return unsent;
}

/** The workflows of these orders that are not COMPLETED: checkouts, and what came after them. */
export async function unfinishedWorkflows({ db, temporal }: Places, orderIds: readonly string[]): Promise<string[]> {
  const refunds = await db.selectFrom('refunds').select('id').where('orderId', 'in', orderIds).execute();
  const payments = await db.selectFrom('payments').select('intentId').where('orderId', 'in', orderIds).execute();
  const { checkout, fulfillment, latePayment, refund } = WORKFLOW_IDS;
  const ids = [
    ...orderIds.flatMap((id) => [checkout(id), fulfillment(id)]),
    ...payments.map(({ intentId }) => latePayment(intentId)),
    ...refunds.map(({ id }) => refund(id)),
  ];
  const statuses = await Promise.all(ids.map(async (id) => ({ id, status: await workflowStatus(temporal, id) })));
  return statuses
    .filter(({ status }) => status !== undefined && status !== 'COMPLETED')
    .map(({ id, status }) => `${id} is ${status}`);
}

async function workflowStatus({ client }: TemporalClient, workflowId: string): Promise<string | undefined> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Everything of one order. */
export async function endState(places: Places, goods: Goods): Promise<EndState> {
  const [rows, atStripe, inbox, unfinished] = await Promise.all([
    inDatabase(places.db, goods),
    atSimulator(places.stack, goods),
    inInbox(places.stack, goods),
    unfinishedWorkflows(places, [goods.orderId]),
  ]);
  return { ...rows, ...atStripe, inbox, unfinished };
}

async function inDatabase(db: Database, { orderId, cartId, variantId, couponId }: Goods): Promise<EndState> {
  const list = (from: RawBuilder<unknown>) =>
    sql`(SELECT coalesce(json_agg(row_to_json(x)), '[]'::json) FROM (${from}) x)`;
  const { rows } = await sql<EndState>`
    SELECT
      ${list(sql`SELECT status, payment_status, captured, refunded, cancel_reason, discount, total FROM orders WHERE cart_id = ${cartId}`)} AS orders,
      ${list(sql`SELECT from_status, to_status, actor, note FROM order_events WHERE order_id = ${orderId} ORDER BY sequence`)} AS events,
      ${list(sql`SELECT status, quantity FROM holds WHERE order_id = ${orderId}`)} AS holds,
      ${list(sql`SELECT on_hand, reserved FROM inventory WHERE variant_id = ${variantId}`)} AS stock,
      ${list(sql`SELECT kind, quantity FROM stock_movements WHERE variant_id = ${variantId} ORDER BY id`)} AS movements,
      ${list(sql`SELECT status FROM coupon_redemptions WHERE order_id = ${orderId}`)} AS redemptions,
      ${list(sql`SELECT used FROM coupons WHERE id = ${couponId}`)} AS coupon,
      ${list(sql`SELECT status, coupon_id IS NOT NULL AS with_coupon, next_order_id = ${orderId} AS names_the_order,
        (SELECT count(*) FROM cart_items WHERE cart_id = carts.id) AS lines FROM carts WHERE id = ${cartId}`)} AS cart,
      ${list(sql`SELECT attempt, intent_status, captured, refunded FROM payments WHERE order_id = ${orderId} ORDER BY attempt`)} AS payments,
      ${list(sql`SELECT amount, status, reason, failure FROM refunds WHERE order_id = ${orderId}`)} AS refunds,
      ${list(sql`SELECT fact, sent_at IS NOT NULL AS sent FROM mails WHERE order_id = ${orderId} ORDER BY fact, reference`)} AS mails
    `.execute(db);
  return rows[0] ?? {};
}

async function atSimulator({ stripe }: Stack, { orderId }: Goods): Promise<EndState> {
  const [intents, refunds] = await Promise.all([
    call<{ id: string; status: string; amount_received: number; metadata: { orderId?: string } }[]>(
      `${stripe}/_sim/payment_intents`,
    ),
    call<{ payment_intent: string; status: string; amount: number }[]>(`${stripe}/_sim/refunds`),
  ]);
  const ours = intents.body.filter(({ metadata }) => metadata.orderId === orderId);
  const back = refunds.body.filter(({ payment_intent }) => ours.some(({ id }) => id === payment_intent));
  return {
    intentsAtStripe: ours.map(({ status, amount_received }) => ({ status, amount_received })),
    refundsAtStripe: back.map(({ status, amount }) => ({ status, amount })),
  };
}

/** The subjects, without the order's number: each mail came once. */
async function inInbox(stack: Stack, { email }: Goods): Promise<string[]> {
  return (await mailsTo(stack, email)).map(({ subject }) => subject.replace(/PD-\d+/, 'PD-n')).toSorted();
}
