// Payments in SQL: the intents of an order, and the events that Stripe sent, each kept once (P6).
import type { Kysely } from 'kysely';
import type { OrderStatus } from '../orders/rules.ts';
import type { Schema } from '../platform/database-schema.ts';
import type { Write } from '../platform/writes.ts';
import type { EventOutcome } from './rules.ts';

export interface Intent {
  orderId: string;
  attempt: number;
  intentId: string;
  clientSecret: string;
  amount: number;
  currency: string;
  intentStatus: string;
}

/**
 * Keeps the intent of an attempt. A repeat finds it there, by whichever of its unique keys PostgreSQL meets first: named
 * keys would let one of two that run at once fail on the other's.
 * @returns whether it is kept now; false when it was there
 */
export async function saveIntent(db: Kysely<Schema>, id: string, intent: Intent, now: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('payments')
    .values({ id, ...intent, createdAt: now, updatedAt: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** The order's newest attempt, or undefined when it has none. */
export async function findAttempt(
  db: Kysely<Schema>,
  orderId: string,
): Promise<{ intentId: string; attempt: number } | undefined> {
  return db
    .selectFrom('payments')
    .select(['intentId', 'attempt'])
    .where('orderId', '=', orderId)
    .where('attempt', 'is not', null)
    .orderBy('attempt', 'desc')
    .limit(1)
    .$narrowType<{ attempt: number }>()
    .executeTakeFirst();
}

/** What Stripe said last of the intent. @returns which attempt of its order it is; null when it is none of ours */
export async function setIntentStatus(
  db: Kysely<Schema>,
  intentId: string,
  intentStatus: string,
  now: Date,
): Promise<number | null> {
  const row = await db
    .updateTable('payments')
    .set({ intentStatus, updatedAt: now })
    .where('intentId', '=', intentId)
    .returning('attempt')
    .executeTakeFirst();
  return row?.attempt ?? null;
}

/** An intent has succeeded. @param captured what was received of it, in minor units */
export function setCaptured(
  db: Kysely<Schema>,
  { intentId, captured }: { intentId: string; captured: number },
  now: Date,
): Write {
  return db
    .updateTable('payments')
    .set({ intentStatus: 'succeeded', captured, updatedAt: now })
    .where('intentId', '=', intentId);
}

export interface StripeEvent {
  id: string;
  type: string;
  objectId: string | null;
  orderId: string | null;
  payload: string;
}

/**
 * Keeps the event, once, whoever delivers it how often.
 * @returns whether it is still to be handled: true for a new one, and for one whose handling was cut short
 */
export async function saveEvent(db: Kysely<Schema>, event: StripeEvent, now: Date): Promise<boolean> {
  const row = await db
    .insertInto('stripeEvents')
    .values({ ...event, receivedAt: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet((eb) => ({ type: eb.ref('excluded.type') })))
    .returning('handledAt')
    .executeTakeFirstOrThrow();
  return row.handledAt === null;
}

/** The event has reached its workflow, or there is none that it concerns. What became of it first, stands. */
export async function markEventHandled(
  db: Kysely<Schema>,
  eventId: string,
  outcome: EventOutcome,
  now: Date,
): Promise<void> {
  await db
    .updateTable('stripeEvents')
    .set({ outcome, handledAt: now })
    .where('id', '=', eventId)
    .where('handledAt', 'is', null)
    .execute();
}

export type PaymentRow = Awaited<ReturnType<typeof listPayments>>[number];

/** The order's tries to be paid with Stripe, oldest first, each with where the order stands. */
export async function listPayments(db: Kysely<Schema>, orderId: string) {
  return selectPayments(db).where('payments.orderId', '=', orderId).orderBy('attempt').execute();
}

/** One try. @param id its own, or Stripe's id of its intent */
export async function findPayment(db: Kysely<Schema>, id: string): Promise<PaymentRow | undefined> {
  const column = id.startsWith('pi_') ? 'intentId' : 'payments.id';
  return selectPayments(db).where(column, '=', id).executeTakeFirst();
}

function selectPayments(db: Kysely<Schema>) {
  return db
    .selectFrom('payments')
    .innerJoin('orders', 'orders.id', 'payments.orderId')
    .selectAll('payments')
    .select('orders.status as orderStatus');
}

/** Where the order stands; undefined when there is no such order. */
export async function findOrderStatus(db: Kysely<Schema>, orderId: string): Promise<OrderStatus | undefined> {
  const order = await db.selectFrom('orders').select('status').where('id', '=', orderId).executeTakeFirst();
  return order?.status;
}
