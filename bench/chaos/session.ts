// One shopper in the shop: fills a cart, submits it, looks at the order, cancels it. Knows nothing but HTTP, keeps its own
// cart token and order tokens, and writes down for the auditor what it was told.
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { ADDRESS, type CartBody, type OrderBody, type PlacedBody } from '../../test/support/shopper.ts';
import type { Admin } from './admin.ts';
import type { Card } from './card.ts';
import type { Ask, Client } from './client.ts';
import { count, type Figures } from './figures.ts';
import type { Goods } from './goods.ts';
import type { Plan } from './plans.ts';
import type { UnderWay } from './under-way.ts';
import type { Witness } from './witness.ts';

/** Where the shoppers are, and whom they deal with. */
export interface World {
  goods: Goods;
  client: Client;
  card: Card;
  admin: Admin;
  witness: Witness;
  figures: Figures;
  underWay: UnderWay;
  /** The payment's and the confirmation's, seconds. */
  window: number;
  /** Orders of others, which are none of one's business: the newest few. */
  others: OrderBody[];
  stop: AbortSignal;
}

export interface SubmitHow {
  key: string;
  walksAway?: AbortSignal;
  patienceMs?: number;
}

export interface Session {
  /** Whether everything that is wanted is in the cart. */
  fill(): Promise<boolean>;
  submit(how: SubmitHow): Promise<Placed | undefined>;
  read(placed: Placed): Promise<OrderBody | undefined>;
  /** Looks at the order now and then until it is so, at most so long. @returns as it was seen last */
  watch(placed: Placed, isSo: (order: OrderBody) => boolean, withinMs?: number): Promise<OrderBody | undefined>;
  /** Asks for it; an order that has ended meanwhile cannot be cancelled. */
  cancel(placed: Placed): Promise<void>;
  /** A live intent for another try. */
  retry(placed: Placed): Promise<Placed['payment'] | undefined>;
  /** Tries to see and to cancel what is another's. */
  lookAtOthers(): Promise<void>;
}

export interface Placed extends Pick<PlacedBody, 'order'> {
  payment: { intentId: string; clientSecret: string } | null;
}

/** Refusals of a submit that a shopper may meet here. */
const SUBMIT_REFUSALS = ['out_of_stock', 'coupon_invalid'];
/** An order is looked at after so many ms, then less and less often, in the end every so many. */
const LOOK_FIRST_MS = 250;
const LOOK_LAST_MS = 2_000;
/** Longer than a window, its grace and the recovery of the shop. */
const WATCH_MS = 60_000;
const OTHERS_KEPT = 20;

export function openSession(world: World, plan: Plan): Session {
  const { client, witness, figures, goods } = world;
  let cartToken: string | undefined;
  let lastSeen = '';
  const cartHeaders = (): Record<string, string> => ({
    'Idempotency-Key': randomUUID(),
    ...(cartToken !== undefined && { 'X-Cart-Token': cartToken }),
  });
  const owner = ({ order }: Placed) => ({ 'X-Order-Token': order.accessToken ?? '' });

  async function addLines(): Promise<boolean> {
    for (const { from, at, quantity } of plan.lines) {
      const body = { variantId: goods[from][at], quantity };
      const reply = await client<CartBody>({ method: 'POST', route: '/cart/items', headers: cartHeaders(), body });
      if (reply === undefined || reply.code !== null) return false;
      cartToken ??= reply.body.cartToken;
    }
    return true;
  }

  function see({ id, status, paymentStatus }: OrderBody): void {
    const seen = `${id} ${status} ${paymentStatus}`;
    if (seen === lastSeen) return;
    lastSeen = seen;
    witness.saw({ saw: 'read', orderId: id, status, paymentStatus });
  }

  const read = async (placed: Placed): Promise<OrderBody | undefined> => {
    const path = `/orders/${placed.order.id}`;
    const reply = await client<OrderBody>({ method: 'GET', route: '/orders/:id', path, headers: owner(placed) });
    if (reply === undefined || reply.code !== null) return undefined;
    see(reply.body);
    return reply.body;
  };

  return {
    read,
    fill: async () => {
      if (!(await addLines())) return false;
      if (plan.coupon === null) return true;
      const code = typeof plan.coupon === 'string' ? plan.coupon : goods.coupons[plan.coupon];
      const ask: Ask = { method: 'POST', route: '/cart/coupon', headers: cartHeaders(), body: { code } };
      const reply = await client({ ...ask, mayRefuse: ['coupon_invalid'] });
      if (reply?.code === 'coupon_invalid') count(figures.refused, 'coupon_invalid in the cart');
      // A coupon that is used up keeps nobody from buying; what would have been free is left.
      return reply !== undefined && (reply.code === null || plan.story !== 'free');
    },
    submit: async ({ key, ...how }) => {
      const reply = await client<PlacedBody>({
        method: 'POST',
        route: '/orders',
        headers: { ...cartHeaders(), 'Idempotency-Key': key },
        body: {
          paymentMethod: plan.story.startsWith('cod') ? 'cod' : 'card',
          email: plan.email,
          shippingAddress: ADDRESS,
        },
        mayRefuse: SUBMIT_REFUSALS,
        ...how,
      });
      if (reply === undefined) return undefined;
      const { order, payment } = reply.code === null ? reply.body : { order: null, payment: null };
      witness.saw({
        saw: 'placed',
        cart: `shopper ${plan.number}`,
        submit: 1,
        idempotencyKey: key,
        status: reply.status,
        code: reply.code,
        orderId: order?.id ?? null,
        number: order?.number ?? null,
        total: order?.total ?? null,
        intentId: payment?.intentId ?? null,
      });
      if (order === null) {
        count(figures.refused, reply.code ?? '');
        return undefined;
      }
      if (world.others.unshift(order) > OTHERS_KEPT) world.others.pop();
      return { order, payment };
    },
    watch: async (placed, isSo, withinMs = WATCH_MS) => {
      const deadline = Date.now() + withinMs;
      for (let pauseMs = LOOK_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, LOOK_LAST_MS)) {
        const order = await read(placed);
        if ((order !== undefined && isSo(order)) || Date.now() > deadline) return order;
        await setTimeout(pauseMs, undefined, { signal: world.stop });
      }
    },
    cancel: async (placed) => {
      const reply = await client<OrderBody & { orderStatus?: string }>({
        method: 'PUT',
        route: '/orders/:id/cancel',
        path: `/orders/${placed.order.id}/cancel`,
        headers: { ...owner(placed), 'Idempotency-Key': randomUUID() },
        mayRefuse: ['invalid_transition'],
      });
      if (reply?.code === null) see(reply.body);
      else if (reply !== undefined) count(figures.refused, `cancel of an order that is ${reply.body.orderStatus}`);
    },
    retry: async (placed) => {
      const reply = await client<{ intentId: string; clientSecret: string | null }>({
        method: 'POST',
        route: '/payments/:id/retry',
        path: `/payments/${placed.payment?.intentId}/retry`,
        headers: { ...owner(placed), 'Idempotency-Key': randomUUID() },
        mayRefuse: ['invalid_transition'],
      });
      if (reply === undefined || reply.code !== null) return undefined;
      const { intentId, clientSecret } = reply.body;
      return clientSecret === null ? undefined : { intentId, clientSecret };
    },
    lookAtOthers: async () => {
      const other = world.others.at(-1);
      if (other === undefined) return;
      const headers = { 'X-Order-Token': 'not-a-token-of-this-order', 'Idempotency-Key': randomUUID() };
      const asks = [
        { method: 'GET', route: '/orders/:id', path: `/orders/${other.id}` },
        { method: 'PUT', route: '/orders/:id/cancel', path: `/orders/${other.id}/cancel` },
        { method: 'GET', route: '/payments/order/:id', path: `/payments/order/${other.id}` },
      ];
      for (const ask of asks) {
        const mayRefuse = ['unauthenticated', 'forbidden', 'not_found'];
        const reply = await client({ ...ask, headers, mayRefuse });
        if (reply !== undefined) witness.saw({ saw: 'foreign', route: ask.route, status: reply.status });
      }
    },
  };
}
