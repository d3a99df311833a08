// What shoppers do, from the first item to the end that they see. Each story is one of those that a shop meets every day; none
// of them helps the shop: whoever leaves, leaves.
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { OrderBody } from '../../test/support/shopper.ts';
import { count } from './figures.ts';
import type { Plan, Story } from './plans.ts';
import { openSession, type Placed, type Session, type World } from './session.ts';

interface Scene {
  world: World;
  plan: Plan;
  session: Session;
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
  const session = openSession(world, plan);
  const scene: Scene = { world, plan, session, tabs: [] };
  count(world.figures.begun, plan.story);
  if (!(await session.fill())) return;
  const leave = world.underWay.enter();
  let placed: Placed | undefined;
  try {
    placed = plan.story === 'walkedAway' ? await walkAway(scene) : await submit(scene);
    if (placed === undefined) return;
    count(world.figures.placed, plan.story);
    if (plan.looksAtOthers) await session.lookAtOthers();
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
  free: ({ session }, placed) => session.watch(placed, isOver),
  abandoned: ({ session }, placed) => session.read(placed),
  declined: async (scene, placed) => {
    const { session, plan } = scene;
    for (const card of DECLINED_CARDS.slice(0, plan.declines)) await pay(scene, placed, card);
    const payment = await session.retry(placed);
    return payAndWatch(scene, { ...placed, payment: payment ?? placed.payment });
  },
  authenticated: async (scene, placed) => {
    await pay(scene, placed, BANK_ASKS);
    return scene.session.watch(placed, isOver);
  },
  cancelled: async ({ session, world }, placed) => {
    await think(world);
    await session.cancel(placed);
    return session.watch(placed, isOver);
  },
  cancelledWhilePaying: async (scene, placed) => {
    const { session } = scene;
    await Promise.all([pay(scene, placed), session.cancel(placed)]);
    return session.watch(placed, isOver);
  },
  cancelledWhenPaid: async (scene, placed) => {
    const { session } = scene;
    const paid = await payAndWatch(scene, placed);
    if (paid?.status !== 'PAID') return paid;
    await session.cancel(placed);
    return session.watch(placed, ({ status, paymentStatus }) => status !== 'PAID' && paymentStatus !== 'PAID');
  },
  paidLate: async (scene, placed) => {
    const at = new Date(placed.order.expiresAt).getTime() + scene.plan.lateMs;
    await setTimeout(Math.max(at - Date.now(), 0), undefined, { signal: scene.world.stop });
    return payAndWatch(scene, placed);
  },
  codConfirmed: (scene, placed) => decide(scene, placed, 'confirm'),
  codRejected: (scene, placed) => decide(scene, placed, 'reject'),
  codLeft: ({ session }, placed) => session.watch(placed, isOver),
};

/** Submits the cart, in as many tabs at once as the plan says; the first order that a tab gets is gone on with. */
async function submit(scene: Scene): Promise<Placed | undefined> {
  const { world, plan, session } = scene;
  const key = randomUUID();
  if (plan.rivals === 1) return session.submit({ key });
  const patienceMs = world.window * SHARE_OF_WINDOW * MS_PER_SECOND;
  const tabs = Array.from({ length: plan.rivals }, () =>
    session.submit({ key: plan.sameKey ? key : randomUUID(), patienceMs }),
  );
  scene.tabs.push(...tabs);
  const first = tabs.map(async (tab) => (await tab) ?? Promise.reject(new Error('no order')));
  return Promise.any(first).catch(() => undefined);
}

/** Cuts the connection in the middle of the submit. Half of them come back, with the same key. */
async function walkAway({ world, plan, session }: Scene): Promise<Placed | undefined> {
  const key = randomUUID();
  const left = await session.submit({ key, walksAway: AbortSignal.timeout(plan.patienceMs) });
  if (left !== undefined || !plan.comesBack) return left;
  await think(world);
  return session.submit({ key, patienceMs: world.window * SHARE_OF_WINDOW * MS_PER_SECOND });
}

async function payAndWatch(scene: Scene, placed: Placed): Promise<OrderBody | undefined> {
  await pay(scene, placed);
  return scene.session.watch(placed, isOver);
}

async function pay({ world }: Scene, { order, payment }: Placed, card?: string): Promise<void> {
  if (payment === null) return;
  const outcome = await world.card.pay(payment, card);
  if (outcome === 'succeeded') world.witness.saw({ saw: 'paid', orderId: order.id, intentId: payment.intentId });
}

async function decide({ world, session }: Scene, placed: Placed, decision: 'confirm' | 'reject') {
  await think(world);
  await world.admin.decide(placed.order.id, decision);
  return session.watch(placed, isOver);
}

/** The order does not wait for anything any more. */
function isOver({ status }: OrderBody): boolean {
  return status !== 'PENDING' && status !== 'AWAITING_CONFIRMATION';
}

function think({ stop }: World): Promise<void> {
  return setTimeout(THINK_MS, undefined, { signal: stop });
}
