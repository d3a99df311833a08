// Stock under many buyers at once, on the real database: never oversold, never leaking, never deadlocked (P2).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { commitHolds, holdStock, releaseHolds, type WantedLine } from '../../src/inventory/store.ts';
import type { ShortLine } from '../../src/orders/rules.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { LATER, NOW, type StockedVariant, type StockState, stockedVariant, stockOf } from '../support/rows.ts';
import { isSound, watchedDuring } from './watched.ts';

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());

/** Holds in a transaction of its own, as the activity does. */
function hold(orderId: string, lines: readonly WantedLine[]): Promise<ShortLine[]> {
  return database.db.transaction().execute((tx) => holdStock(tx, { orderId, lines, expiresAt: LATER, now: NOW }));
}

function settle(how: typeof commitHolds | typeof releaseHolds, orderId: string): Promise<unknown> {
  return database.db.transaction().execute<unknown>((tx) => how(tx, orderId, NOW));
}

test.each([1, 7])(
  'of 30 orders that want one of %i units at once, exactly as many get one, and the others are told',
  async (units) => {
    const { db } = database;
    const variant = await stockedVariant(db, units);
    const lines = [{ variantId: variant.id, quantity: 1 }];
    const race = Promise.all(Array.from({ length: 30 }, () => hold(randomUUID(), lines)));
    const seen = await watchedDuring(database.db, [variant], race);
    const answers = await race;
    expect(seen.filter((state) => !isSound(state))).toEqual([]);
    expect(seen.at(-1)).toEqual({ onHand: units, reserved: units, held: units });
    expect(answers.filter((short) => short.length === 0)).toHaveLength(units);
    const told = { variantId: variant.id, sku: variant.sku, requested: 1, available: 0 };
    expect(answers.filter((short) => short.length > 0)).toEqual(Array.from({ length: 30 - units }, () => [told]));
  },
);

test('while orders hold, commit and release at once, reserved is the sum of the holds, and the ledger explains on hand', async () => {
  const { db } = database;
  const variants = await Promise.all([stockedVariant(db, 50), stockedVariant(db, 50)]);
  const lines = variants.map(({ id }) => ({ variantId: id, quantity: 2 }));
  const buy = async (nth: number): Promise<'short' | 'sold' | 'released'> => {
    const orderId = randomUUID();
    if ((await hold(orderId, lines)).length > 0) return 'short';
    await settle(nth % 2 === 0 ? commitHolds : releaseHolds, orderId);
    return nth % 2 === 0 ? 'sold' : 'released';
  };
  const race = Promise.all(Array.from({ length: 80 }, (_, nth) => buy(nth)));
  const seen = await watchedDuring(database.db, variants, race);
  const sold = (await race).filter((end) => end === 'sold').length * 2;
  expect(seen.filter((state) => !isSound(state))).toEqual([]);
  expect(await stockOf(db, variants)).toEqual(variants.map(() => ({ onHand: 50 - sold, reserved: 0, held: 0 })));
  for (const { id } of variants) expect(await soldByLedger(id)).toBe(sold);
});

test('orders that want the same variants in opposite order, and give them back, never deadlock', async () => {
  const variants = await Promise.all(Array.from({ length: 4 }, () => stockedVariant(database.db, 1_000)));
  const there = variants.map(({ id }) => ({ variantId: id, quantity: 1 }));
  const back = there.toReversed();
  for (let round = 0; round < 30; round += 1) {
    const orders = Array.from({ length: 8 }, (_, nth) => ({
      orderId: randomUUID(),
      lines: nth % 2 === 0 ? there : back,
    }));
    const shorts = await Promise.all(orders.map(({ orderId, lines }) => hold(orderId, lines)));
    expect(shorts.flat()).toEqual([]);
    const more = orders.map(({ lines }) => hold(randomUUID(), lines));
    const ends = orders.map(({ orderId }, nth) => settle(nth % 3 === 0 ? commitHolds : releaseHolds, orderId));
    await Promise.all([...more, ...ends]);
  }
  expect((await stockOf(database.db, variants)).filter((state) => !isSound(state))).toEqual([]);
});

test('an order gets all of its lines or none, and every short line is named with what there is', async () => {
  const { db } = database;
  const [enough, few, none] = await Promise.all([stockedVariant(db, 5), stockedVariant(db, 1), stockedVariant(db, 0)]);
  const unstocked = await stockedVariant(db, 0);
  await db.deleteFrom('inventory').where('variantId', '=', unstocked.id).execute();
  const lines = [
    { variantId: none.id, quantity: 1 },
    { variantId: enough.id, quantity: 2 },
    { variantId: unstocked.id, quantity: 4 },
    { variantId: few.id, quantity: 3 },
  ];
  const short = await hold(randomUUID(), lines);
  const bySku = (a: { sku: string }, b: { sku: string }) => (a.sku < b.sku ? -1 : 1);
  expect(short).toEqual(
    [
      { variantId: none.id, sku: none.sku, requested: 1, available: 0 },
      { variantId: unstocked.id, sku: unstocked.sku, requested: 4, available: 0 },
      { variantId: few.id, sku: few.sku, requested: 3, available: 1 },
    ].toSorted(bySku),
  );
  expect(await stockOf(db, [enough, few])).toEqual([
    { onHand: 5, reserved: 0, held: 0 },
    { onHand: 1, reserved: 0, held: 0 },
  ]);
});

const ORDERS = 4;
const VARIANTS = 3;

/** What an order does next. Quantities are per variant; only a hold has them. */
interface Step {
  act: 'hold' | 'commit' | 'release';
  order: number;
  quantities: number[];
}
/** Plays a step and gives the places of the variants that were short. */
type Shop = (step: Step) => Promise<number[]> | number[];

const perVariant = (max: number) => fc.array(fc.nat({ max }), { minLength: VARIANTS, maxLength: VARIANTS });
const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom('hold', 'hold', 'commit', 'release'),
  order: fc.nat({ max: ORDERS - 1 }),
  quantities: perVariant(3).filter((quantities) => quantities.some((quantity) => quantity > 0)),
});

/** Stock as it should be: plain arithmetic. An order holds once in its life. */
function arithmetic(start: number[]): { play: Shop; stock: () => StockState[] } {
  const onHand = [...start];
  const reserved = start.map(() => 0);
  const orders = new Map<number, { quantities: number[]; live: boolean }>();
  const each = (quantities: number[], change: (at: number, quantity: number) => void) =>
    quantities.forEach((quantity, at) => change(at, quantity));
  const play: Shop = ({ act, order, quantities }) => {
    const known = orders.get(order);
    if (act === 'hold' && known === undefined) {
      const short = quantities.flatMap((wanted, at) =>
        wanted > 0 && (onHand[at] ?? 0) - (reserved[at] ?? 0) < wanted ? [at] : [],
      );
      if (short.length > 0) return short;
      orders.set(order, { quantities, live: true });
      each(quantities, (at, quantity) => (reserved[at] = (reserved[at] ?? 0) + quantity));
    }
    if (act !== 'hold' && known?.live === true) {
      known.live = false;
      each(known.quantities, (at, quantity) => (reserved[at] = (reserved[at] ?? 0) - quantity));
      if (act === 'commit') each(known.quantities, (at, quantity) => (onHand[at] = (onHand[at] ?? 0) - quantity));
    }
    return [];
  };
  const stock = () =>
    onHand.map((count, at) => ({ onHand: count, reserved: reserved[at] ?? 0, held: reserved[at] ?? 0 }));
  return { play, stock };
}

/** The same on the database. */
function realShop(variants: StockedVariant[]): Shop {
  const orderIds = Array.from({ length: ORDERS }, () => randomUUID());
  const held = new Set<string>();
  return async ({ act, order, quantities }) => {
    const orderId = orderIds[order] ?? '';
    if (act !== 'hold') {
      await settle(act === 'commit' ? commitHolds : releaseHolds, orderId);
      return [];
    }
    // Whoever places orders asks once: an order that is written has its holds.
    if (held.has(orderId)) return [];
    const lines = variants.map(({ id }, at) => ({ variantId: id, quantity: quantities[at] ?? 0 }));
    const short = await hold(
      orderId,
      lines.filter(({ quantity }) => quantity > 0),
    );
    if (short.length === 0) held.add(orderId);
    const places = short.map(({ variantId }) => variants.findIndex(({ id }) => id === variantId));
    return places.toSorted((a, b) => a - b);
  };
}

test('any sequence of holds, commits and releases leaves the stock that plain arithmetic says', async () => {
  await fc.assert(
    fc.asyncProperty(perVariant(6), fc.array(step, { minLength: 1, maxLength: 12 }), async (start, steps) => {
      const variants = await Promise.all(start.map((count) => stockedVariant(database.db, count)));
      const [shop, model] = [realShop(variants), arithmetic(start)];
      for (const next of steps) {
        expect(await shop(next)).toEqual(await model.play(next));
        expect(await stockOf(database.db, variants)).toEqual(model.stock());
      }
      const sold = await Promise.all(variants.map(({ id }) => soldByLedger(id)));
      expect(sold).toEqual(model.stock().map(({ onHand }, at) => (start[at] ?? 0) - onHand));
    }),
    { numRuns: 40 },
  );
});

/** How many units of the variant have left the shop, by the ledger. */
async function soldByLedger(variantId: string): Promise<number> {
  const rows = await database.db
    .selectFrom('stockMovements')
    .select(['kind', 'quantity'])
    .where('variantId', '=', variantId)
    .execute();
  expect(rows.filter(({ kind }) => kind !== 'sold')).toEqual([]);
  return rows.reduce((sum, { quantity }) => sum - quantity, 0);
}
