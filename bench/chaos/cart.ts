// A shopper's cart: filled as the plan says, and submitted. Keeps its own token, as a browser does.
import { randomUUID } from 'node:crypto';
import { ADDRESS, type CartBody, type OrderBody, type PlacedBody } from '../../test/support/shopper.ts';
import type { Payment } from './card.ts';
import type { Reply } from './client.ts';
import { count } from './figures.ts';
import type { Plan } from './plans.ts';
import type { World } from './world.ts';

/** An order that was answered with 201; no payment where none is due, or none is due any more. */
export interface Placed {
  order: OrderBody;
  payment: Payment | null;
}

export interface SubmitHow {
  key: string;
  walksAway?: AbortSignal;
  patienceMs?: number;
}

export interface Cart {
  /** Whether everything that is wanted is in it. */
  fill(): Promise<boolean>;
  submit(how: SubmitHow): Promise<Placed | undefined>;
}

/** Refusals of a submit that a shopper may meet here. */
const SUBMIT_REFUSALS = ['out_of_stock', 'coupon_invalid'];
const ORDERS_KEPT = 20;

export function newCart(world: World, plan: Plan): Cart {
  const { client, figures, goods } = world;
  let token: string | undefined;
  const put = async (route: string, body: object, mayRefuse: string[] = []): Promise<Reply<CartBody> | undefined> => {
    const headers = { 'Idempotency-Key': randomUUID(), ...(token !== undefined && { 'X-Cart-Token': token }) };
    const reply = await client<CartBody>({ method: 'POST', route, headers, body, mayRefuse });
    token ??= reply?.body.cartToken;
    return reply;
  };
  return {
    fill: async () => {
      for (const { from, at, quantity } of plan.lines) {
        const reply = await put('/cart/items', { variantId: goods[from][at], quantity });
        if (reply?.ok !== true) return false;
      }
      if (plan.coupon === null) return true;
      const code = typeof plan.coupon === 'string' ? plan.coupon : goods.coupons[plan.coupon];
      const reply = await put('/cart/coupon', { code }, ['coupon_invalid']);
      if (reply?.code === 'coupon_invalid') count(figures.refused, 'coupon_invalid in the cart');
      // A coupon that is used up keeps nobody from buying; what would have been free is left.
      return reply !== undefined && (reply.ok || plan.story !== 'free');
    },
    submit: async ({ key, ...how }) => {
      const reply = await client<PlacedBody>({
        method: 'POST',
        route: '/orders',
        headers: { 'X-Cart-Token': token ?? '', 'Idempotency-Key': key },
        body: submitBody(plan),
        mayRefuse: SUBMIT_REFUSALS,
        ...how,
      });
      return reply && note(world, plan, key, reply);
    },
  };
}

function submitBody({ story, email }: Plan): object {
  return { paymentMethod: story.startsWith('cod') ? 'cod' : 'card', email, shippingAddress: ADDRESS };
}

/** Writes down what a submit was answered with. @returns the order, if there is one */
function note(
  { witness, figures, newest }: World,
  { number: shopper }: Plan,
  idempotencyKey: string,
  { status, ok, code, body }: Reply<PlacedBody>,
): Placed | undefined {
  const { order, payment } = ok ? body : { order: null, payment: null };
  const { id: orderId, number, total } = order ?? { id: null, number: null, total: null };
  const intentId = payment?.intentId ?? null;
  const submit = { cart: `shopper ${shopper}`, submit: 1, idempotencyKey };
  witness.saw({ saw: 'placed', ...submit, status, code, orderId, number, total, intentId });
  if (order === null) {
    count(figures.refused, code ?? String(status));
    return undefined;
  }
  if (newest.unshift(order) > ORDERS_KEPT) newest.pop();
  return { order, payment };
}
