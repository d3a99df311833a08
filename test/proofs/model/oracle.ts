// What must be true of an order, whatever happened to it: its story is one of the lifecycle table's (docs/architecture.md), and
// the money at Stripe and in the books, the stock, the coupon, the cart and the mails are those of that story (P3, P4, P7).
import { WorkflowFailedError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { sql } from 'kysely';
import type Stripe from 'stripe';
import { WORKFLOW_IDS } from '../../../workflows/messages.ts';
import { call } from '../../support/shopper.ts';
import { until } from '../../support/wait.ts';
import type { Goods, ProofShop } from '../shop.ts';

/** What follows from where an order's story has led. */
interface Consequence {
  /** What of the money stays with the shop. Cash is not here before it is collected. */
  keeps: 'all' | 'nothing';
  payment: readonly string[];
  hold: readonly string[];
  /** The coupon's use. */
  use: readonly string[];
  /** Whether its units have left the shop. */
  isSold: boolean;
  cart: 'checkout' | 'ordered' | 'given back';
  /** Besides one for each refund. */
  mails: readonly string[];
}

const WAITS = { keeps: 'nothing', hold: ['HELD'], use: ['HELD'], isSold: false, cart: 'checkout' } as const;
const GIVEN_BACK = ['RELEASED', 'EXPIRED'];
const NOT_DONE = { keeps: 'nothing', hold: GIVEN_BACK, use: GIVEN_BACK, isSold: false, cart: 'given back' } as const;
const UNPAID = ['NONE', 'REFUNDED'];
const DONE = { hold: ['COMMITTED'], use: ['COMMITTED'], isSold: true, cart: 'ordered' } as const;
const RESTOCKED = { keeps: 'nothing', hold: ['COMMITTED'], use: ['RELEASED'], isSold: false, cart: 'ordered' } as const;

/** Every story that an order can have, by the statuses that it went through. */
const LIFECYCLE: Record<string, Consequence> = {
  PENDING: { ...WAITS, payment: ['PENDING', 'FAILED'], mails: [] },
  'PENDING PAID': { ...DONE, keeps: 'all', payment: ['PAID', 'NONE'], mails: ['paid'] },
  'PENDING EXPIRED': { ...NOT_DONE, payment: UNPAID, mails: ['expired'] },
  'PENDING CANCELLED': { ...NOT_DONE, payment: UNPAID, mails: ['cancelled'] },
  'PENDING PAID CANCELLED': { ...RESTOCKED, payment: UNPAID, mails: ['cancelled', 'paid'] },
  AWAITING_CONFIRMATION: { ...WAITS, payment: ['NONE'], mails: ['placed'] },
  'AWAITING_CONFIRMATION CONFIRMED': {
    ...DONE,
    keeps: 'nothing',
    payment: ['COD_DUE'],
    mails: ['confirmed', 'placed'],
  },
  'AWAITING_CONFIRMATION EXPIRED': { ...NOT_DONE, payment: UNPAID, mails: ['expired', 'placed'] },
  'AWAITING_CONFIRMATION CANCELLED': { ...NOT_DONE, payment: UNPAID, mails: ['cancelled', 'placed'] },
  'AWAITING_CONFIRMATION CONFIRMED CANCELLED': {
    ...RESTOCKED,
    payment: ['NONE'],
    mails: ['cancelled', 'confirmed', 'placed'],
  },
};

/** One order as the database has it. `trail`: the statuses that it went through. */
interface OrderFacts {
  id: string;
  trail: string;
  status: string;
  email: string;
  paymentStatus: string;
  total: number;
  currency: string;
  captured: number;
  refunded: number;
  couponCode: string | null;
  units: number;
  moved: number;
  holds: string[];
  uses: string[];
  mails: string[];
  /** Its cart's status; null when that names another order by now. */
  cart: string | null;
  payments: { intentId: string; currency: string; captured: number; refunded: number }[];
}

interface GoodsFacts {
  onHand: number;
  reserved: number;
  used: number;
}

/** What Stripe has of an order's money: all its intents, and what went back of each. */
type AtStripe = Map<string, { intent: Stripe.PaymentIntent; back: number }[]>;

/**
 * Waits until everything about these buyers' orders is as their stories say, with nothing under way any more.
 * @throws with each thing that is not so in the end
 */
export async function assertConsistent(shop: ProofShop, buyers: readonly Goods[]): Promise<void> {
  let wrong: string[] = [];
  const isConsistent = async () => {
    wrong = await inconsistencies(shop, buyers);
    return wrong.length === 0;
  };
  const settled = () => until('all is as the orders say', isConsistent).catch(() => undefined);
  await settled();
  // What is consistent now may still be on its way to be otherwise: once more when nobody works on these orders any more.
  if (wrong.length === 0) {
    await nobodyWorks(shop, buyers);
    await settled();
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

/** The statuses that the orders of these buyers went through, oldest order first, by mail address. */
export async function trailsOf({ db }: ProofShop, buyers: readonly Goods[]): Promise<Map<string, string[]>> {
  const orders = await readOrders(db, buyers);
  return new Map([...Map.groupBy(orders, ({ email }) => email)].map(([email, of]) => [email, of.map((o) => o.trail)]));
}

async function inconsistencies(shop: ProofShop, buyers: readonly Goods[]): Promise<string[]> {
  const stripe = await readStripe(shop);
  const orders = Map.groupBy(await readOrders(shop.db, buyers), ({ email }) => email);
  const found = await Promise.all(
    buyers.map(async (goods) => {
      const own = orders.get(goods.email) ?? [];
      const wrong = own.flatMap((order) => judgeOrder(order, stripe.get(order.id) ?? []));
      return [...wrong, ...judgeGoods(goods, await readGoods(shop.db, goods), own)].map(
        (one) => `${goods.email} ${one}`,
      );
    }),
  );
  return found.flat();
}

function judgeOrder(order: OrderFacts, atStripe: { intent: Stripe.PaymentIntent; back: number }[]): string[] {
  const due = LIFECYCLE[order.trail];
  if (due === undefined) return [`order ${order.id} has the story "${order.trail}", which no order can have`];
  const { paymentStatus, holds, uses, cart } = order;
  const received = atStripe.map(({ intent, back }) => ({ id: intent.id, received: intent.amount_received, back }));
  const kept = atStripe.map(({ intent, back }) => ({ [intent.currency]: intent.amount_received - back }));
  const refunds = received.filter(({ back }) => back > 0).length;
  const booked = order.payments.filter(({ captured }) => captured > 0);
  const sums = (of: 'captured' | 'refunded') =>
    booked.reduce((sum, payment) => sum + (payment.currency === order.currency ? payment[of] : 0), 0);
  const payable = atStripe.filter(({ intent }) => !['succeeded', 'canceled'].includes(intent.status)).length;
  const expected = {
    status: order.trail.split(' ').at(-1),
    paymentStatus: due.payment.includes(paymentStatus) ? paymentStatus : due.payment,
    keptAtStripe: due.keeps === 'all' && order.total > 0 ? { [order.currency]: order.total } : {},
    keptInBooks: due.keeps === 'all' ? order.total : 0,
    captured: sums('captured'),
    refunded: sums('refunded'),
    booked: received
      .filter((one) => one.received > 0)
      .map((one) => `${one.id} ${one.received} ${one.back}`)
      .toSorted(),
    payable: due.cart === 'checkout' ? payable : 0,
    holds: oneOf(holds, due.hold),
    uses: order.couponCode === null ? [] : oneOf(uses, due.use),
    moved: due.isSold ? -order.units : 0,
    cart: due.cart === 'given back' ? null : due.cart,
    mails: [...due.mails, ...Array.from({ length: refunds }, () => 'refunded')].toSorted(),
  };
  const actual: Record<keyof typeof expected, unknown> = {
    status: order.status,
    paymentStatus,
    keptAtStripe: sumsOf(kept),
    keptInBooks: order.captured - order.refunded,
    captured: order.captured,
    refunded: order.refunded,
    booked: booked.map((one) => `${one.intentId} ${one.captured} ${one.refunded}`).toSorted(),
    payable,
    holds,
    uses,
    moved: order.moved,
    cart,
    mails: order.mails,
  };
  return differences(`order ${order.id} (${order.trail})`, expected, actual);
}

/** Amounts by currency, without those that are nothing. */
function sumsOf(amounts: readonly Record<string, number>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [currency, amount] of amounts.flatMap((one) => Object.entries(one)))
    sums.set(currency, (sums.get(currency) ?? 0) + amount);
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0));
}

/** What was found where it is one of those that are due; otherwise those that are due. */
function oneOf(found: string[], due: readonly string[]): readonly string[] {
  return found.length === 1 && due.includes(found[0] ?? '') ? found : due;
}

function judgeGoods(goods: Goods, actual: GoodsFacts, orders: readonly OrderFacts[]): string[] {
  const sum = (amounts: number[]) => amounts.reduce((all, amount) => all + amount, 0);
  const held = orders.filter(({ trail }) => LIFECYCLE[trail]?.hold === WAITS.hold);
  const sold = orders.filter(({ trail }) => LIFECYCLE[trail]?.isSold);
  const expected = {
    onHand: goods.onHand - sum(sold.map(({ units }) => units)),
    reserved: sum(held.map(({ units }) => units)),
    used: [...held, ...sold].filter(({ couponCode }) => couponCode !== null).length,
  };
  return differences('goods', expected, actual);
}

function differences(of: string, expected: object, actual: object): string[] {
  const found: [string, unknown][] = Object.entries(actual);
  return Object.entries(expected).flatMap(([name, due]) => {
    const is = found.find(([one]) => one === name)?.[1];
    return JSON.stringify(is) === JSON.stringify(due)
      ? []
      : [`${of}: ${name} is ${JSON.stringify(is)}, and should be ${JSON.stringify(due)}`];
  });
}

async function readOrders(db: ProofShop['db'], buyers: readonly Goods[]): Promise<OrderFacts[]> {
  const emails = buyers.map(({ email }) => email);
  const { rows } = await sql<OrderFacts>`
    SELECT id, status, email, payment_status, total, currency, captured, refunded, coupon_code,
      (SELECT string_agg(to_status, ' ' ORDER BY sequence) FROM order_events WHERE order_id = orders.id) AS trail,
      (SELECT sum(quantity)::integer FROM order_items WHERE order_id = orders.id) AS units,
      (SELECT coalesce(sum(quantity), 0)::integer FROM stock_movements WHERE order_id = orders.id) AS moved,
      ARRAY(SELECT DISTINCT status FROM holds WHERE order_id = orders.id) AS holds,
      ARRAY(SELECT status FROM coupon_redemptions WHERE order_id = orders.id) AS uses,
      ARRAY(SELECT fact FROM mails WHERE order_id = orders.id ORDER BY fact) AS mails,
      (SELECT status FROM carts WHERE id = orders.cart_id AND next_order_id = orders.id) AS cart,
      (SELECT coalesce(json_agg(json_build_object('intentId', intent_id, 'currency', currency, 'captured', captured,
        'refunded', refunded)), '[]'::json) FROM payments WHERE order_id = orders.id) AS payments
    FROM orders WHERE email = ANY(${emails}) ORDER BY id`.execute(db);
  return rows;
}

async function readGoods(db: ProofShop['db'], { variant, coupon }: Goods): Promise<GoodsFacts> {
  const { rows } = await sql<GoodsFacts>`
    SELECT on_hand, reserved, (SELECT used FROM coupons WHERE id = ${coupon.id}) AS used
    FROM inventory WHERE variant_id = ${variant.id}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error(`there is no stock of ${variant.sku}`);
  return row;
}

async function readStripe({ stack }: ProofShop): Promise<AtStripe> {
  const [intents, refunds] = await Promise.all([
    call<Stripe.PaymentIntent[]>(`${stack.stripe}/_sim/payment_intents`),
    call<Stripe.Refund[]>(`${stack.stripe}/_sim/refunds`),
  ]);
  const done = refunds.body.filter(({ status }) => status === 'succeeded');
  const back = Map.groupBy(done, ({ payment_intent: intent }) => (typeof intent === 'string' ? intent : ''));
  const withBack = intents.body.map((intent) => ({
    intent,
    back: (back.get(intent.id) ?? []).reduce((sum, { amount }) => sum + amount, 0),
  }));
  return Map.groupBy(withBack, ({ intent }) => intent.metadata['orderId'] ?? '');
}

/** Waits for the end of every workflow of these buyers' orders that have ended. */
async function nobodyWorks({ db, temporal }: ProofShop, buyers: readonly Goods[]): Promise<void> {
  const orders = (await readOrders(db, buyers)).filter(({ trail }) => LIFECYCLE[trail]?.cart !== 'checkout');
  const { checkout, fulfillment, latePayment } = WORKFLOW_IDS;
  const ids = orders.flatMap(({ id, payments }) => [
    checkout(id),
    fulfillment(id),
    ...payments.map(({ intentId }) => latePayment(intentId)),
  ]);
  await Promise.all(ids.map((id) => ended(temporal, id)));
}

/** Waits for the end of a workflow, if there is one. Whether it has failed does not matter here: what it leaves does. */
async function ended({ client }: ProofShop['temporal'], workflowId: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).result();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError || error instanceof WorkflowFailedError)) throw error;
  }
}
