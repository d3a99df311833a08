// Refunds at Stripe and in the books. Stripe is asked under a key made of the refund's id, and the money is counted in one
// transaction when Stripe says that it has gone; however often either is repeated, it happens once (P4).
import { ApplicationFailure } from '@temporalio/common';
import type { Transaction } from 'kysely';
import type Stripe from 'stripe';
import { addMail } from '../src/notifications/store.ts';
import { lockOrder, setOrderMoney } from '../src/orders/store.ts';
import {
  findRefund,
  listStripeRefunds,
  lockRefund,
  moveRefund,
  type RefundRow,
  saveStripeRefund,
} from '../src/payments/refund-store.ts';
import { paymentStatusAfterRefund, type RefundStatus } from '../src/payments/rules.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import type { Schema } from '../src/platform/database-schema.ts';
import { newId } from '../src/platform/ids.ts';
import type { Logger } from '../src/platform/logger.ts';
import { asking, isRefused, withKeys } from './stripe-calls.ts';

/** Where a refund stands at Stripe; `failure` says why there is no money on its way. */
export interface RefundState {
  status: RefundStatus;
  failure: string | null;
}

/** A refund that has come to an end. @property at when, ISO 8601 */
export interface RefundEnd extends RefundState {
  refundId: string;
  at: string;
}

export interface RefundDependencies {
  db: Database;
  stripe: Stripe;
  clock: Clock;
  logger: Logger;
}

export function createRefundActivities(deps: RefundDependencies) {
  const { db, clock, logger } = deps;
  return {
    /**
     * Has Stripe make the refund, or looks how the one that it has made is doing. A refund that Stripe refuses for good is
     * FAILED, unless somebody has sent the same money back by hand.
     */
    async sendRefund({ refundId }: { refundId: string }): Promise<RefundState> {
      const refund = await findRefund(db, refundId);
      if (refund === undefined)
        throw ApplicationFailure.nonRetryable(`there is no refund ${refundId}`, 'RefundUnknown');
      const sent = await refundAtStripe(deps, refund);
      if ('failure' in sent) return { status: 'FAILED', failure: sent.failure };
      if (sent.id !== refund.stripeRefundId) await saveStripeRefund(db, refundId, sent.id, clock());
      return stateOf(sent);
    },

    /** Counts the refund on its payment and its order, and tells the customer when the money is on its way. */
    async settleRefund(end: RefundEnd): Promise<void> {
      const settled = await db.transaction().execute((tx) => settle(tx, end));
      if (settled === undefined || end.status !== 'FAILED') return;
      const { orderId, intentId, amount, currency } = settled;
      const { refundId, failure } = end;
      logger.error(
        { orderId, refundId, intentId, amount, currency, failure },
        'a refund has failed: a person must look',
      );
    },
  };
}

async function refundAtStripe(
  deps: RefundDependencies,
  refund: RefundRow,
): Promise<Stripe.Refund | { failure: string }> {
  const { stripe } = deps;
  const { stripeRefundId } = refund;
  try {
    return await asking(() =>
      stripeRefundId === null ? makeRefund(stripe, refund) : stripe.refunds.retrieve(stripeRefundId),
    );
  } catch (error) {
    if (!isRefused(error)) throw error;
    return (await findMadeByHand(deps, refund)) ?? { failure: error.message };
  }
}

/** Looks before each call whether Stripe has it: a key is no shelter when it is the next one, or a day old. */
async function makeRefund(stripe: Stripe, refund: RefundRow): Promise<Stripe.Refund> {
  const { id: refundId, orderId, intentId, amount } = refund;
  return withKeys(`refund:${refundId}`, async (idempotencyKey) => {
    const made = (await listAtStripe(stripe, refund)).find(({ metadata }) => metadata?.['refundId'] === refundId);
    if (made !== undefined) return made;
    const params = { payment_intent: intentId, amount, metadata: { orderId, refundId } };
    return stripe.refunds.create(params, { idempotencyKey });
  });
}

/**
 * Somebody of the staff has refunded the payment on Stripe's own pages, for at least as much: then the customer has the
 * money. One that is still pending is the one to wait for.
 */
async function findMadeByHand(
  { db, stripe }: RefundDependencies,
  refund: RefundRow,
): Promise<Stripe.Refund | undefined> {
  const ours = await listStripeRefunds(db, refund.paymentId);
  const atStripe = await asking(() => listAtStripe(stripe, refund)).catch(noneIfRefused);
  const byHand = atStripe.filter(
    ({ id, metadata, status }) =>
      !ours.has(id) && metadata?.['refundId'] === undefined && (status === 'succeeded' || status === 'pending'),
  );
  const sum = byHand.reduce((total, { amount }) => total + amount, 0);
  if (sum < refund.amount) return undefined;
  return byHand.find(({ status }) => status === 'pending') ?? byHand[0];
}

/** Where Stripe does not know the payment, or will not tell, nobody can have refunded it there. */
function noneIfRefused(error: unknown): Stripe.Refund[] {
  if (isRefused(error)) return [];
  throw error;
}

/** All the refunds of the payment that Stripe has, newest first. */
function listAtStripe(stripe: Stripe, { intentId }: RefundRow): Promise<Stripe.Refund[]> {
  return stripe.refunds.list({ payment_intent: intentId, limit: 100 }).autoPagingToArray({ limit: 1_000 });
}

/** https://docs.stripe.com/api/refunds/object#refund_object-status; `requires_action` waits for the customer. */
function stateOf({ status, failure_reason: reason }: Stripe.Refund): RefundState {
  if (status === 'succeeded') return { status: 'SUCCEEDED', failure: null };
  if (status === 'failed' || status === 'canceled') return { status: 'FAILED', failure: reason ?? status };
  return { status: 'PENDING', failure: null };
}

/** @returns the refund as it was before; undefined when it has been settled so already */
async function settle(tx: Transaction<Schema>, end: RefundEnd): Promise<RefundRow | undefined> {
  const { refundId, status, failure } = end;
  const now = new Date(end.at);
  const found = await findRefund(tx, refundId);
  const order = found && (await lockOrder(tx, found.orderId));
  const refund = await lockRefund(tx, refundId);
  if (order === undefined || refund === undefined || refund.status === status) return undefined;
  const went = refund.amount * (Number(status === 'SUCCEEDED') - Number(refund.status === 'SUCCEEDED'));
  await moveRefund(tx, refund, { status, failure, went, now });
  if (went !== 0 && refund.currency === order.currency) {
    const refunded = order.refunded + went;
    const paymentStatus = paymentStatusAfterRefund({ ...order, refunded });
    await setOrderMoney(tx, order.id, { refunded, paymentStatus }, now);
  }
  if (status === 'SUCCEEDED') {
    await addMail(tx, { id: newId(now), orderId: order.id, fact: 'refunded', reference: refundId, now }).execute();
  }
  return refund;
}
