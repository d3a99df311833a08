// The acts and the troubles of which test/proofs/pairs.live.test.ts makes every pair, and what it takes to tell one of them of an
// order. Nobody tells the shop of Stripe's events but the story itself, so that they come when and as often as it says.
import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { newShopper, type OrderBody, type PlacedBody, pay, type Shopper } from '../support/shopper.ts';
import { until } from '../support/wait.ts';
import type { Mailbag } from './model/mailbag.ts';
import { type Goods, newGoods, type ProofShop } from './shop.ts';

export const ACTS = ['pay', 'fail', 'cancel', 'window end'] as const;
export type Act = (typeof ACTS)[number];
/** What may become of the news of a payment. */
export const TROUBLES = ['late', 'five times', 'reordered', 'lost'] as const;
export type Trouble = (typeof TROUBLES)[number];
/** Told at once, as it should be; or with a trouble. */
type Delivery = 'prompt' | Trouble;

/** Where an order ends, by the statuses that it goes through. */
export const ENDS = {
  PAID: 'PENDING PAID',
  EXPIRED: 'PENDING EXPIRED',
  CANCELLED: 'PENDING CANCELLED',
  REFUNDED: 'PENDING PAID CANCELLED',
  CONFIRMED: 'AWAITING_CONFIRMATION CONFIRMED',
  UNCONFIRMED: 'AWAITING_CONFIRMATION EXPIRED',
  REJECTED: 'AWAITING_CONFIRMATION CANCELLED',
  CALLED_OFF: 'AWAITING_CONFIRMATION CONFIRMED CANCELLED',
} as const;
export type End = keyof typeof ENDS;

export interface Story {
  name: string;
  /** Where it may end. More than one only where two things happen at once. */
  ends: readonly End[];
  /** Whether the order's window ends while the story is told. */
  hasWindowEnd: boolean;
  /** By card unless told. */
  paymentMethod?: 'card' | 'cod';
  tell: (order: LiveOrder) => Promise<unknown>;
}

const ON_HAND = 3;
const UNITS = 2;
const FIVE = 5;
export const ENDED_WITHIN_MS = 120_000;

/** An order whose story is being told. */
export interface LiveOrder {
  shop: ProofShop;
  goods: Goods;
  shopper: Shopper;
  placed: PlacedBody;
  hasWindowEnd: boolean;
  intentId: string;
  bag: Mailbag;
  pay(how?: Delivery): Promise<void>;
  fail(how?: Delivery): Promise<void>;
  cancel(): Promise<number>;
  windowEnd(): Promise<void>;
  do(act: Act, how?: Delivery): Promise<unknown>;
  /** Waits until Stripe has told of this, and hands on whatever is new. */
  tell(type: Stripe.Event.Type, how?: Delivery): Promise<void>;
  read(): Promise<OrderBody>;
  /** Hands on what is late, and what nobody has asked for. */
  tellTheRest(): Promise<void>;
}

/** Places an order that uses the coupon, of goods that nobody else buys. */
export async function placeOrder(
  shop: ProofShop,
  bag: Mailbag,
  { hasWindowEnd, paymentMethod = 'card' }: Pick<Story, 'hasWindowEnd' | 'paymentMethod'>,
): Promise<LiveOrder> {
  const goods = await newGoods(shop.db, { onHand: ON_HAND });
  const shopper = newShopper(hasWindowEnd ? shop.hurried : shop.api, goods.email);
  await shopper.add(goods.variant.id, UNITS);
  await shopper.coupon(goods.coupon.code);
  const { status, body: placed } = await shopper.submit({ paymentMethod, key: randomUUID() });
  if (status !== 201) throw new Error(`the order was not placed: ${JSON.stringify(placed)}`);
  return liveOrder({ shop, bag, goods, shopper, placed, hasWindowEnd });
}

type Known = 'shop' | 'bag' | 'goods' | 'shopper' | 'placed' | 'hasWindowEnd';

function liveOrder(known: Pick<LiveOrder, Known>): LiveOrder {
  const { shop, bag, shopper, placed, hasWindowEnd } = known;
  const expiresAt = Date.parse(placed.order.expiresAt);
  const intentId = placed.payment?.intentId ?? '';
  const seen = new Set<string>();
  const late: Stripe.Event[] = [];
  const passedOver: Stripe.Event[] = [];
  const read = async () => (await shopper.order(placed)).body;

  function see(events: Stripe.Event[]): Stripe.Event[] {
    for (const { id } of events) seen.add(id);
    return events;
  }

  async function tell(type: Stripe.Event.Type, how: Delivery = 'prompt', before = new Set(seen)): Promise<void> {
    const news = see(await bag.next(intentId, type, before));
    // What is passed over comes after the news that come next.
    if (how === 'reordered') passedOver.push(...news);
    else if (how === 'late') late.push(...news, ...passedOver.splice(0));
    else if (how !== 'lost') await handAll([...news, ...passedOver.splice(0)], how === 'five times' ? FIVE : 1);
  }

  async function handAll(events: readonly Stripe.Event[], times: number): Promise<void> {
    for (const event of events) {
      const statuses = await bag.hand(event, times);
      if (statuses.some((status) => status !== 200)) throw new Error(`the webhook answers ${statuses.join(', ')}`);
    }
  }

  async function payWith(card: string, told: Stripe.Event.Type, how: Delivery = 'prompt'): Promise<void> {
    const knownBefore = new Set(seen);
    const { status, body } = await pay(shop.stack, placed.payment, card);
    if (body.error?.code === 'payment_intent_unexpected_state') return;
    if (status !== 200 && told === 'payment_intent.succeeded') throw new Error(`not paid: ${JSON.stringify(body)}`);
    await tell(told, how, knownBefore);
    if (how !== 'prompt' && how !== 'five times') return;
    await until(`the shop knows of ${told}`, async () => {
      const now = await read();
      return !isWaiting(now) || (told === 'payment_intent.payment_failed' && now.paymentStatus === 'FAILED');
    });
  }

  const order: LiveOrder = {
    ...known,
    intentId,
    pay: async (how) => {
      // News can only be reordered where there are two: a decline comes before the payment, and is told after it.
      if (how === 'reordered') await order.fail('reordered');
      await payWith('pm_card_visa', 'payment_intent.succeeded', how === 'reordered' ? 'prompt' : how);
    },
    fail: (how) => payWith('pm_card_visa_chargeDeclined', 'payment_intent.payment_failed', how),
    // As a client does that is told to come back: nothing has happened then.
    cancel: () =>
      until('the cancel is answered', async () => {
        const { status } = await shopper.cancel(placed);
        return status !== 503 && status;
      }),
    windowEnd: async () => {
      if (!isWaiting(await read())) return;
      if (hasWindowEnd) await until('the window ends', async () => Date.now() >= expiresAt, ENDED_WITHIN_MS);
      await until('the order waits no more', async () => !isWaiting(await read()), ENDED_WITHIN_MS);
    },
    do: async (act, how) => {
      if (act === 'pay') return order.pay(how);
      if (act === 'fail') return order.fail(how);
      await (act === 'cancel' ? order.cancel() : order.windowEnd());
      const isCanceled = (await shop.stripe.paymentIntents.retrieve(intentId)).status === 'canceled';
      const isTold = bag.of(intentId).some(({ id, type }) => type === 'payment_intent.canceled' && seen.has(id));
      if (isCanceled && !isTold) await tell('payment_intent.canceled', how);
    },
    tell,
    read,
    tellTheRest: async () => {
      const rest = see(bag.of(intentId).filter(({ id }) => !seen.has(id)));
      await handAll([...rest, ...passedOver.splice(0).toReversed(), ...late.splice(0)], 1);
    },
  };
  return order;
}

export function isWaiting({ status }: OrderBody): boolean {
  return status === 'PENDING' || status === 'AWAITING_CONFIRMATION';
}

/** Tells the first, then the second. A trouble without an act is that of a payment; two are those of a decline and a payment. */
export function tellPair(first: Act | Trouble, second: Act | Trouble): Story['tell'] {
  return async (order) => {
    if (isAct(first)) {
      await order.do(first, isAct(second) ? 'prompt' : second);
      if (isAct(second)) await order.do(second);
    } else {
      await (isAct(second) ? order.pay(first) : order.fail(first));
      await (isAct(second) ? order.do(second) : order.pay(second));
    }
  };
}

function isAct(one: Act | Trouble): one is Act {
  return ACTS.some((act) => act === one);
}
