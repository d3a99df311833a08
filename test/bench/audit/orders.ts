// A handful of real orders, one of each kind that the auditor has something to say about, and what their shoppers saw.
import { randomUUID } from 'node:crypto';
import type { Sight } from '../../../bench/audit/witness.ts';
import type { Stack } from '../../../src/local/stack-file.ts';
import { rowsOf } from '../../support/backstage.ts';
import {
  logIn,
  newShopper,
  type PlacedBody,
  pay,
  type Shopper,
  statusBecomes,
  variantOf,
} from '../../support/shopper.ts';
import { until } from '../../support/wait.ts';

export interface Orders {
  /** PAID by card, with the coupon that can be used once. */
  paid: string;
  /** PAID, then CANCELLED: restocked and refunded. */
  refunded: string;
  /** Cash on delivery, CONFIRMED. */
  confirmed: string;
  /** Nothing to pay, PAID. */
  free: string;
  /** CANCELLED before it was paid; money that came later went back. */
  cancelled: string;
  /** Cash on delivery, EXPIRED. */
  expired: string;
  /** PENDING, with a coupon that each customer has once. */
  waiting: string;
}

/** Longer than the orders that are not to expire take to be confirmed. Seconds. */
export const ENVIRONMENT = { CONFIRMATION_WINDOW: '6', HOLD_GRACE: '1' };
const EXPIRED_WITHIN_MS = 30_000;

export interface Placed {
  orders: Orders;
  sights: Sight[];
  /** The Idempotency-Key of the paid order, and its intent. */
  paidKey: string;
  paidIntent: string | undefined;
}

export async function placeOrders(stack: Stack): Promise<Placed> {
  const [api] = stack.api;
  if (api === undefined) throw new Error('the stack has no API');
  const sights: Sight[] = [];
  const goods = await variantOf(api, 'BULK-01');
  const place = async (paymentMethod: 'card' | 'cod', coupon?: string) => {
    const shopper = newShopper(api);
    const key = randomUUID();
    await shopper.add(goods, 2);
    if (coupon !== undefined) await shopper.coupon(coupon);
    const { status, body } = await shopper.submit({ paymentMethod, key });
    sights.push(sightOf(body, key, status));
    return { shopper, body, key };
  };
  const buy = async (coupon?: string) => {
    const order = await place('card', coupon);
    if (order.body.payment === null) throw new Error('there is nothing to pay');
    await pay(stack, order.body.payment);
    await statusBecomes(() => order.shopper.order(order.body), 'PAID');
    const seen = { orderId: order.body.order.id, at: new Date().toISOString() };
    sights.push({ saw: 'paid', intentId: order.body.payment.intentId, ...seen });
    sights.push({ saw: 'read', status: 'PAID', paymentStatus: 'PAID', ...seen });
    return order;
  };

  const expired = await place('cod');
  const confirmed = await place('cod');
  await (await logIn(stack)).confirm(confirmed.body.order.id);
  const paid = await buy('ONLYONE');
  const refunded = await buy();
  await refunded.shopper.cancel(refunded.body);
  const free = await place('card', 'FREE100');
  const cancelled = await place('card');
  await cancelled.shopper.cancel(cancelled.body);
  await payLate(stack, cancelled.body.order.id);
  const waiting = await place('card', 'WELCOME10');
  await quiet(stack, expired);
  const id = ({ body }: { body: PlacedBody }) => body.order.id;
  const orders = {
    paid: id(paid),
    refunded: id(refunded),
    confirmed: id(confirmed),
    free: id(free),
    cancelled: id(cancelled),
    expired: id(expired),
    waiting: id(waiting),
  };
  return { orders, sights, paidKey: paid.key, paidIntent: paid.body.payment?.intentId };
}

function sightOf({ order, payment }: PlacedBody, idempotencyKey: string, status: number): Sight {
  const { id: orderId, number, total } = order;
  const told = { status, code: null, orderId, number, total, intentId: payment?.intentId ?? null };
  return { saw: 'placed', at: new Date().toISOString(), cart: randomUUID(), submit: 1, idempotencyKey, ...told };
}

/** Somebody pays for an order that has ended, on a page that was made by hand. */
async function payLate({ stripe, stripeSecretKey }: Stack, orderId: string): Promise<void> {
  const fields = { amount: '700', currency: 'usd', confirm: 'true', payment_method: 'pm_card_visa' };
  const response = await fetch(`${stripe}/v1/payment_intents`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${stripeSecretKey}` },
    body: new URLSearchParams({ ...fields, 'metadata[orderId]': orderId }),
  });
  if (!response.ok) throw new Error(`the late payment was answered with ${response.status}`);
}

/** One order has expired, both refunds have arrived, and every mail is sent. */
async function quiet(stack: Stack, expired: { shopper: Shopper; body: PlacedBody }): Promise<void> {
  await until(
    'everything but the waiting order is at its end',
    async () => {
      const [row] = await rowsOf<{ refunds: number; unsent: number; status: string }>(
        stack,
        `SELECT (SELECT count(*)::integer FROM refunds WHERE status = 'SUCCEEDED') AS refunds,
           (SELECT count(*)::integer FROM mails WHERE sent_at IS NULL) AS unsent,
           (SELECT status FROM orders WHERE id = $1) AS status`,
        expired.body.order.id,
      );
      return row?.refunds === 2 && row.unsent === 0 && row.status === 'EXPIRED';
    },
    EXPIRED_WITHIN_MS,
  );
}
