// Refunds: money goes back, never more than was captured. https://docs.stripe.com/refunds
import type { Stripe } from 'stripe';
import { z } from 'zod';
import { invalid, missing } from './errors.ts';
import { newId } from './ids.ts';
import { testMethod } from './methods.ts';
import { newRefund } from './objects.ts';
import { expand, mergeMetadata, metadata, oneOf, positive, text } from './parameters.ts';
import type { Work } from './work.ts';

export const createRefundParameters = z.strictObject({
  ...expand,
  amount: positive.optional(),
  charge: text.optional(),
  metadata: metadata.optional(),
  payment_intent: text.optional(),
  reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer').optional(),
});

export const updateRefundParameters = z.strictObject({ ...expand, metadata: metadata.optional() });

export function findRefund(work: Work, id: string): Stripe.Refund {
  const refund = work.store.tables.refunds.get(id);
  if (refund === undefined) throw missing('refund', id);
  return refund;
}

export function createRefund(work: Work, params: z.output<typeof createRefundParameters>): Stripe.Refund {
  const charge = chargeToRefund(work, params);
  const amount = refundable(charge, params.amount);
  const held = work.store.settings().holdRefunds === true;
  const later = held ? undefined : chargedMethod(work, charge)?.refunds;
  const refund = newRefund(
    charge,
    {
      amount,
      metadata: mergeMetadata({}, params.metadata),
      reason: params.reason ?? null,
      status: held || later === 'succeed_later' ? 'pending' : 'succeeded',
    },
    work.now,
  );
  work.store.put('refunds', refund);
  work.emit('refund.created', refund);
  count(work, charge, amount, 'charge.refunded');
  if (later !== undefined) work.later('settle_refund', refund.id);
  return refund;
}

export function updateRefund(work: Work, id: string, params: z.output<typeof updateRefundParameters>): Stripe.Refund {
  const refund = findRefund(work, id);
  const before = refund.metadata ?? {};
  const updated = { ...refund, metadata: mergeMetadata(before, params.metadata) };
  work.store.put('refunds', updated);
  work.emit('refund.updated', updated, { metadata: before });
  return updated;
}

/** Stops a refund that is under way. (Stripe's API stops those that wait for the customer; its dashboard, pending ones too.) */
export function cancelRefund(work: Work, id: string): Stripe.Refund {
  const refund = findRefund(work, id);
  if (refund.status !== 'pending' && refund.status !== 'requires_action') {
    throw invalid(`You cannot cancel a refund with a status of ${refund.status}.`, 'charge_not_refundable');
  }
  return undo(work, refund, 'canceled');
}

/** The bank has answered, some time after the refund was made. Does nothing to a refund that has come to its end. */
export function settleRefund(work: Work, id: string): void {
  const refund = work.store.tables.refunds.get(id);
  if (refund !== undefined) answerRefund(work, refund, refund.status !== 'succeeded');
}

/** A bank takes the money, or gives it back, also after it had taken it. */
export function answerRefund(work: Work, refund: Stripe.Refund, succeed: boolean): Stripe.Refund {
  if (refund.status === 'canceled' || refund.status === 'failed') return refund;
  if (!succeed) return undo(work, refund, 'failed');
  if (refund.status === 'succeeded') return refund;
  const { pending_reason: _, ...rest } = refund;
  const settled: Stripe.Refund = { ...rest, balance_transaction: newId('txn'), status: 'succeeded' };
  work.store.put('refunds', settled);
  work.emit('refund.updated', settled, { balance_transaction: null, status: refund.status });
  return settled;
}

/** The money stays with the shop after all, and can be refunded again. */
function undo(work: Work, refund: Stripe.Refund, status: 'canceled' | 'failed'): Stripe.Refund {
  const { pending_reason: _, ...rest } = refund;
  const failure = { failure_balance_transaction: newId('txn'), failure_reason: 'lost_or_stolen_card' };
  const undone: Stripe.Refund = { ...rest, status, ...(status === 'failed' ? failure : {}) };
  work.store.put('refunds', undone);
  work.emit('refund.updated', undone, { status: refund.status });
  if (status === 'failed') work.emit('refund.failed', undone, { status: refund.status });
  const charge = typeof refund.charge === 'string' ? work.store.tables.charges.get(refund.charge) : undefined;
  if (charge !== undefined) count(work, charge, -refund.amount, 'charge.updated');
  return undone;
}

function count(work: Work, charge: Stripe.Charge, amount: number, type: 'charge.refunded' | 'charge.updated'): void {
  const refunded = charge.amount_refunded + amount;
  const counted = { ...charge, amount_refunded: refunded, refunded: refunded === charge.amount };
  work.store.put('charges', counted);
  work.emit(type, counted, { amount_refunded: charge.amount_refunded, refunded: charge.refunded });
}

function chargeToRefund(work: Work, params: z.output<typeof createRefundParameters>): Stripe.Charge {
  const { tables } = work.store;
  if (params.charge !== undefined) {
    const charge = tables.charges.get(params.charge);
    if (charge === undefined) throw missing('charge', params.charge, 'charge');
    return charge;
  }
  if (params.payment_intent === undefined) {
    throw invalid(
      'One of the following params should be provided for this request: payment_intent or charge.',
      'parameter_missing',
    );
  }
  const intent = tables.payment_intents.get(params.payment_intent);
  if (intent === undefined) throw missing('payment_intent', params.payment_intent, 'payment_intent');
  const charge =
    intent.status === 'succeeded' && typeof intent.latest_charge === 'string'
      ? tables.charges.get(intent.latest_charge)
      : undefined;
  if (charge === undefined) {
    throw invalid(
      `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`,
      undefined,
      'payment_intent',
    );
  }
  return charge;
}

/** How much of a charge may go back: what was asked for, or all that is left of it. */
function refundable(charge: Stripe.Charge, wanted: number | undefined): number {
  if (!charge.captured || charge.status !== 'succeeded') {
    throw invalid(
      `Charge ${charge.id} has not been captured and cannot be refunded.`,
      'charge_not_refundable',
      'charge',
    );
  }
  if (charge.disputed) {
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, 'charge_disputed', 'charge');
  }
  const left = charge.amount - charge.amount_refunded;
  if (left === 0) throw invalid(`Charge ${charge.id} has already been refunded.`, 'charge_already_refunded');
  if (wanted !== undefined && wanted > left) {
    throw invalid(
      `Refund amount (${wanted}) is greater than unrefunded amount on charge (${left})`,
      undefined,
      'amount',
    );
  }
  return wanted ?? left;
}

function chargedMethod(work: Work, charge: Stripe.Charge) {
  const row = charge.payment_method === null ? undefined : work.store.tables.payment_methods.get(charge.payment_method);
  return row === undefined ? undefined : testMethod(row.method);
}
