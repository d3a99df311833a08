// The words of payments, and what an order's payment is after money went back.
import type { OrderStatus, PaymentStatus } from '../orders/rules.ts';

/** What became of one of Stripe's events. */
export type EventOutcome = 'signalled' | 'ignored' | 'order_ended' | 'order_unknown' | 'late_payment';

/** Stripe's events of an intent that concern its order. */
export const INTENT_EVENTS = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.canceled',
  'payment_intent.processing',
  'payment_intent.requires_action',
] as const;
export type IntentEvent = (typeof INTENT_EVENTS)[number];

/** Stripe's events of a refund that concern ours. */
export const REFUND_EVENTS = ['refund.updated', 'refund.failed', 'charge.refund.updated'] as const;

/** PENDING from the moment that it is due, whether Stripe has heard of it yet or not. */
export type RefundStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED';

/**
 * Why money goes back: it came for an order that had ended, beside the payment that the order has or waits for, or for an
 * order that was cancelled afterwards.
 */
export type RefundReason = 'late_payment' | 'second_payment' | 'order_cancelled';

/** What an order costs, in minor units. */
export interface Due {
  total: number;
  currency: string;
}

/** Only the whole sum in the right currency pays for an order (P4). `status` in Stripe's words. */
export function pays(
  intent: { status: string; amountReceived: number; currency: string },
  { total, currency }: Due,
): boolean {
  return intent.status === 'succeeded' && intent.amountReceived === total && intent.currency === currency;
}

/** An order and its money, in minor units of its currency. */
export interface OrderMoney {
  status: OrderStatus;
  paymentStatus: PaymentStatus;
  total: number;
  captured: number;
  refunded: number;
}

/**
 * The order's payment after a refund. An order that still waits, one that is paid in cash, and one of which as much is left as
 * it costs (a second payment went back) stay as they are.
 */
export function paymentStatusAfterRefund(order: OrderMoney): PaymentStatus {
  const { status, paymentStatus, total, captured, refunded } = order;
  const waits = status === 'PENDING' || status === 'AWAITING_CONFIRMATION';
  const cash = paymentStatus === 'COD_DUE' || paymentStatus === 'COD_COLLECTED';
  if (waits || cash) return paymentStatus;
  if (captured > 0 && refunded === captured) return 'REFUNDED';
  const wasRefunded = paymentStatus === 'REFUNDED' || paymentStatus === 'PARTIALLY_REFUNDED';
  if (captured - refunded >= total) return wasRefunded ? 'PAID' : paymentStatus;
  return refunded > 0 ? 'PARTIALLY_REFUNDED' : paymentStatus;
}
