// A cart with a coupon on the real database: it becomes one order that holds one use, however often and however many at once it
// is placed, and an unwinding gives that use back.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newCoupon, usesOf } from '../coupons/uses.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { PRICING } from '../support/rows.ts';
import { checkoutAfter, type Sent } from './checkout-steps.ts';

const AT_ONCE = 5;

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());

/** A submitted cart with one of each of these (1250 minor units unless told), and the steps that take it. */
async function checkout({ prices = [1_250], ...sent }: Omit<Sent, 'wanted'> & { prices?: number[] } = {}) {
  const wanted = prices.map((price) => ({ price, quantity: 1 }));
  const { steps, ...made } = await checkoutAfter(database.db, [], { ...sent, wanted });
  return { ...made, place: steps.placeOrder, end: steps.endOrder };
}

async function archive(variantId: string): Promise<void> {
  await database.db.updateTable('variants').set({ status: 'archived' }).where('id', '=', variantId).execute();
}

test('an order placed twice, and several times at once, holds one use and answers the same', async () => {
  const couponId = await newCoupon(database.db, { totalLimit: 3 });
  const made = await checkout({ couponId });
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => made.place()));
  expect(new Set([...answers, await made.place()].map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ placed: { total: 1_125 } });
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 1, statuses: { HELD: 1 } });
});

test('a use whose order ends several times at once is given back once', async () => {
  const couponId = await newCoupon(database.db);
  const [kept, made] = [await checkout({ couponId }), await checkout({ couponId })];
  await kept.place();
  await made.place();
  await Promise.all(Array.from({ length: AT_ONCE }, () => made.end()));
  await made.end();
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 1, statuses: { HELD: 1, RELEASED: 1 } });
});

test('an order that is placed after its end is told so, and one that races with it leaves no use', async () => {
  const couponId = await newCoupon(database.db);
  for (let round = 0; round < 10; round += 1) {
    const made = await checkout({ couponId });
    const late = made.place();
    await made.end();
    expect(Object.keys(await late)).toEqual([expect.stringMatching(/^(placed|ended)$/)]);
    expect(await made.place()).toMatchObject({ ended: expect.stringMatching(/^(CANCELLED|EXPIRED)$/) });
  }
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 0, live: 0 });
});

test('an order whose stock is short holds no use of its coupon', async () => {
  const couponId = await newCoupon(database.db);
  const made = await checkout({ couponId });
  await database.db
    .updateTable('inventory')
    .set({ onHand: 0 })
    .where('variantId', '=', made.variants[0]?.id ?? '')
    .execute();
  expect(await made.place()).toMatchObject({ refusal: { code: 'out_of_stock' } });
  expect(await usesOf(database.db, couponId)).toMatchObject({ used: 0, live: 0 });
});

test('two carts of one customer, whose address is written differently, get one use of a coupon for once a customer', async () => {
  const couponId = await newCoupon(database.db, { perCustomerLimit: 1 });
  const carts = await Promise.all(['ada@example.com', 'ADA@Example.com'].map((email) => checkout({ couponId, email })));
  const answers = await Promise.all(carts.map((cart) => cart.place()));
  expect(answers).toContainEqual({ placed: expect.anything() });
  expect(answers).toContainEqual({ refusal: { code: 'coupon_invalid', reason: 'customer_limit_reached' } });
});

test('the coupon is in the frozen prices and in the order, with its part of each line', async () => {
  const couponId = await newCoupon(database.db);
  const made = await checkout({ couponId, shippingMethod: 'express', prices: [1_000, 335] });
  expect(await made.place()).toMatchObject({ placed: { total: 1_335 - 134 + 1_499 } });
  const order = await database.db.selectFrom('orders').selectAll().where('id', '=', made.orderId).executeTakeFirst();
  const { code } = await database.db
    .selectFrom('coupons')
    .select('code')
    .where('id', '=', couponId)
    .executeTakeFirstOrThrow();
  expect(order).toMatchObject({
    subtotal: 1_335,
    discount: 134,
    shipping: 1_499,
    tax: 0,
    total: 2_700,
    couponCode: code,
    shippingMethod: 'express',
  });
  const items = await database.db
    .selectFrom('orderItems')
    .select('discount')
    .where('orderId', '=', made.orderId)
    .orderBy('position')
    .execute();
  expect(items).toEqual([{ discount: 100 }, { discount: 34 }]);
});

test('an order without a coupon says so, and names the way it is shipped', async () => {
  const made = await checkout();
  await made.place();
  const order = await database.db.selectFrom('orders').selectAll().where('id', '=', made.orderId).executeTakeFirst();
  expect(order).toMatchObject({ couponCode: null, shippingMethod: 'standard', discount: 0, shipping: 0, total: 1_250 });
});

test('the tax is that of the country it is shipped to', async () => {
  const pricing = { ...PRICING, taxRates: [{ country: 'GB', category: 'standard', percent: 20 }] };
  expect(await (await checkout({ pricing })).place()).toMatchObject({ placed: { total: 1_500 } });
});

test('a coupon that does not fit any more is refused with the reason, and the cart stays as it was', async () => {
  const couponId = await newCoupon(database.db, { active: false });
  const made = await checkout({ couponId });
  const refused = { refusal: { code: 'coupon_invalid', reason: 'inactive' } };
  expect(await made.place()).toEqual(refused);
  expect(await made.place()).toEqual(refused);
  const cart = database.db.selectFrom('carts').select(['status', 'version', 'couponId']).where('id', '=', made.cartId);
  expect(await cart.execute()).toEqual([{ status: 'open', version: 2, couponId }]);
});

test.each([undefined, 500, 1_250])(
  'a line that is not for sale any more refuses the submit with the new total, whatever total was expected (%p)',
  async (expectedTotal) => {
    const made = await checkout({ prices: [1_250, 500], ...(expectedTotal !== undefined && { expectedTotal }) });
    await archive(made.variants[0]?.id ?? '');
    expect(await made.place()).toEqual({ refusal: { code: 'cart_changed', total: 500 } });
  },
);

test('a cart of which nothing is for sale any more is empty', async () => {
  const made = await checkout({ prices: [1_250, 500] });
  for (const { id } of made.variants) await archive(id);
  expect(await made.place()).toEqual({ refusal: { code: 'cart_empty' } });
});

test('a shipping method that the worker does not know ends the checkout', async () => {
  const made = await checkout({ shippingMethod: 'pigeon' });
  await expect(made.place()).rejects.toMatchObject({ type: 'ShippingMethodUnknown', nonRetryable: true });
});
