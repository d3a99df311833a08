// What the orders' routes take and give.
import { z } from '@hono/zod-openapi';
import { judgeAddress } from '../addresses/rules.ts';
import { address } from '../http/address.ts';
import { currency, emailAddress, listOf, money, pageQuery, text, timestamp, uuid } from '../http/schemas.ts';
import { ORDER_STATUSES, PAYMENT_METHODS, PAYMENT_STATUSES } from './rules.ts';
import type { ListedOrder, OrderEvent } from './store.ts';

const placeOrderFields = z.strictObject({
  paymentMethod: z.enum(PAYMENT_METHODS),
  email: emailAddress
    .optional()
    .openapi({ description: "A guest's, who must give one. A customer's order has the address of their account" }),
  shippingAddress: address.optional().openapi({
    description:
      'Where to ship; or send addressId. It must be an address of its country: postal codes are checked, and the region is required where parcels need it',
  }),
  addressId: uuid.optional().openapi({ description: "One of a customer's own addresses, instead of shippingAddress" }),
  shippingMethod: text({ max: 50 })
    .optional()
    .openapi({ description: "The id of one of the shop's shipping methods; its first one unless told" }),
  expectedTotal: money.optional().openapi({ description: 'Refuse with cart_changed when the total is another' }),
  note: text({ max: 1_000, multiline: true, cards: 'mask' }).optional(),
});

export const placeOrderBody = placeOrderFields
  .refine(({ shippingAddress, addressId }) => (shippingAddress === undefined) !== (addressId === undefined), {
    path: ['shippingAddress'],
    message: 'is required, or addressId instead of it',
  })
  .superRefine(({ shippingAddress }, context) => {
    for (const { path, message } of shippingAddress === undefined ? [] : judgeAddress(shippingAddress))
      context.addIssue({ code: 'custom', path: ['shippingAddress', path], message });
  });

const DAY = z.iso.date();
/** A point in time in a query: with an offset, or a day, which begins at midnight UTC. */
const timeParam = z.union([DAY, z.iso.datetime({ offset: true })]).transform((value) => new Date(value));

/** The filters of the list of all orders. */
export const allOrdersQuery = pageQuery.extend({
  status: z.enum(ORDER_STATUSES).optional(),
  customer: z
    .union([uuid.transform((id) => ({ id })), emailAddress.toLowerCase().transform((email) => ({ email }))])
    .optional()
    .openapi({ type: 'string', description: "A customer's id, or a mail address, of guests too" }),
  from: timeParam.optional().openapi({ type: 'string', description: 'Placed then or later', example: '2026-11-01' }),
  to: timeParam
    .optional()
    .openapi({ type: 'string', description: 'Placed before then', example: '2026-12-01T00:00:00Z' }),
  number: text({ max: 30 }).optional().openapi({ example: 'PD-100001' }),
});

const orderItem = z.object({
  variantId: uuid,
  sku: z.string(),
  title: z.string(),
  quantity: z.int(),
  unitPrice: money,
  lineTotal: money,
  discount: money,
});

const shipment = z.object({ carrier: z.string(), trackingNumber: z.string() });

export const orderAnswer = z
  .object({
    id: uuid,
    number: z.string(),
    status: z.enum(ORDER_STATUSES),
    paymentStatus: z.enum(PAYMENT_STATUSES),
    paymentMethod: z.enum(PAYMENT_METHODS),
    items: z.array(orderItem),
    subtotal: money,
    discount: money,
    shipping: money,
    tax: money,
    total: money,
    refunded: money,
    currency,
    couponCode: z.string().nullable(),
    shippingMethod: z.string().nullable(),
    shippingAddress: address,
    email: z.string(),
    placedAt: timestamp,
    expiresAt: timestamp.nullable(),
    cancelReason: z.string().nullable(),
    shipments: z.array(shipment),
    accessToken: z.string().optional().openapi({ description: "A guest's key to this order" }),
  })
  .openapi('Order');

const move = z.object({
  sequence: z.int(),
  from: z.enum(ORDER_STATUSES).nullable(),
  to: z.enum(ORDER_STATUSES),
  actor: z.string().openapi({ description: 'customer, stripe, system or admin' }),
  note: z.string().nullable(),
  at: timestamp,
});

export const trackAnswer = z
  .object({
    id: uuid,
    number: z.string(),
    status: z.enum(ORDER_STATUSES),
    paymentStatus: z.enum(PAYMENT_STATUSES),
    events: z.array(move),
    shipments: z.array(shipment),
  })
  .openapi('OrderTrack');

export const placedAnswer = z
  .object({
    order: orderAnswer,
    payment: z
      .object({ intentId: z.string(), clientSecret: z.string(), status: z.string() })
      .nullable()
      .openapi({ description: 'The Stripe PaymentIntent to confirm; null when there is nothing to pay by card' }),
  })
  .openapi('PlacedOrder');

export const ordersAnswer = listOf(orderAnswer).openapi('OrderList');

/** The order as it goes out. @param accessToken for a guest's order only */
export function presentOrder(row: ListedOrder, accessToken?: string): z.input<typeof orderAnswer> {
  return {
    id: row.id,
    number: row.number,
    status: row.status,
    paymentStatus: row.paymentStatus,
    paymentMethod: row.paymentMethod,
    items: row.items,
    subtotal: row.subtotal,
    discount: row.discount,
    shipping: row.shipping,
    tax: row.tax,
    total: row.total,
    refunded: row.refunded,
    currency: row.currency,
    couponCode: row.couponCode,
    shippingMethod: row.shippingMethod,
    shippingAddress: row.shippingAddress,
    email: row.email,
    placedAt: row.placedAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    cancelReason: row.cancelReason,
    shipments: [],
    ...(accessToken !== undefined && { accessToken }),
  };
}

/** One move of an order as it goes out. Which of the staff did what is for admins only. */
export function presentMove(
  { sequence, fromStatus, toStatus, actor, note, createdAt }: OrderEvent,
  { isOwner }: { isOwner: boolean },
): z.input<typeof move> {
  return {
    sequence,
    from: fromStatus,
    to: toStatus,
    actor: isOwner ? actor.replace(/:.*$/, '') : actor,
    note,
    at: createdAt.toISOString(),
  };
}

/** The order's story as it goes out. */
export function presentTrack(
  { id, number, status, paymentStatus }: ListedOrder,
  events: OrderEvent[],
  visitor: { isOwner: boolean },
): z.input<typeof trackAnswer> {
  return {
    id,
    number,
    status,
    paymentStatus,
    events: events.map((event) => presentMove(event, visitor)),
    shipments: [],
  };
}

const addressExample: z.input<typeof address> = {
  name: 'Ada Lovelace',
  line1: '12 St James Square',
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
};

export const placeOrderExample: z.input<typeof placeOrderBody> = {
  paymentMethod: 'card',
  email: 'ada@example.com',
  shippingAddress: addressExample,
};

export const orderExample: z.input<typeof orderAnswer> = {
  id: '01960000-0000-7000-8000-000000000020',
  number: 'PD-100001',
  status: 'PENDING',
  paymentStatus: 'PENDING',
  paymentMethod: 'card',
  items: [
    {
      variantId: '01960000-0000-7000-8000-000000000001',
      sku: 'TEE-WHITE-M',
      title: 'White T-shirt, M',
      quantity: 2,
      unitPrice: 2499,
      lineTotal: 4998,
      discount: 0,
    },
  ],
  subtotal: 4998,
  discount: 0,
  shipping: 0,
  tax: 0,
  total: 4998,
  refunded: 0,
  currency: 'usd',
  couponCode: null,
  shippingMethod: 'standard',
  shippingAddress: addressExample,
  email: 'ada@example.com',
  placedAt: '2026-11-20T12:00:00.000Z',
  expiresAt: '2026-11-20T12:15:00.000Z',
  cancelReason: null,
  shipments: [],
  accessToken: 'order_yK3mC0aKQ0v5d1m2n3o4p5q6r7s8t9u0v1w2x3y4z5A',
};

export const trackExample: z.input<typeof trackAnswer> = {
  id: orderExample.id,
  number: orderExample.number,
  status: 'PAID',
  paymentStatus: 'PAID',
  events: [
    { sequence: 1, from: null, to: 'PENDING', actor: 'customer', note: null, at: '2026-11-20T12:00:00.000Z' },
    { sequence: 2, from: 'PENDING', to: 'PAID', actor: 'stripe', note: null, at: '2026-11-20T12:01:30.000Z' },
  ],
  shipments: [],
};

/** The same story as a stream of events. */
export const streamExample = trackExample.events
  .map((event) => `event: move\ndata: ${JSON.stringify(event)}\nid: ${event.sequence}\n\n`)
  .join('');
