// The words of an order's life: statuses, refusals and the shapes that the database, the API and the workflows share.
import type { Totals } from '../pricing/rules.ts';

export const ORDER_STATUSES = [
  'PENDING',
  'AWAITING_CONFIRMATION',
  'PAID',
  'CONFIRMED',
  'PROCESSING',
  'SHIPPED',
  'DELIVERED',
  'CANCELLED',
  'EXPIRED',
  'REFUNDED',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export const PAYMENT_STATUSES = [
  'NONE',
  'PENDING',
  'FAILED',
  'PAID',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
  'COD_DUE',
  'COD_COLLECTED',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

export const PAYMENT_METHODS = ['card', 'cod'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** Where to ship. `country` is ISO 3166-1 alpha-2. */
export interface Address {
  name: string;
  line1: string;
  line2?: string | undefined;
  city: string;
  region?: string | undefined;
  postalCode: string;
  country: string;
  phone?: string | undefined;
}

/** A line whose quantity is more than can be sold now. */
export interface ShortLine {
  variantId: string;
  sku: string;
  requested: number;
  available: number;
}

/** Why a coupon cannot be used. */
export const COUPON_PROBLEMS = [
  'unknown',
  'expired',
  'not_started',
  'minimum_not_met',
  'limit_reached',
  'customer_limit_reached',
  'inactive',
] as const;
export type CouponProblem = (typeof COUPON_PROBLEMS)[number];

/** Why a submit did not become an order. Every caller of the same submit is told the same. */
export type Refusal =
  | { code: 'out_of_stock'; items: ShortLine[] }
  | { code: 'cart_empty' }
  | { code: 'cart_changed'; total: number }
  | { code: 'coupon_invalid'; reason: CouponProblem }
  | { code: 'payment_refused' };

/** What a submit leads to. `failed`: it was stopped or broke before there was an order; the cart can be tried again. */
export type CheckoutAnswer = { outcome: 'placed' } | { outcome: 'refused'; refusal: Refusal } | { outcome: 'failed' };

/** Who moves an order; one of the staff with their user id. It goes into the order's events. */
export type Actor = 'customer' | 'stripe' | 'system' | `admin:${string}`;

const STAFF = 'admin:';

/** Who that is in the audit, where one of the staff stands for themselves: `user:<id>`, or `key:<id>` for a machine. */
export function auditActor(actor: string): string {
  if (!actor.startsWith(STAFF)) return actor;
  const who = actor.slice(STAFF.length);
  return who.startsWith('key:') ? who : `user:${who}`;
}

/** A move of one of the staff as the audit tells it. Undefined for those of others: the order's events tell them. */
export function actOfMove(move: {
  actor: string;
  to: OrderStatus;
  note: string | null;
}): { actor: string; action: string } | undefined {
  if (!move.actor.startsWith(STAFF)) return undefined;
  const done = move.note === 'rejected_by_shop' ? 'rejected' : move.to.toLowerCase();
  return { actor: auditActor(move.actor), action: `order_${done}` };
}

/** What became of a request to move an order: `status` is where the order stands after it. */
export type MoveAnswer = { moved: boolean; status: OrderStatus };

/** What became of a request for the order's intent. `none`: the order does not wait for a payment. */
export type IntentAnswer = { outcome: 'live' } | { outcome: 'none' } | { outcome: 'unavailable' };

/** Whether an order has to be paid before it is complete: one by card does, unless it costs nothing. */
export function waitsForMoney({ paymentMethod, total }: { paymentMethod: PaymentMethod; total: number }): boolean {
  return paymentMethod === 'card' && total > 0;
}

/** The cart's prices at the moment of the submit: what the order will say, whatever the catalog says later. */
export type PriceSnapshot = Totals & {
  currency: string;
  /** The coupon that the discount comes from, and its code as the shop writes it. */
  couponId?: string;
  couponCode?: string;
  shippingMethod: string;
};
