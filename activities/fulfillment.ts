// Effects on orders that were paid or confirmed: one transaction per act, and a repeat finds what was done before.
import { ApplicationFailure } from '@temporalio/common';
import type { Transaction } from 'kysely';
import { releaseCouponUse } from '../src/coupons/store.ts';
import { restockOrder } from '../src/inventory/store.ts';
import { addMail } from '../src/notifications/store.ts';
import type { Actor, MoveAnswer } from '../src/orders/rules.ts';
import { type LockedOrder, lockOrder, moveOrder, wasMovedBy, wasMovedFor } from '../src/orders/store.ts';
import { listOpenRefunds, lockReceived, openRefund } from '../src/payments/refund-store.ts';
import type { Database } from '../src/platform/database.ts';
import type { Schema } from '../src/platform/database-schema.ts';
import { newId } from '../src/platform/ids.ts';
import type { Announce } from '../src/platform/news.ts';

/** @property refundId the id of the refund, should one be due. @property at ISO 8601 */
export interface PaidCancel {
  orderId: string;
  refundId: string;
  by: Actor;
  reason: string;
  requestKey?: string | undefined;
  at: string;
}

export interface CancelledOrder {
  answer: MoveAnswer;
  number: string;
  /** The order's refunds that are under way. */
  refundIds: string[];
}

/** After shipping there is nothing to cancel any more. */
const CANCELLABLE = ['PAID', 'CONFIRMED', 'PROCESSING'] as const;

export function createFulfillmentActivities({ db, announce }: { db: Database; announce: Announce }) {
  return {
    /**
     * Cancels an order that was paid or confirmed: its units are for sale again, its coupon can be used again, its money is
     * due back and its customer gets a mail. An order that stands elsewhere stays.
     * @throws OrderUnknown (not retried)
     */
    async cancelPaidOrder(cancel: PaidCancel): Promise<CancelledOrder> {
      const cancelled = await db.transaction().execute(async (tx) => {
        const order = await lockOrder(tx, cancel.orderId);
        if (order === undefined) throw ApplicationFailure.nonRetryable('there is no such order', 'OrderUnknown');
        const answer = await move(tx, order, cancel);
        const { number } = order;
        return { answer, number, refundIds: await listOpenRefunds(tx, order.id) };
      });
      announce(cancel.orderId);
      return cancelled;
    },
  };
}

async function move(tx: Transaction<Schema>, order: LockedOrder, cancel: PaidCancel): Promise<MoveAnswer> {
  const { orderId, by: actor, reason, requestKey } = cancel;
  const now = new Date(cancel.at);
  const to = 'CANCELLED';
  if (!CANCELLABLE.some((status) => status === order.status)) {
    const moved =
      (await wasMovedBy(tx, { orderId, to, actor, now })) || (await wasMovedFor(tx, { orderId, to, requestKey }));
    return { moved, status: order.status };
  }
  const paymentStatus = order.paymentStatus === 'COD_DUE' ? 'NONE' : order.paymentStatus;
  const change = { orderId, from: CANCELLABLE, to, paymentStatus, actor, note: reason, requestKey, now } as const;
  await moveOrder(tx, change, { cancelReason: reason });
  await releaseCouponUse(tx, orderId, now, 'COMMITTED');
  await restockOrder(tx, orderId, now);
  for (const [at, { id: paymentId }] of (await lockReceived(tx, orderId)).entries()) {
    const id = at === 0 ? cancel.refundId : newId(now);
    await openRefund(tx, { id, paymentId, reason: 'order_cancelled', by: actor, now });
  }
  await addMail(tx, { id: newId(now), orderId, fact: 'cancelled', now }).execute();
  return { moved: true, status: to };
}
