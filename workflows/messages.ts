// The workflows' front door: ids, task queues, search attributes, signals, updates and the shapes that travel.
// The API and the worker import this file and never a workflow's code.
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { CheckoutAnswer } from '../src/orders/rules.ts';

/** `orders` carries the workflows and their local activities; `payments` and `email` are scaled, limited and stopped alone. */
export const TASK_QUEUES = { orders: 'orders', payments: 'payments', email: 'email' } as const;
export type QueueName = keyof typeof TASK_QUEUES;

export const WORKFLOW_IDS = {
  checkout: (orderId: string) => `checkout/${orderId}`,
  mailer: 'mailer',
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
export const paymentSucceeded = defineSignal<[PaymentNews]>('paymentSucceeded');
export const paymentFailed = defineSignal<[PaymentNews]>('paymentFailed');
