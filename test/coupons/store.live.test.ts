// A coupon's uses on the real database (P7): its limits hold under any concurrency, and the counter is always the number of
// uses that are held or committed.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Transaction } from 'kysely';
import {
  commitCouponUse,
  expireCouponUses,
  findCoupon,
  holdCouponUse,
  releaseCouponUse,
} from '../../src/coupons/store.ts';
import type { CouponProblem } from '../../src/orders/rules.ts';
import type { Schema } from '../../src/platform/database-schema.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { LATER, NOW } from '../support/rows.ts';
import { newCoupon, usesOf } from './uses.ts';

const AT_ONCE = 20;
const AFTER = new Date(LATER.getTime() + 1);

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());

function inTransaction<T>(work: (tx: Transaction<Schema>) => Promise<T>): Promise<T> {
  return database.db.transaction().execute(work);
}

const ada = 'ada@example.com';

function hold(couponId: string, use: { orderId?: string; customer?: string; expiresAt?: Date } = {}) {
  const { orderId = randomUUID(), customer = ada, expiresAt = LATER } = use;
  return inTransaction((tx) => holdCouponUse(tx, { orderId, couponId, customer, expiresAt, now: NOW }));
}
const commit = (orderId: string) => inTransaction((tx) => commitCouponUse(tx, orderId, NOW));
const release = (orderId: string, from: 'HELD' | 'COMMITTED' = 'HELD') =>
  inTransaction((tx) => releaseCouponUse(tx, orderId, NOW, from));
const expire = (now = AFTER, limit = 100) => inTransaction((tx) => expireCouponUses(tx, { now, limit }));

/** An order that holds a use of a new coupon. */
async function held(limits: Parameters<typeof newCoupon>[1] = {}, customer = ada) {
  const couponId = await newCoupon(database.db, limits);
  const orderId = randomUUID();
  await hold(couponId, { orderId, customer });
  return { couponId, orderId };
}

function countOf(answers: readonly (CouponProblem | undefined)[]): Record<string, number> {
  const counted = Map.groupBy(answers, (answer) => answer ?? 'held');
  return Object.fromEntries([...counted].map(([answer, { length }]) => [answer, length]));
}

test('a coupon is found by its code in any case, and by its id', async () => {
  const { db } = database;
  const byCode = await findCoupon(db, { code: 'welcome10' });
  expect(byCode).toMatchObject({ code: 'WELCOME10', kind: 'percentage', value: 10, perCustomerLimit: 1, used: 0 });
  expect(await findCoupon(db, { id: byCode?.id ?? '' })).toEqual(byCode);
  expect(await findCoupon(db, { code: 'WELCOME' })).toBeUndefined();
});

test("an order's own use does not count against it", async () => {
  const { couponId, orderId } = await held({ totalLimit: 1 });
  expect(await findCoupon(database.db, { id: couponId })).toMatchObject({ used: 1 });
  expect(await findCoupon(database.db, { id: couponId, exceptOrder: orderId })).toMatchObject({ used: 0 });
  await release(orderId);
  expect(await findCoupon(database.db, { id: couponId, exceptOrder: orderId })).toMatchObject({ used: 0 });
});

test.each([1, 3])('of twenty orders at once for a limit of %p exactly so many get a use', async (totalLimit) => {
  for (let round = 0; round < 5; round += 1) {
    const couponId = await newCoupon(database.db, { totalLimit });
    const customers = Array.from({ length: AT_ONCE }, (_, at) => `${at}@example.com`);
    const answers = await Promise.all(customers.map((customer) => hold(couponId, { customer })));
    expect(countOf(answers)).toEqual({ held: totalLimit, limit_reached: AT_ONCE - totalLimit });
    expect(await usesOf(database.db, couponId)).toMatchObject({ used: totalLimit, live: totalLimit });
  }
});

test('of many orders at once of one customer, whose address is written in every case, as many get a use as one may have', async () => {
  const couponId = await newCoupon(database.db, { perCustomerLimit: 2 });
  const spellings = ['ada@example.com', 'Ada@example.com', 'ADA@EXAMPLE.COM', 'aDa@eXample.Com'];
  const customers = Array.from({ length: AT_ONCE }, (_, at) => spellings[at % spellings.length] ?? ada);
  const answers = await Promise.all(customers.map((customer) => hold(couponId, { customer })));
  expect(countOf(answers)).toEqual({ held: 2, customer_limit_reached: AT_ONCE - 2 });
  expect(await hold(couponId, { customer: 'bob@example.com' })).toBeUndefined();
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 3, live: 3 });
});

test('holds, payments, ends and expiries of many orders at once leave the counter at what is live', async () => {
  const coupons = await Promise.all([1, 2, 3].map(() => newCoupon(database.db, { totalLimit: 8 })));
  const orders = Array.from({ length: 48 }, (_, at) => ({
    orderId: randomUUID(),
    couponId: coupons[at % coupons.length] ?? '',
    customer: `${at}@example.com`,
    expiresAt: at % 2 === 0 ? NOW : LATER,
  }));
  const lives = orders.map(async ({ couponId, ...use }, at) => {
    if ((await hold(couponId, use)) !== undefined) return;
    await (at % 3 === 0 ? commit(use.orderId) : release(use.orderId));
    if (at % 5 === 0) await release(use.orderId, 'COMMITTED');
  });
  const expiries = Array.from({ length: 8 }, () => expire(NOW, 5));
  await Promise.all([...lives, ...expiries]);
  for (const couponId of coupons) {
    const { used, live } = await usesOf(database.db, couponId);
    expect(used).toBe(live);
  }
});

/** Each step of a use with what comes before it, and what it leaves. */
const STEPS: { step: string; once: (of: Awaited<ReturnType<typeof held>>) => Promise<unknown>; leaves: object }[] = [
  {
    step: 'hold',
    once: ({ couponId, orderId }) => hold(couponId, { orderId }),
    leaves: { used: 1, statuses: { HELD: 1 } },
  },
  { step: 'commit', once: ({ orderId }) => commit(orderId), leaves: { used: 1, statuses: { COMMITTED: 1 } } },
  { step: 'release', once: ({ orderId }) => release(orderId), leaves: { used: 0, statuses: { RELEASED: 1 } } },
  {
    step: 'release of what was committed',
    once: async ({ orderId }) => {
      await commit(orderId);
      await release(orderId, 'COMMITTED');
    },
    leaves: { used: 0, statuses: { RELEASED: 1 } },
  },
];

describe.each(STEPS)('the $step', ({ once, leaves }) => {
  test('done twice, and five times at once, leaves what it leaves once', async () => {
    const [twice, raced] = [await held({ totalLimit: 1 }), await held({ totalLimit: 1 })];
    await once(twice);
    expect(await usesOf(database.db, twice.couponId)).toMatchObject(leaves);
    await once(twice);
    expect(await usesOf(database.db, twice.couponId)).toMatchObject(leaves);
    await Promise.all(Array.from({ length: 5 }, () => once(raced)));
    expect(await usesOf(database.db, raced.couponId)).toMatchObject(leaves);
  });
});

test('a first hold that comes five times at once for one order takes one use', async () => {
  const couponId = await newCoupon(database.db, { totalLimit: 3, perCustomerLimit: 1 });
  const orderId = randomUUID();
  const answers = await Promise.all(Array.from({ length: 5 }, () => hold(couponId, { orderId })));
  expect(countOf(answers)).toEqual({ held: 5 });
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 1, live: 1 });
});

test('a use that is given back is there for the next order, and for the same customer', async () => {
  const { couponId, orderId } = await held({ totalLimit: 1, perCustomerLimit: 1 });
  expect(await hold(couponId)).toBe('limit_reached');
  await release(orderId);
  expect(await hold(couponId)).toBeUndefined();
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 1, statuses: { RELEASED: 1, HELD: 1 } });
});

test('an order without a coupon commits and releases nothing', async () => {
  const orderId = randomUUID();
  expect(await commit(orderId)).toBe(true);
  await release(orderId);
});

test('a use whose time is over is given back once, and one that is committed or not yet due stays', async () => {
  const [due, paid, early] = [await held({ totalLimit: 1 }), await held(), await newCoupon(database.db)];
  await commit(paid.orderId);
  await hold(early, { expiresAt: new Date(AFTER.getTime() + 1) });
  const expired = await Promise.all([expire(), expire(), expire()]);
  expect(expired.reduce((all, count) => all + count, 0)).toBeGreaterThanOrEqual(1);
  expect(await expire()).toBe(0);
  expect(await usesOf(database.db, due.couponId)).toMatchObject({ used: 0, statuses: { EXPIRED: 1 } });
  expect(await usesOf(database.db, paid.couponId)).toMatchObject({ used: 1, statuses: { COMMITTED: 1 } });
  expect(await usesOf(database.db, early)).toMatchObject({ used: 1, statuses: { HELD: 1 } });
});

test('expiry goes in batches, and passes by what another transaction is settling', async () => {
  await expire();
  const couponId = await newCoupon(database.db);
  const orders = Array.from({ length: 5 }, () => randomUUID());
  for (const orderId of orders) await hold(couponId, { orderId });
  expect(await expire(AFTER, 2)).toBe(2);
  const [, , , , last = ''] = orders;
  const passedBy = await inTransaction(async (tx) => {
    expect(await commitCouponUse(tx, last, NOW)).toBe(true);
    return expire();
  });
  expect(passedBy).toBe(2);
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 1, statuses: { EXPIRED: 4, COMMITTED: 1 } });
});

test('a use that has expired is taken again by its payment where the limits allow, once', async () => {
  const { couponId, orderId } = await held({ totalLimit: 1, perCustomerLimit: 1 });
  await expire();
  const answers = await Promise.all(Array.from({ length: 5 }, () => commit(orderId)));
  expect(answers).toEqual([true, true, true, true, true]);
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 1, statuses: { COMMITTED: 1 } });
});

test.each([
  ['the total limit is reached', { totalLimit: 1 }, 'bob@example.com'],
  ['the limit of its customer is reached', { perCustomerLimit: 1 }, 'ADA@example.com'],
])('a use that has expired cannot be committed when meanwhile %s', async (_name, limits, rival) => {
  const { couponId, orderId } = await held(limits);
  await expire();
  expect(await hold(couponId, { customer: rival })).toBeUndefined();
  expect(await commit(orderId)).toBe(false);
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 1, statuses: { EXPIRED: 1, HELD: 1 } });
});

test('a use that was given back is not committed any more', async () => {
  const { couponId, orderId } = await held();
  await release(orderId);
  expect(await commit(orderId)).toBe(false);
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 0, statuses: { RELEASED: 1 } });
});

test('a use that is paid for and expires at the same moment is committed or taken again: it stands either way', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { couponId, orderId } = await held({ totalLimit: 1 });
    const [committed] = await Promise.all([commit(orderId), expire()]);
    expect(committed).toBe(true);
    expect(await usesOf(database.db, couponId)).toMatchObject({ used: 1, statuses: { COMMITTED: 1 } });
  }
});

test('a coupon that is not there cannot be held', async () => {
  expect(await hold(randomUUID())).toBe('unknown');
});
