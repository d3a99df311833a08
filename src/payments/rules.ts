// The words of payments.

/** What became of one of Stripe's events. */
export type EventOutcome = 'signalled' | 'ignored' | 'order_ended' | 'order_unknown' | 'late_payment';

/** PENDING from the moment that it is due, whether Stripe has heard of it yet or not. */
export type RefundStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED';
