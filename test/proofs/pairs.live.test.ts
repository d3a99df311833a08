// P3, P4: whatever two things happen to an order, one after the other or at once, and however Stripe tells of them, the order has
// one end of the lifecycle's table; and its money, its stock, its coupon, its cart and its mails are those of that end.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mailsTo } from '../support/backstage.ts';
import { until } from '../support/wait.ts';
import { type Mailbag, openMailbag } from './model/mailbag.ts';
import { assertConsistent, trailsOf } from './model/oracle.ts';
import { ENDS, type LiveOrder, placeOrder, type Story } from './pairs.ts';
import { BESIDE, MISFITTING, PROCESSING, RETRIED, RUN_AGAIN, TOO_LATE } from './pairs-money.ts';
import { ON_DELIVERY, PAIRS, RACING } from './pairs-stories.ts';
import { openShop, type ProofShop } from './shop.ts';

const STORIES = [
  ...PAIRS,
  ...RACING,
  ...ON_DELIVERY,
  ...MISFITTING,
  ...TOO_LATE,
  ...PROCESSING,
  ...BESIDE,
  ...RETRIED,
  ...RUN_AGAIN,
];
/** Seconds: room for what a story does before its window ends, also where all of them crawl on a busy machine. */
const SHORT = { window: 30, grace: 15 };
/** After these the cart is its shopper's again. */
const GIVEN_BACK: ReadonlySet<string> = new Set([ENDS.EXPIRED, ENDS.CANCELLED, ENDS.UNCONFIRMED, ENDS.REJECTED]);
const SUBJECTS: Record<string, string> = {
  placed: 'received',
  paid: 'is paid',
  confirmed: 'is confirmed',
  expired: 'has expired',
  cancelled: 'is cancelled',
  refunded: 'is refunded',
};
/** Not a measure of speed: what goes wrong is waited for. */
const TOLD_WITHIN_MS = 300_000;
/** Orders whose windows end are placed first: they wait for that together. */
const PLACED_AT_ONCE = 12;

let shop: ProofShop;
let bag: Mailbag;
/** By the story's name: the order that it was told of, or what went wrong. */
const told = new Map<string, LiveOrder | Error>();

beforeAll(async () => {
  shop = await openShop(SHORT);
  bag = await openMailbag(shop, { alone: true });
  const inOrder = STORIES.toSorted((a, b) => Number(b.hasWindowEnd) - Number(a.hasWindowEnd));
  const telling: Promise<unknown>[] = [];
  for (let at = 0; at < inOrder.length; at += PLACED_AT_ONCE) {
    await Promise.all(
      inOrder.slice(at, at + PLACED_AT_ONCE).map(async (story) => {
        const order = await placeOrder(shop, bag, story);
        telling.push(tellAll(story, order).then((end) => told.set(story.name, end)));
      }),
    );
  }
  await Promise.all(telling);
}, TOLD_WITHIN_MS);

afterAll(async () => {
  bag.close();
  await shop.close();
});

async function tellAll({ tell }: Story, order: LiveOrder): Promise<LiveOrder | Error> {
  try {
    await tell(order);
    await order.windowEnd();
    await order.tellTheRest();
    return order;
  } catch (error) {
    return new Error(`order ${order.placed.order.id}`, { cause: error });
  }
}

function orderOf({ name }: Story): LiveOrder {
  const order = told.get(name);
  if (order === undefined || order instanceof Error) throw order ?? new Error('it was not told');
  return order;
}

describe.each([
  ['every pair of acts and troubles', PAIRS],
  ['acts at once', RACING],
  ['decisions at once', ON_DELIVERY],
  ['money that does not fit', MISFITTING],
  ['money that comes too late', TOO_LATE],
  ['money on its way', PROCESSING],
  ['money beside', BESIDE],
  ['an attempt that is over', RETRIED],
  ['a checkout that runs once more', RUN_AGAIN],
])('%s', (_of, stories) => {
  test.each(stories.map((story) => [story.name, story] as const))('%s', async (_name, story) => {
    const order = orderOf(story);
    await assertConsistent(shop, [order.goods]);
    const trails = (await trailsOf(shop, [order.goods])).get(order.goods.email) ?? [];
    expect(story.ends.map((end) => [ENDS[end]])).toContainEqual(trails);
    await expectCustomerToSee(order, trails.join());
  });
});

/** The order and its story, the cart as it is then, and each mail once. */
async function expectCustomerToSee({ shopper, placed, goods }: LiveOrder, trail: string): Promise<void> {
  const { body: order } = await shopper.order(placed);
  const { body: track } = await shopper.track(placed);
  expect([order.status, track.status]).toEqual([trail.split(' ').at(-1), order.status]);
  expect(track.events.map(({ to }) => to).join(' ')).toBe(trail);
  expect(track.events.map(({ from }) => from)).toEqual([null, ...track.events.map(({ to }) => to).slice(0, -1)]);

  const cart = await shopper.cart();
  const { quantity } = placed.order.items[0] ?? {};
  const asBefore = { items: [{ quantity }], couponCode: goods.coupon.code, couponProblem: null };
  expect(cart).toMatchObject(GIVEN_BACK.has(trail) ? { status: 200, body: asBefore } : { status: 404 });

  const { id } = placed.order;
  const facts = await shop.db.selectFrom('mails').select('fact').where('orderId', '=', id).execute();
  const due = facts.map(({ fact }) => `Order ${order.number} ${SUBJECTS[fact]}`).toSorted();
  const subjects = await until('the mails have come', async () => {
    const mails = await mailsTo(shop.stack, goods.email);
    return mails.length >= due.length && mails.map(({ subject }) => subject).toSorted();
  });
  expect(subjects).toEqual(due);
}
