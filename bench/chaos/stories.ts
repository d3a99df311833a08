// What shoppers do, from the first item to the end that they see. Each story is one of those that a shop meets every day; none
// of them helps the shop: whoever leaves, leaves.
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { OrderBody } from '../../test/support/shopper.ts';
import { type Cart, newCart, type Placed } from './cart.ts';
import { count } from './figures.ts';
import { cancelOrder, lookAtOthers, readOrder, retryPayment, watchOrder } from './order.ts';
import type { Plan, Story } from './plans.ts';
import type { World } from './world.ts';

interface Scene {
  world: World;
  plan: Plan;
  cart: Cart;
  /** Submits that are still under way, in other tabs. */
  tabs: Promise<unknown>[];
}

const DECLINED_CARDS = ['pm_card_visa_chargeDeclined', 'pm_card_visa_chargeDeclinedInsufficientFunds'] as const;
const BANK_ASKS = 'pm_card_authenticationRequired';
/** Shoppers think for so long before they cancel; staff, before they decide. */
const THINK_MS = 700;
/** Other tabs of a cart are closed, and a walker is back, before the order's window can be over: they mean this order. */
const SHARE_OF_WINDOW = 0.5;
const MS_PER_SECOND = 1_000;

/** One shopper, from coming to leaving. */
export async function goShopping(world: World, plan: Plan): Promise<void> {
  const cart = newCart(world, plan);
  const scene: Scene = { world, plan, cart, tabs: [] };
  count(world.figures.begun, plan.story);
  if (!(await cart.fill())) return;
  const leave = world.underWay.enter();
  let placed: Placed | undefined;
  try {
    placed = plan.story === 'walkedAway' ? await walkAway(scene) : await submit(scene);
    if (placed === undefined) return;
    count(world.figures.placed, plan.story);
    if (plan.looksAtOthers) await lookAtOthers(world, placed);
    const last = await STORIES[plan.story](scene, placed);
    if (last !== undefined) count(world.figures.seen, last.status);
    await Promise.all(scene.tabs);
  } finally {
    leave(plan.story === 'abandoned' && placed !== undefined ? new Date(placed.order.expiresAt) : undefined);
  }
}

type Play = (scene: Scene, placed: Placed) => Promise<OrderBody | undefined>;

const STORIES: Record<Story, Play> = {
  paid: payAndWatch,
  submittedTwice: payAndWatch,
  walkedAway: payAndWatch,
  free: watch,
  codLeft: watch,
  abandoned: ({ world }, placed) => readOrder(world, placed),
  declined: async (scene, placed) => {
    for (const card of DECLINED_CARDS.slice(0, scene.plan.declines)) await pay(scene, placed, card);
    const payment = await retryPayment(scene.world, placed);
    return payAndWatch(scene, { ...placed, payment: payment ?? placed.payment });
  },
  authenticated: async (scene, placed) => {
    await pay(scene, placed, BANK_ASKS);
    return watch(scene, placed);
  },
  cancelled: async (scene, placed) => {
    await think(scene.world);
    await cancelOrder(scene.world, placed);
    return watch(scene, placed);
  },
  cancelledWhilePaying: async (scene, placed) => {
    await Promise.all([pay(scene, placed), cancelOrder(scene.world, placed)]);
    return watch(scene, placed);
  },
  cancelledWhenPaid: async (scene, placed) => {
    const paid = await payAndWatch(scene, placed);
    if (paid?.status !== 'PAID') return paid;
    await cancelOrder(scene.world, placed);
    return watchOrder(scene.world, placed, ({ paymentStatus }) => paymentStatus !== 'PAID');
  },
  paidLate: async (scene, placed) => {
    const at = new Date(placed.order.expiresAt).getTime() + scene.plan.lateMs;
    await setTimeout(Math.max(at - Date.now(), 0), undefined, { signal: scene.world.stop });
    return payAndWatch(scene, placed);
  },
  codConfirmed: (scene, placed) => decide(scene, placed, 'confirm'),
  codRejected: (scene, placed) => decide(scene, placed, 'reject'),
};

/** Submits the cart, in as many tabs at once as the plan says; the first order that a tab gets is gone on with. */
async function submit(scene: Scene): Promise<Placed | undefined> {
  const { world, plan, cart } = scene;
  const key = randomUUID();
  if (plan.rivals === 1) return cart.submit({ key });
  const patienceMs = world.window * SHARE_OF_WINDOW * MS_PER_SECOND;
  const tabs = Array.from({ length: plan.rivals }, () =>
    cart.submit({ key: plan.sameKey ? key : randomUUID(), patienceMs }),
  );
  scene.tabs.push(...tabs);
  const first = tabs.map(async (tab) => (await tab) ?? Promise.reject(new Error('no order')));
  try {
    return await Promise.any(first);
  } catch {
    await Promise.all(tabs); // a tab that has failed, instead of being refused, says so
    return undefined;
  }
}

/** Cuts the connection in the middle of the submit. Half of them come back, with the same key. */
async function walkAway({ world, plan, cart }: Scene): Promise<Placed | undefined> {
  const key = randomUUID();
  const left = await cart.submit({ key, walksAway: AbortSignal.timeout(plan.patienceMs) });
  if (left !== undefined || !plan.comesBack) return left;
  await think(world);
  return cart.submit({ key, patienceMs: world.window * SHARE_OF_WINDOW * MS_PER_SECOND });
}

async function payAndWatch(scene: Scene, placed: Placed): Promise<OrderBody | undefined> {
  await pay(scene, placed);
  return watch(scene, placed);
}

async function pay({ world }: Scene, { order, payment }: Placed, card?: string): Promise<void> {
  if (payment === null) return;
  const outcome = await world.card.pay(payment, card);
  if (outcome === 'succeeded') world.witness.saw({ saw: 'paid', orderId: order.id, intentId: payment.intentId });
}

async function decide(scene: Scene, placed: Placed, decision: 'confirm' | 'reject'): Promise<OrderBody | undefined> {
  await think(scene.world);
  await scene.world.admin.decide(placed.order.id, decision);
  return watch(scene, placed);
}

/** Until the order does not wait for anything any more. */
function watch({ world }: Scene, placed: Placed): Promise<OrderBody | undefined> {
  const isOver = ({ status }: OrderBody) => status !== 'PENDING' && status !== 'AWAITING_CONFIRMATION';
  return watchOrder(world, placed, isOver);
}

function think({ stop }: World): Promise<void> {
  return setTimeout(THINK_MS, undefined, { signal: stop });
}
