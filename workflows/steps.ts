// The activities as the workflows call them, each with its timeout, its retries and the reason for both.
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { createEmailActivities } from '../activities/email.ts';
import type { createExpiryActivities } from '../activities/expiry.ts';
import type { createFulfillmentActivities } from '../activities/fulfillment.ts';
import type { createLatePaymentActivities } from '../activities/late-payment.ts';
import type { createOrderPathActivities } from '../activities/order-path.ts';
import type { createOrderActivities } from '../activities/orders.ts';
import type { createPaymentActivities } from '../activities/payment.ts';
import type { createRefundActivities } from '../activities/refunds.ts';
import { TASK_QUEUES } from './messages.ts';

type Fulfillment = ReturnType<typeof createFulfillmentActivities>;
type LatePayments = ReturnType<typeof createLatePaymentActivities>;
type OrderPath = ReturnType<typeof createOrderPathActivities>;
type Orders = ReturnType<typeof createOrderActivities>;
type Payment = ReturnType<typeof createPaymentActivities>;
type Refunds = ReturnType<typeof createRefundActivities>;
type Email = ReturnType<typeof createEmailActivities>;

/** It is away for seconds, and an order that has begun must come to its end. */
const UNTIL_POSTGRES_IS_BACK = { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' } as const;

/**
 * One short transaction and one call to Stripe, which is given up after 12 s: the patient path goes on with it then. What is
 * tried again is the transaction.
 */
export const orderPath = proxyLocalActivities<OrderPath>({
  startToCloseTimeout: '20s',
  retry: UNTIL_POSTGRES_IS_BACK,
});

/** One short transaction. */
export const sql = proxyLocalActivities<Orders & Refunds>({
  startToCloseTimeout: '8s',
  retry: UNTIL_POSTGRES_IS_BACK,
});

/**
 * What a person's request alone sets off: one short transaction, as above, but as a regular activity. An update is in Temporal's
 * memory only until the task that takes it is complete, and a local activity has its effect within that task: were both lost
 * then, the replay would not know of the request, and nobody would go on with what it began. A regular activity begins when
 * the request is on record. These acts are rare; the path that every order takes has none of them. Of the other updates,
 * `submit` sets nothing off (the checkout's start does), and `intent` may be lost: its repeat finds the same intent by its key.
 */
export const sqlOnRecord = proxyActivities<Fulfillment & Pick<Orders, 'completeOrder' | 'endOrder'>>({
  taskQueue: TASK_QUEUES.orders,
  startToCloseTimeout: '8s',
  retry: UNTIL_POSTGRES_IS_BACK,
});

/** Stripe while the customer waits: one try. When it fails, the patient path goes on under the same key. */
export const stripeNow = proxyLocalActivities<Payment>({
  startToCloseTimeout: '12s',
  retry: { maximumAttempts: 1 },
});

/** Stripe with patience, on a queue that can be scaled, limited and paused alone. Stripe may be away for hours. */
export const stripePatient = proxyActivities<Payment & LatePayments & Refunds>({
  taskQueue: TASK_QUEUES.payments,
  startToCloseTimeout: '20s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

/**
 * One watch of the mailer: it sends what is due until its time is over. A worker that dies is noticed by its missing
 * heartbeat and another one takes the watch; a mail server that is away is the mail row's business, not a failure here.
 */
export const mailer = proxyActivities<Email>({
  taskQueue: TASK_QUEUES.email,
  startToCloseTimeout: '11m',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '10s' },
});

type Expiry = ReturnType<typeof createExpiryActivities>;

/** One short transaction each, as above. */
export const expiry = proxyLocalActivities<Omit<Expiry, 'watchHolds'>>({
  startToCloseTimeout: '8s',
  retry: UNTIL_POSTGRES_IS_BACK,
});

/**
 * One watch over what is held. A hold ends within 5 s of its time also when the worker that watches is killed at that moment:
 * so its silence is noticed soon, and another worker looks at once.
 */
export const holdsWatch = proxyActivities<Pick<Expiry, 'watchHolds'>>({
  taskQueue: TASK_QUEUES.orders,
  startToCloseTimeout: '6m',
  heartbeatTimeout: '1500ms',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '2s' },
});
