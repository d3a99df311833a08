// Holds whose time is over, and what an order gets back or gives back after it: once, whoever else settles at that moment (P2, P3).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  commitHolds,
  expireHolds,
  findDueHolds,
  holdStock,
  isAnyHoldDue,
  releaseHolds,
  restockOrder,
  reviveHolds,
} from '../../src/inventory/store.ts';
import type { Database } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { LATER, NOW, type StockedVariant, stockedVariant, stockOf } from '../support/rows.ts';
import { isSound, watchedDuring } from './watched.ts';

const PAST = new Date(NOW.getTime() - 1_000);
const LIMIT = 1_000;

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());

function inTransaction<T>(work: (tx: Database) => Promise<T>): Promise<T> {
  return database.db.transaction().execute(work);
}

/** An order that holds one unit of each. */
async function holding(variants: readonly StockedVariant[], expiresAt = PAST): Promise<string> {
  const orderId = randomUUID();
  const lines = variants.map(({ id }) => ({ variantId: id, quantity: 1 }));
  expect(await inTransaction((tx) => holdStock(tx, { orderId, lines, expiresAt, now: PAST }))).toEqual([]);
  return orderId;
}

/** A hold that a person has made, of one unit. */
async function manualHold({ id: variantId }: StockedVariant, expiresAt: Date): Promise<void> {
  const hold = { id: newId(NOW), variantId, quantity: 1, expiresAt, createdAt: PAST };
  await inTransaction(async (tx) => {
    await tx.insertInto('holds').values(hold).execute();
    const more = tx.updateTable('inventory').set((eb) => ({ reserved: eb('reserved', '+', 1) }));
    await more.where('variantId', '=', variantId).execute();
  });
}

/** Ends what is due, as the workflow does in its two steps. */
async function expire(limit = LIMIT): Promise<number> {
  const due = await findDueHolds(database.db, { now: NOW, limit });
  return inTransaction((tx) =>
    expireHolds(
      tx,
      due.map(({ id }) => id),
      NOW,
    ),
  );
}

async function statuses(orderId: string): Promise<string[]> {
  const rows = await database.db.selectFrom('holds').select('status').where('orderId', '=', orderId).execute();
  return rows.map(({ status }) => status);
}

async function ledger(orderId: string): Promise<{ kind: string; quantity: number }[]> {
  const rows = database.db.selectFrom('stockMovements').select(['kind', 'quantity']).where('orderId', '=', orderId);
  return rows.orderBy('id').execute();
}

test('what is due ends once, in batches, by several at once: of orders and of people, and nothing else', async () => {
  const { db } = database;
  const variants = await Promise.all([stockedVariant(db, 50), stockedVariant(db, 50)]);
  const dueOrders = await Promise.all(Array.from({ length: 20 }, () => holding(variants)));
  for (const variant of variants) await manualHold(variant, NOW);
  const [live, sold] = [await holding(variants, LATER), await holding(variants)];
  await manualHold(variants[0], LATER);
  await inTransaction((tx) => commitHolds(tx, sold, NOW));

  expect(await isAnyHoldDue(db, PAST)).toBe(true);
  const rounds: number[] = [];
  while (await isAnyHoldDue(db, NOW)) {
    const ended = await Promise.all(Array.from({ length: 4 }, () => expire(7)));
    expect(Math.max(...ended)).toBeLessThanOrEqual(7);
    rounds.push(...ended);
  }
  expect(rounds.reduce((sum, ended) => sum + ended, 0)).toBe(42);
  expect((await Promise.all(dueOrders.map(statuses))).flat()).toEqual(Array.from({ length: 40 }, () => 'EXPIRED'));
  expect(await statuses(live)).toEqual(['HELD', 'HELD']);
  expect(await statuses(sold)).toEqual(['COMMITTED', 'COMMITTED']);
  expect(await stockOf(db, variants)).toEqual([
    { onHand: 49, reserved: 2, held: 2 },
    { onHand: 49, reserved: 1, held: 1 },
  ]);
});

test('the holds that were found tell of their orders until they are ended, first due first', async () => {
  const { db } = database;
  const variant = await stockedVariant(db, 5);
  const second = await holding([variant], NOW);
  const first = await holding([variant], PAST);
  await manualHold(variant, NOW);
  const found = () => findDueHolds(db, { now: NOW, limit: LIMIT });
  expect((await found()).map(({ orderId }) => orderId).slice(0, 1)).toEqual([first]);
  expect(new Set((await found()).map(({ orderId }) => orderId))).toEqual(new Set([first, second, null]));
  expect(await findDueHolds(db, { now: new Date(PAST.getTime() - 1), limit: LIMIT })).toEqual([]);
  await expire();
  expect(await found()).toEqual([]);
});

test('a hold that is prolonged or settled after it was found does not expire', async () => {
  const { db } = database;
  const variant = await stockedVariant(db, 5);
  const [longer, paid, given] = [await holding([variant]), await holding([variant]), await holding([variant])];
  const due = (await findDueHolds(db, { now: NOW, limit: LIMIT })).map(({ id }) => id);
  await db.updateTable('holds').set({ expiresAt: LATER }).where('orderId', '=', longer).execute();
  await inTransaction((tx) => commitHolds(tx, paid, NOW));
  await inTransaction((tx) => releaseHolds(tx, given, NOW));
  expect(await inTransaction((tx) => expireHolds(tx, due, NOW))).toBe(0);
  expect((await Promise.all([longer, paid, given].map(statuses))).flat()).toEqual(['HELD', 'COMMITTED', 'RELEASED']);
});

test('while the expiry meets orders that commit, release and hold, each hold is settled once and the stock is sound', async () => {
  const { db } = database;
  const variants = await Promise.all([stockedVariant(db, 200), stockedVariant(db, 200)]);
  const back = variants.toReversed();
  let sold = 0;
  for (let round = 0; round < 15; round += 1) {
    const orders = await Promise.all(Array.from({ length: 6 }, (_, nth) => holding(nth % 2 === 0 ? variants : back)));
    const settle = orders.map((orderId, nth) =>
      inTransaction<unknown>((tx) => (nth % 2 === 0 ? commitHolds : releaseHolds)(tx, orderId, NOW)),
    );
    const more = [holding(back, LATER), holding(variants, LATER)];
    const race = Promise.all([...settle, expire(), ...more, expire(3), expire()]);
    expect((await watchedDuring(database.db, variants, race)).filter((state) => !isSound(state))).toEqual([]);
    const ends = await Promise.all(orders.map(statuses));
    for (const end of ends) expect(['COMMITTED', 'RELEASED', 'EXPIRED']).toEqual(expect.arrayContaining(end));
    sold += ends.flat().filter((status) => status === 'COMMITTED').length;
    for (const orderId of await Promise.all(more)) await inTransaction((tx) => releaseHolds(tx, orderId, NOW));
  }
  expect(await isAnyHoldDue(db, NOW)).toBe(false);
  const states = await stockOf(db, variants);
  expect(states.map(({ reserved }) => reserved)).toEqual([0, 0]);
  expect(states.reduce((sum, { onHand }) => sum + 200 - onHand, 0)).toBe(sold);
});

test('money that meets the end of its holds finds them held or takes them again, all or none', async () => {
  const { db } = database;
  const variants = await Promise.all([stockedVariant(db, 40), stockedVariant(db, 40)]);
  const pay = (orderId: string) =>
    inTransaction(async (tx) => {
      expect(await reviveHolds(tx, orderId, NOW)).toBe(true);
      return commitHolds(tx, orderId, NOW);
    });
  for (let round = 0; round < 20; round += 1) {
    const orderId = await holding(round % 2 === 0 ? variants : variants.toReversed());
    const race = Promise.all([expire(), pay(orderId), expire(1)]);
    expect((await watchedDuring(database.db, variants, race)).filter((state) => !isSound(state))).toEqual([]);
    expect(await statuses(orderId)).toEqual(['COMMITTED', 'COMMITTED']);
  }
  expect(await stockOf(db, variants)).toEqual(variants.map(() => ({ onHand: 20, reserved: 0, held: 0 })));
});

test('a hold that expired beside one that was just committed comes back: the order is one', async () => {
  const { db } = database;
  const variants = await Promise.all([stockedVariant(db, 5), stockedVariant(db, 5)]);
  const orderId = await holding(variants);
  await expire(1);
  await inTransaction(async (tx) => {
    expect(await commitHolds(tx, orderId, NOW)).toMatchObject({ committed: 1 });
    expect(await reviveHolds(tx, orderId, NOW)).toBe(true);
    expect(await commitHolds(tx, orderId, NOW)).toMatchObject({ committed: 1 });
  });
  expect(await stockOf(db, variants)).toEqual(variants.map(() => ({ onHand: 4, reserved: 0, held: 0 })));
});

test('expired holds come back only where there is stock for all of them, and never beside released ones', async () => {
  const { db } = database;
  const variants = await Promise.all([stockedVariant(db, 1), stockedVariant(db, 1)]);
  const revive = (orderId: string) => inTransaction((tx) => reviveHolds(tx, orderId, NOW));
  const late = await holding(variants);
  expect(await revive(late)).toBe(true);
  await expire();
  const other = await holding(variants.slice(1), LATER);
  expect(await revive(late)).toBe(false);
  expect(await statuses(late)).toEqual(['EXPIRED', 'EXPIRED']);
  expect(await stockOf(db, variants)).toEqual([
    { onHand: 1, reserved: 0, held: 0 },
    { onHand: 1, reserved: 1, held: 1 },
  ]);
  await inTransaction((tx) => releaseHolds(tx, other, NOW));
  expect(await Promise.all([revive(late), revive(late)])).toEqual([true, true]);
  expect(await statuses(late)).toEqual(['HELD', 'HELD']);
  expect(await stockOf(db, variants)).toEqual(variants.map(() => ({ onHand: 1, reserved: 1, held: 1 })));
  expect(await revive(other)).toBe(false);
  await inTransaction((tx) => commitHolds(tx, late, NOW));
  expect(await revive(late)).toBe(true);
  expect(await stockOf(db, variants)).toEqual(variants.map(() => ({ onHand: 0, reserved: 0, held: 0 })));
  expect(await revive(randomUUID())).toBe(false);
});

test('of two orders whose holds ended, that want the last unit back at once, one gets it', async () => {
  const variant = await stockedVariant(database.db, 1);
  for (let round = 0; round < 20; round += 1) {
    const first = await holding([variant]);
    await expire();
    const second = await holding([variant]);
    await expire();
    const both = [first, second].map((orderId) => inTransaction((tx) => reviveHolds(tx, orderId, NOW)));
    expect((await Promise.all(both)).filter((isRevived) => isRevived)).toHaveLength(1);
    for (const orderId of [first, second]) await inTransaction((tx) => releaseHolds(tx, orderId, NOW));
  }
});

test('a cancelled order brings its units back once, with a row in the ledger, also twice at once and beside other orders', async () => {
  const { db } = database;
  const variants = await Promise.all([stockedVariant(db, 5), stockedVariant(db, 5)]);
  const orderId = await holding(variants);
  const restock = () => inTransaction((tx) => restockOrder(tx, orderId, NOW));
  await restock();
  expect(await ledger(orderId)).toEqual([]);
  await inTransaction((tx) => commitHolds(tx, orderId, NOW));
  const race = Promise.all([...Array.from({ length: 5 }, restock), holding(variants, LATER), holding(variants, LATER)]);
  expect((await watchedDuring(database.db, variants, race)).filter((state) => !isSound(state))).toEqual([]);
  await restock();
  expect(await stockOf(db, variants)).toEqual(variants.map(() => ({ onHand: 5, reserved: 2, held: 2 })));
  expect(await ledger(orderId)).toEqual([
    ...variants.map(() => ({ kind: 'sold', quantity: -1 })),
    ...variants.map(() => ({ kind: 'restocked', quantity: 1 })),
  ]);
  expect(await statuses(orderId)).toEqual(['COMMITTED', 'COMMITTED']);
});
