// What the cart's routes take and give.
import { z } from '@hono/zod-openapi';
import { jsonAnswer, problemResponses } from '../http/openapi.ts';
import { currency, money, text, timestamp, uuid } from '../http/schemas.ts';
import { COUPON_PROBLEMS } from '../orders/rules.ts';

/** More of one thing in one cart is a mistake, or an attack. */
export const MAX_QUANTITY = 10_000;

export const addItemBody = z.strictObject({ variantId: uuid, quantity: z.int().min(1).max(MAX_QUANTITY) });

export const setItemBody = z.strictObject({
  quantity: z.int().min(1, 'must be at least 1; DELETE takes the item out').max(MAX_QUANTITY),
});

export const couponBody = z.strictObject({ code: text({ max: 100 }) });

const cartItem = z.object({
  id: uuid,
  variantId: uuid,
  sku: z.string(),
  title: z.string(),
  quantity: z.int(),
  unitPrice: money,
  lineTotal: money,
  available: z.int(),
  forSale: z.boolean().openapi({
    description: 'False when it is not sold any more: it costs nothing, and must be taken out before the order',
  }),
});

export const cartAnswer = z
  .object({
    id: uuid,
    version: z.int(),
    items: z.array(cartItem),
    couponCode: z.string().nullable(),
    couponProblem: z
      .enum(COUPON_PROBLEMS)
      .nullable()
      .openapi({ description: 'Why the coupon takes nothing off at present; null when it fits, or there is none' }),
    subtotal: money,
    discount: money,
    shipping: money,
    tax: money,
    total: money,
    currency,
    expiresAt: timestamp,
    cartToken: z.string().optional().openapi({ description: 'Only in the answer that made the cart' }),
  })
  .openapi('Cart');

export const cartExample: z.input<typeof cartAnswer> = {
  id: '01960000-0000-7000-8000-000000000010',
  version: 2,
  items: [
    {
      id: '01960000-0000-7000-8000-000000000011',
      variantId: '01960000-0000-7000-8000-000000000001',
      sku: 'TEE-WHITE-M',
      title: 'White T-shirt, M',
      quantity: 2,
      unitPrice: 2499,
      lineTotal: 4998,
      available: 12,
      forSale: true,
    },
  ],
  couponCode: null,
  couponProblem: null,
  subtotal: 4998,
  discount: 0,
  shipping: 0,
  tax: 0,
  total: 4998,
  currency: 'usd',
  expiresAt: '2026-11-27T12:00:00.000Z',
};

export const discountedCartExample: z.input<typeof cartAnswer> = {
  ...cartExample,
  version: 3,
  couponCode: 'WELCOME10',
  discount: 500,
  total: 4498,
};

export const couponQuote = z.object({ code: z.string(), discount: money, total: money }).openapi('CouponQuote');

export const couponExample: z.input<typeof couponQuote> = { code: 'WELCOME10', discount: 500, total: 4498 };

/** What every edit of a cart may be answered with. */
export const EDIT_RESPONSES = {
  200: jsonAnswer('The cart as it is now; its version is the ETag', cartAnswer, cartExample),
  ...problemResponses('not_found', 'cart_in_checkout', 'precondition_failed'),
};
