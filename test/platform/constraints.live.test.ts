// What the database itself refuses, whatever the code above it does.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, stockedVariant, submittedOrder } from '../support/rows.ts';

/** SQLSTATEs of a broken CHECK and a broken UNIQUE (PostgreSQL manual, appendix A). */
const CHECK_VIOLATION = '23514';
const UNIQUE_VIOLATION = '23505';

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());

test('more reserved than on hand, or less than nothing, is refused', async () => {
  const { db } = database;
  const { id } = await stockedVariant(db, 3);
  const broken = { code: CHECK_VIOLATION, constraint: 'inventory_never_oversold' };
  const reserve = (reserved: number) =>
    db.updateTable('inventory').set({ reserved }).where('variantId', '=', id).execute();
  await reserve(3);
  await expect(reserve(4)).rejects.toMatchObject(broken);
  await expect(reserve(-1)).rejects.toMatchObject(broken);
  const fewer = db.updateTable('inventory').set({ onHand: 2 }).where('variantId', '=', id).execute();
  await expect(fewer).rejects.toMatchObject(broken);
});

test.each(['subtotal', 'discount', 'shipping', 'tax', 'total', 'captured', 'refunded'])(
  'an order with a negative %s is refused',
  async (column) => {
    await insertOrderRow(database.db, { [column]: 0 });
    await expect(insertOrderRow(database.db, { [column]: -1 })).rejects.toMatchObject({ code: CHECK_VIOLATION });
  },
);

test('more refunded than captured is refused', async () => {
  await insertOrderRow(database.db, { captured: 1_000, refunded: 1_000 });
  await expect(insertOrderRow(database.db, { captured: 1_000, refunded: 1_001 })).rejects.toMatchObject({
    code: CHECK_VIOLATION,
    constraint: 'orders_refunded_within_captured',
  });
});

test('a coupon that is used more often than its limit is refused', async () => {
  const coupon = (used: number) =>
    sql`INSERT INTO coupons (id, code, kind, value, total_limit, used)
      VALUES (${randomUUID()}, ${randomUUID()}, 'percentage', 10, 2, ${used})`.execute(database.db);
  await coupon(2);
  await expect(coupon(3)).rejects.toMatchObject({ code: CHECK_VIOLATION, constraint: 'coupons_never_over_limit' });
});

test('a second live order of one cart is refused, and one after an order that has ended is not', async () => {
  const { db } = database;
  const { cartId } = await submittedOrder(db, []);
  await insertOrderRow(db, { cart_id: cartId, status: 'EXPIRED' });
  await insertOrderRow(db, { cart_id: cartId, status: 'CANCELLED' });
  await insertOrderRow(db, { cart_id: cartId, status: 'PENDING' });
  for (const status of ['PENDING', 'AWAITING_CONFIRMATION', 'PAID', 'CONFIRMED', 'REFUNDED']) {
    await expect(insertOrderRow(db, { cart_id: cartId, status })).rejects.toMatchObject({
      code: UNIQUE_VIOLATION,
      constraint: 'orders_one_live_per_cart',
    });
  }
});
