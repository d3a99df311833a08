// What a shopper does with an order after it was placed, with its access token and nothing else.
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { OrderBody } from '../../test/support/shopper.ts';
import type { Payment } from './card.ts';
import type { Placed } from './cart.ts';
import { count } from './figures.ts';
import type { World } from './world.ts';

/** An order is looked at after so many ms, then less and less often, in the end every so many. */
const LOOK_FIRST_MS = 250;
const LOOK_LAST_MS = 2_000;
/** Longer than a window, its grace and the recovery of the shop. */
const WATCH_MS = 60_000;
const STRANGERS_GET = ['unauthenticated', 'forbidden', 'not_found'];

const owner = ({ order }: Placed) => ({ 'X-Order-Token': order.accessToken ?? '' });
const keyed = (placed: Placed) => ({ ...owner(placed), 'Idempotency-Key': randomUUID() });

/** The order as it is now; undefined when the shop does not say. */
export async function readOrder({ client, witness }: World, placed: Placed): Promise<OrderBody | undefined> {
  const path = `/orders/${placed.order.id}`;
  const reply = await client<OrderBody>({ method: 'GET', route: '/orders/:id', path, headers: owner(placed) });
  if (reply?.ok !== true) return undefined;
  const { id: orderId, status, paymentStatus } = reply.body;
  witness.saw({ saw: 'read', orderId, status, paymentStatus });
  return reply.body;
}

/** Looks at the order now and then until it is so, and not for ever. @returns as it was seen last */
export async function watchOrder(
  world: World,
  placed: Placed,
  isSo: (order: OrderBody) => boolean,
): Promise<OrderBody | undefined> {
  const deadline = Date.now() + WATCH_MS;
  for (let pauseMs = LOOK_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, LOOK_LAST_MS)) {
    const order = await readOrder(world, placed);
    if ((order !== undefined && isSo(order)) || Date.now() > deadline) return order;
    await setTimeout(pauseMs, undefined, { signal: world.stop });
  }
}

/** Asks for its cancel; an order that has ended meanwhile cannot be cancelled. */
export async function cancelOrder({ client, figures }: World, placed: Placed): Promise<void> {
  const reply = await client<{ orderStatus?: string }>({
    method: 'PUT',
    route: '/orders/:id/cancel',
    path: `/orders/${placed.order.id}/cancel`,
    headers: keyed(placed),
    mayRefuse: ['invalid_transition'],
  });
  if (reply?.code === 'invalid_transition') {
    count(figures.refused, `cancel of an order that is ${reply.body.orderStatus}`);
  }
}

/** The order's live intent, for another try to pay; null when it does not wait for money any more, or the shop does not say. */
export async function retryPayment({ client }: World, placed: Placed): Promise<Payment | null> {
  const reply = await client<{ intentId: string; clientSecret: string | null }>({
    method: 'POST',
    route: '/payments/:id/retry',
    path: `/payments/${placed.payment?.intentId}/retry`,
    headers: keyed(placed),
    mayRefuse: ['invalid_transition'],
  });
  if (reply?.ok !== true) return null;
  const { intentId, clientSecret } = reply.body;
  return clientSecret === null ? null : { intentId, clientSecret };
}

/** Tries to see and to cancel what is another's, with the token of one's own. */
export async function lookAtOthers({ client, witness, newest }: World, placed: Placed): Promise<void> {
  const other = newest.findLast(({ id }) => id !== placed.order.id);
  if (other === undefined) return;
  const asks = [
    { method: 'GET', route: '/orders/:id', path: `/orders/${other.id}` },
    { method: 'PUT', route: '/orders/:id/cancel', path: `/orders/${other.id}/cancel` },
    { method: 'GET', route: '/payments/order/:id', path: `/payments/order/${other.id}` },
  ];
  for (const ask of asks) {
    const reply = await client({ ...ask, headers: keyed(placed), mayRefuse: STRANGERS_GET });
    if (reply !== undefined) witness.saw({ saw: 'foreign', route: ask.route, status: reply.status });
  }
}
