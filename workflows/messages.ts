// The workflows' front door: ids, task queues, search attributes, signals, updates and the shapes that travel.
// The API and the worker import this file and never a workflow's code.
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor, CheckoutAnswer, IntentAnswer, MoveAnswer } from '../src/orders/rules.ts';

/** `orders` carries the workflows and their local activities; `payments` and `email` are scaled, limited and stopped alone. */
export const TASK_QUEUES = { orders: 'orders', payments: 'payments', email: 'email' } as const;
export type QueueName = keyof typeof TASK_QUEUES;

export const WORKFLOW_IDS = {
  checkout: (orderId: string) => `checkout/${orderId}`,
  fulfillment: (orderId: string) => `fulfillment/${orderId}`,
  refund: (refundId: string) => `refund/${refundId}`,
  latePayment: (intentId: string) => `late-payment/${intentId}`,
  mailer: 'mailer',
  reservationExpiry: 'reservation-expiry',
} as const;

/** What an operator can filter orders by in the Temporal UI. Never a name, an address or a mail. */
export const SEARCH_ATTRIBUTES = {
  orderStatus: defineSearchAttributeKey('OrderStatus', SearchAttributeType.KEYWORD),
  orderNumber: defineSearchAttributeKey('OrderNumber', SearchAttributeType.KEYWORD),
  orderTotal: defineSearchAttributeKey('OrderTotal', SearchAttributeType.INT),
  paymentMethod: defineSearchAttributeKey('PaymentMethod', SearchAttributeType.KEYWORD),
  customerId: defineSearchAttributeKey('CustomerId', SearchAttributeType.KEYWORD),
} as const;

/** What a checkout starts with: ids, and the windows of the configuration it was placed under (seconds). */
export interface CheckoutInput {
  orderId: string;
  cartId: string;
  paymentWindow: number;
  confirmationWindow: number;
  holdGrace: number;
}

/** The submit itself. Every caller sends it under the same update id, so that all of them get the one answer. */
export const submitUpdate = defineUpdate<CheckoutAnswer>('submit');
export const SUBMIT_UPDATE_ID = 'submit';

/** Stripe has news of an intent. It only says where to look: the workflow reads the intent again. */
export interface PaymentNews {
  intentId: string;
  eventId: string;
}
/** Anything else that happened to an intent: it is processing, or its customer has to act. */
export const paymentChanged = defineSignal<[PaymentNews]>('paymentChanged');
export const paymentSucceeded = defineSignal<[PaymentNews]>('paymentSucceeded');
export const paymentFailed = defineSignal<[PaymentNews]>('paymentFailed');

/** A request to move an order, by whom and why. `reason` is a word of ours, never a customer's text. */
export interface MoveRequest {
  by: Actor;
  reason: string;
  /** The same for every repeat of the request. */
  requestKey?: string | undefined;
}
/**
 * `cancel` is sent to the order's checkout while that runs, afterwards to its fulfillment; `confirm` and `reject` (cash on
 * delivery) to its checkout. The answer comes when the move is made, or is known to be impossible.
 */
export const cancelUpdate = defineUpdate<MoveAnswer, [MoveRequest]>('cancel');
export const confirmUpdate = defineUpdate<MoveAnswer, [MoveRequest]>('confirm');
export const rejectUpdate = defineUpdate<MoveAnswer, [MoveRequest]>('reject');

/** A cancel that reaches a fulfillment is the same for all who send it at once: they wait for one answer. */
export const CANCEL_UPDATE_ID = 'cancel';

/** Sees to it that the order has one live intent: the one it has, or a new attempt where that one has been cancelled. */
export const intentUpdate = defineUpdate<IntentAnswer>('intent');

/** Money that came for an order which does not wait for it. */
export interface LatePaymentInput {
  orderId: string;
  intentId: string;
}

/** A refund whose row is there. */
export interface RefundInput {
  refundId: string;
}
/** Stripe has news of a refund: it is read again. */
export const refundChanged = defineSignal('refundChanged');

export interface FulfillmentInput {
  orderId: string;
}
