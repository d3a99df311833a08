// One round: an order for every border of every step. Each is driven to its border, all are held there together while somebody
// is killed and comes back, and then each goes on to its end.
import type { Admin } from '../../support/shopper.ts';
import type { RunningStack } from '../../support/stack.ts';
import { until } from '../../support/wait.ts';
import { type EndState, endState, type Places, unfinishedWorkflows, unsentMails } from './end-state.ts';
import { FLOWS } from './flows.ts';
import { type Cell, follow, nameOf, play, prepareRun } from './run.ts';
import type { Barriers } from './server.ts';
import { killAndAwait, type Victim } from './victims.ts';

export interface Scene extends Places {
  shop: RunningStack;
  barriers: Barriers;
  admin: Admin;
}

const SIDES = ['before', 'after'] as const;
const HELD_WITHIN_MS = 45_000;
const ENDED_WITHIN_MS = 90_000;
const NO_ID = '00000000-0000-0000-0000-000000000000';

export const CELLS: readonly Cell[] = Object.entries(FLOWS).flatMap(([flow, acts]) =>
  acts.flatMap(({ steps = [] }) => steps.flatMap((step) => SIDES.map((side) => ({ flow, step, side })))),
);

/** @returns where each cell's order ended, by the cell's name; `wrong` says where its people got stuck */
export async function playRound(scene: Scene, victim: Victim | 'nobody'): Promise<Record<string, EndState>> {
  const { barriers, shop } = scene;
  const runs = await Promise.all(CELLS.map((cell) => prepareRun(scene, scene.admin, cell)));
  const orderIds = runs.map(({ goods }) => goods.orderId);
  const reaches = follow(scene, orderIds);
  for (const wrong of await Promise.all(runs.map((run) => play(run, run.acts.before, reaches)))) {
    if (wrong !== undefined) throw new Error(wrong);
  }

  const borders = runs.map(({ cell, goods }) => ({ ...cell, orderId: goods.orderId }));
  barriers.put(borders, (args) => orderOf(scene, args));
  const going = Promise.all(runs.map((run) => play(run, run.acts.from, reaches)));
  try {
    await everybodyStands(scene, orderIds);
    barriers.letPass();
    if (victim !== 'nobody') await killAndAwait(shop, victim);
  } finally {
    barriers.letPass();
    barriers.release();
  }
  const wrong = await going;
  await nothingLeft(scene, orderIds);
  const states = runs.map(async ({ cell, goods }, at) => {
    return [nameOf(cell), { wrong: wrong[at], ...(await endState(scene, goods)) }];
  });
  return Object.fromEntries(await Promise.all(states));
}

/**
 * Waits until every barrier holds its step, and no mail is on its way: one that was sent and not marked when its worker is killed
 * comes twice, as it should.
 * @throws with the borders that nobody came to
 */
async function everybodyStands({ db, barriers }: Scene, orderIds: readonly string[]): Promise<void> {
  let empty = barriers.empty();
  const isSo = async () => {
    const unsent = await unsentMails(db, orderIds);
    empty = barriers.empty();
    return unsent === 0 && empty.length === 0;
  };
  await until('every step is held, every mail is sent', isSo, HELD_WITHIN_MS).catch((error: unknown) => {
    const missing = empty.map(({ step, side, orderId }) => `${side} ${step} of ${orderId}`);
    throw new Error(`nobody came to: ${missing.join(', ')}`, { cause: error });
  });
}

/** A step names its order, or one of its intents or refunds. */
async function orderOf({ db }: Scene, args: string): Promise<string | undefined> {
  // PostgreSQL takes no empty list.
  const uuids = [NO_ID, ...(args.match(/[\da-f]{8}-[\da-f-]{27}/g) ?? [])];
  const intents = [NO_ID, ...(args.match(/pi_\w+/g) ?? [])];
  const found = await db
    .selectFrom('checkouts')
    .select('orderId')
    .where('orderId', 'in', uuids)
    .union(db.selectFrom('refunds').select('orderId').where('id', 'in', uuids))
    .union(db.selectFrom('payments').select('orderId').where('intentId', 'in', intents))
    .executeTakeFirst();
  return found?.orderId;
}

/** Waits until the orders' workflows have ended and their mails are sent. What never ends is seen in the end state. */
async function nothingLeft(scene: Scene, orderIds: readonly string[]): Promise<void> {
  const isSo = async () =>
    (await unsentMails(scene.db, orderIds)) === 0 && (await unfinishedWorkflows(scene, orderIds)).length === 0;
  await until('nothing is left to do', isSo, ENDED_WITHIN_MS).catch(() => undefined);
}
