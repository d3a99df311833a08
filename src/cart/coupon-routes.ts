// The coupon in a cart over HTTP: it is judged when it comes in, and again whenever the cart is priced. One that
// does not fit any more stays in the cart, takes nothing off, and says why; only the submit refuses it.
import { createRoute } from '@hono/zod-openapi';
import type { Coupon } from '../coupons/rules.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import { editHeaders, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { requireShopper } from '../http/shopper.ts';
import type { CouponProblem } from '../orders/rules.ts';
import type { Database } from '../platform/database.ts';
import { type CartEditing, type FindCoupon, ownerOf } from './editing.ts';
import { findLive } from './edits.ts';
import { couponBody, couponExample, couponQuote, discountedCartExample, EDIT_RESPONSES } from './schemas.ts';
import { type Cart, setCoupon } from './store.ts';

const putCoupon = createRoute({
  method: 'post',
  path: '/cart/coupon',
  tags: ['Cart'],
  summary: 'Put a coupon into the cart, instead of the one that is in it',
  description: 'What a customer may still use of it shows at POST /orders: until then nobody knows who they are.',
  security: SECURITY.guest,
  request: { headers: editHeaders, body: jsonBody(couponBody, { code: 'WELCOME10' }) },
  responses: {
    ...EDIT_RESPONSES,
    200: jsonAnswer(
      'The cart with the coupon in it',
      EDIT_RESPONSES[200].content['application/json'].schema,
      discountedCartExample,
    ),
    ...problemResponses('coupon_invalid', 'idempotency_key_reused'),
  },
});

const dropCoupon = createRoute({
  method: 'delete',
  path: '/cart/coupon',
  tags: ['Cart'],
  summary: 'Take the coupon out of the cart',
  security: SECURITY.guest,
  request: { headers: editHeaders },
  responses: EDIT_RESPONSES,
});

const validateCoupon = createRoute({
  method: 'post',
  path: '/coupons/validate',
  tags: ['Coupons'],
  summary: 'What my cart would cost with this coupon; nothing is changed',
  security: SECURITY.guest,
  request: { body: jsonBody(couponBody, { code: 'WELCOME10' }) },
  responses: {
    200: jsonAnswer('What it takes off, and the total with it', couponQuote, couponExample),
    ...problemResponses('not_found', 'coupon_invalid'),
  },
});

export function cartCouponRoutes(deps: AppDeps, { edit, price }: CartEditing, findCoupon: FindCoupon): AppRouter {
  const { db, clock } = deps;
  const router = createRouter();
  const middleware = idempotent(deps);

  router.openapi({ ...putCoupon, middleware }, async (c) => {
    const { code } = c.req.valid('json');
    const answer = await edit(c, async (tx, cart) => {
      const { coupon } = await judge(tx, cart, code);
      await setCoupon(tx, cart.id, coupon.id);
    });
    return c.json(answer, 200);
  });

  router.openapi({ ...dropCoupon, middleware }, async (c) => {
    const answer = await edit(c, (tx, cart) => setCoupon(tx, cart.id, null));
    return c.json(answer, 200);
  });

  router.openapi(validateCoupon, async (c) => {
    const cart = await findLive(db, ownerOf(await requireShopper(c, deps)), clock());
    const { coupon, discount, total } = await judge(db, cart, c.req.valid('json').code);
    return c.json({ code: coupon.code, discount, total }, 200);
  });

  /** Prices the cart with the coupon of this code. @throws coupon_invalid with the reason */
  async function judge(
    tx: Database,
    cart: Cart,
    code: string,
  ): Promise<{ coupon: Coupon; discount: number; total: number }> {
    const coupon = await findCoupon(tx, { code, exceptOrder: cart.nextOrderId });
    if (coupon === undefined) throw invalid('unknown');
    const { couponProblem, discount, total } = await price(tx, cart, coupon);
    if (couponProblem !== null) throw invalid(couponProblem);
    return { coupon, discount, total };
  }

  return router;
}

function invalid(reason: CouponProblem) {
  return problem('coupon_invalid', { reason });
}
