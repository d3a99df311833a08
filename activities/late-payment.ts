// Money that came for an order which does not wait for it: it is written down and its refund opened, in one transaction, so
// that there is no moment at which one is known without the other (P4).
import { ApplicationFailure } from '@temporalio/common';
import type { Transaction } from 'kysely';
import type Stripe from 'stripe';
import { lockOrder, setOrderMoney } from '../src/orders/store.ts';
import { listOpenRefunds, lockPayment, openRefund, saveReceived } from '../src/payments/refund-store.ts';
import { findAttempt } from '../src/payments/store.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import type { Schema } from '../src/platform/database-schema.ts';
import { newId } from '../src/platform/ids.ts';
import { asking } from './stripe-calls.ts';

/**
 * What is to be done about the money. `settled`: nothing, it has paid the order, has gone back, or never came. `waiting`: the
 * order still waits for this very intent, so its checkout must decide.
 */
export type LatePayment =
  | { outcome: 'settled' }
  | { outcome: 'waiting'; cartId: string }
  | { outcome: 'refund_due'; refundId: string };

export interface LatePaymentRequest {
  orderId: string;
  intentId: string;
  /** The id of the refund, should one be due. */
  refundId: string;
}

interface LatePaymentDependencies {
  db: Database;
  stripe: Stripe;
  clock: Clock;
}

export function createLatePaymentActivities({ db, stripe, clock }: LatePaymentDependencies) {
  return {
    /**
     * Reads the intent, and opens the refund of what it has brought. A repeat finds the refund that is under way.
     * @throws OrderUnknown, IntentOfAnotherOrder, StripeRefused (none of them retried: a person must look)
     */
    async takeLatePayment(request: LatePaymentRequest): Promise<LatePayment> {
      const intent = await asking(() => stripe.paymentIntents.retrieve(request.intentId));
      return db.transaction().execute((tx) => take(tx, request, intent, clock()));
    },
  };
}

async function take(
  tx: Transaction<Schema>,
  { orderId, intentId, refundId }: LatePaymentRequest,
  intent: Stripe.PaymentIntent,
  now: Date,
): Promise<LatePayment> {
  const order = await lockOrder(tx, orderId);
  if (order === undefined) throw ApplicationFailure.nonRetryable(`there is no order ${orderId}`, 'OrderUnknown');
  const payment = await lockPayment(tx, intentId);
  if ((payment?.orderId ?? intent.metadata['orderId']) !== orderId) {
    throw ApplicationFailure.nonRetryable('the intent is of another order', 'IntentOfAnotherOrder');
  }
  const captured = intent.amount_received;
  if (intent.status !== 'succeeded' || captured === 0) return { outcome: 'settled' };
  const waits = order.status === 'PENDING' || order.status === 'AWAITING_CONFIRMATION';
  if (waits && (await findAttempt(tx, orderId))?.intentId === intentId)
    return { outcome: 'waiting', cartId: order.cartId };

  const paymentId = payment?.id ?? newId(now);
  // What is written down already has paid the order, or was taken here before.
  if (payment === undefined || payment.captured === 0) {
    await saveReceived(tx, { ...received(intent), id: paymentId, orderId }, now);
    if (intent.currency === order.currency) {
      await setOrderMoney(tx, orderId, { captured: order.captured + captured }, now);
    }
    const ended = order.status === 'EXPIRED' || order.status === 'CANCELLED';
    await openRefund(tx, {
      id: refundId,
      paymentId,
      reason: ended ? 'late_payment' : 'second_payment',
      by: 'system',
      now,
    });
  }
  const [open] = await listOpenRefunds(tx, orderId, paymentId);
  return open === undefined ? { outcome: 'settled' } : { outcome: 'refund_due', refundId: open };
}

function received(intent: Stripe.PaymentIntent) {
  return {
    intentId: intent.id,
    clientSecret: intent.client_secret ?? '',
    intentStatus: intent.status,
    amount: intent.amount,
    currency: intent.currency,
    captured: intent.amount_received,
  };
}
