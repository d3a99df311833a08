// Money on its way back, in SQL (P4): what was received of each payment, and the refunds of it. Whoever changes either holds
// the lock of the order's row and then of the payment's, so that a sum is read and acted upon by one at a time.
import { type Kysely, sql } from 'kysely';
import { type Actor, auditActor } from '../orders/rules.ts';
import { appendAct } from '../platform/audit.ts';
import type { Schema } from '../platform/database-schema.ts';
import type { RefundReason, RefundStatus } from './rules.ts';

export type RefundRow = NonNullable<Awaited<ReturnType<typeof findRefund>>>;

/** A refund with the intent that it is of, or undefined. */
export async function findRefund(db: Kysely<Schema>, refundId: string) {
  return selectRefund(db, refundId).executeTakeFirst();
}

/** The same, with the refund and its payment locked. */
export async function lockRefund(db: Kysely<Schema>, refundId: string): Promise<RefundRow | undefined> {
  return selectRefund(db, refundId).forUpdate().executeTakeFirst();
}

function selectRefund(db: Kysely<Schema>, refundId: string) {
  return db
    .selectFrom('refunds')
    .innerJoin('payments', 'payments.id', 'refunds.paymentId')
    .selectAll('refunds')
    .select('payments.intentId')
    .where('refunds.id', '=', refundId);
}

/** Locks the payment that an intent made; undefined when we do not have it. */
export async function lockPayment(db: Kysely<Schema>, intentId: string) {
  return db
    .selectFrom('payments')
    .select(['id', 'orderId', 'captured'])
    .where('intentId', '=', intentId)
    .forUpdate()
    .executeTakeFirst();
}

/** Locks all the payments of an order that brought money, the first first. */
export async function lockReceived(db: Kysely<Schema>, orderId: string): Promise<{ id: string }[]> {
  return db
    .selectFrom('payments')
    .select('id')
    .where('orderId', '=', orderId)
    .where('captured', '>', 0)
    .orderBy('id')
    .forUpdate()
    .execute();
}

export interface ReceivedPayment {
  id: string;
  orderId: string;
  intentId: string;
  clientSecret: string;
  intentStatus: string;
  amount: number;
  currency: string;
  captured: number;
}

/** Keeps what Stripe has received for the order, on the payment that is there, or on one that is no attempt of ours. */
export async function saveReceived(db: Kysely<Schema>, payment: ReceivedPayment, now: Date): Promise<void> {
  const { intentStatus, amount, currency, captured } = payment;
  await db
    .insertInto('payments')
    .values({ ...payment, attempt: null, createdAt: now, updatedAt: now })
    .onConflict((conflict) =>
      conflict.column('intentId').doUpdateSet({ intentStatus, amount, currency, captured, updatedAt: now }),
    )
    .execute();
}

/**
 * Opens a refund of all that was received of a payment and is not refunded or being refunded, and puts it into the audit; nothing
 * when that is nothing. Call it with the payment locked. A repeat finds the refund there.
 * @param refund `by`: who has asked for it, `system` where nobody has
 */
export async function openRefund(
  db: Kysely<Schema>,
  refund: { id: string; paymentId: string; reason: RefundReason; by: Actor; now: Date },
): Promise<void> {
  const { id, paymentId, reason, by, now } = refund;
  const { rows } = await sql<{ orderId: string; amount: number; currency: string }>`
    INSERT INTO refunds (id, order_id, payment_id, amount, currency, reason, created_at, updated_at)
    SELECT ${id}, order_id, id, due, currency, ${reason}, ${now}, ${now}
    FROM (
      SELECT *, captured - refunded - (
        SELECT coalesce(sum(amount), 0) FROM refunds WHERE payment_id = payments.id AND status = 'PENDING') AS due
      FROM payments WHERE id = ${paymentId}
    ) AS payment
    WHERE due > 0
    ON CONFLICT (id) DO NOTHING
    RETURNING order_id, amount, currency`.execute(db);
  const [opened] = rows;
  if (opened === undefined) return;
  const { orderId, ...money } = opened;
  const act = { actor: auditActor(by), action: 'refund_requested', subject: `order:${orderId}` };
  await appendAct(db, { ...act, details: { refund: id, reason, ...money }, now });
}

/** The refunds of an order that are under way, oldest first. @param paymentId of this payment of it only */
export async function listOpenRefunds(db: Kysely<Schema>, orderId: string, paymentId?: string): Promise<string[]> {
  const all = db.selectFrom('refunds').select('id').where('orderId', '=', orderId).where('status', '=', 'PENDING');
  const some = paymentId === undefined ? all : all.where('paymentId', '=', paymentId);
  return (await some.orderBy('createdAt').orderBy('id').execute()).map(({ id }) => id);
}

/** Stripe's ids of the refunds of a payment that we know. */
export async function listStripeRefunds(db: Kysely<Schema>, paymentId: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom('refunds')
    .select('stripeRefundId')
    .where('paymentId', '=', paymentId)
    .where('stripeRefundId', 'is not', null)
    .execute();
  return new Set(rows.flatMap(({ stripeRefundId }) => stripeRefundId ?? []));
}

/** Stripe has made the refund. */
export async function saveStripeRefund(
  db: Kysely<Schema>,
  refundId: string,
  stripeRefundId: string,
  now: Date,
): Promise<void> {
  await db.updateTable('refunds').set({ stripeRefundId, updatedAt: now }).where('id', '=', refundId).execute();
}

/**
 * Moves a refund that is locked, and counts on its payment what has gone back by it.
 * @param went back with this move, in minor units; negative when the money did not arrive after all
 * @throws the database's CHECK when more would go back than was received (P4)
 */
export async function moveRefund(
  db: Kysely<Schema>,
  { id, paymentId }: RefundRow,
  move: { status: RefundStatus; failure: string | null; went: number; now: Date },
): Promise<void> {
  const { status, failure, went, now } = move;
  await db.updateTable('refunds').set({ status, failure, updatedAt: now }).where('id', '=', id).execute();
  await db
    .updateTable('payments')
    .set((eb) => ({ refunded: eb('refunded', '+', went), updatedAt: now }))
    .where('id', '=', paymentId)
    .execute();
}
