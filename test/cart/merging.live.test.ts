// A guest's cart that is merged into a customer's, on the real tables: nothing in it is lost and nothing counts twice.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startCheckout } from '../../src/cart/store.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { stockedVariant } from '../support/rows.ts';
import { cartShop, withToken } from './shop.ts';

let database: OwnDatabase;
let shop: Awaited<ReturnType<typeof cartShop>>;
beforeAll(async () => {
  database = await ownDatabase();
  shop = await cartShop(database.db);
});
afterAll(() => database.leave());

const inCheckout = (cartId: string) => startCheckout(database.db, cartId, new Date()).execute();

describe('a merge', () => {
  test("adds the guest's quantities to the customer's, and the token names nothing any more", async () => {
    const who = await shop.customer();
    await shop.add(who.bearer, shop.cup, 1);
    await shop.add(who.bearer, shop.lid, 4);
    const { token } = await shop.guest([shop.cup, 2], [shop.pot, 3]);
    const merged = await shop.merge(who, token);
    expect(merged).toMatchObject({ status: 200, body: { version: 4 } });
    expect(merged.headers.get('ETag')).toBe('"4"');
    expect(await shop.linesOf(who.bearer)).toEqual({ [shop.cup]: 3, [shop.lid]: 4, [shop.pot]: 3 });
    expect((await shop.ask('GET', 'cart', { headers: withToken(token) })).status).toBe(404);
    expect((await shop.add(withToken(token), shop.cup, 1)).status).toBe(404);
    expect((await shop.merge(who, token)).body).toEqual(merged.body);
  });

  test('makes the cart of a customer who has none, or whose last one is over', async () => {
    const [fresh, back] = [await shop.customer(), await shop.customer()];
    await shop.setCart((await shop.add(back.bearer, shop.cup, 9)).body.id, { status: 'ordered' });
    for (const who of [fresh, back]) {
      const { token } = await shop.guest([shop.pot, 2]);
      expect((await shop.merge(who, token)).status).toBe(200);
      expect(await shop.linesOf(who.bearer)).toEqual({ [shop.pot]: 2 });
    }
  });

  test('drops the cookie that named the guest', async () => {
    const who = await shop.customer();
    const { token } = await shop.guest([shop.pot, 2]);
    const headers = { Cookie: `${who.cookie.Cookie}; cart_token=${token}` };
    const merged = await shop.ask('POST', 'cart/merge', { headers });
    expect(merged.headers.get('Set-Cookie')).toMatch(/^cart_token=; Max-Age=0/);
    expect(await shop.linesOf(who.bearer)).toEqual({ [shop.pot]: 2 });
  });

  test('takes what the stock and the most of a line allow, never less than there was, and never drops a line', async () => {
    const who = await shop.customer();
    const [few, none] = [await stockedVariant(database.db, 5), await stockedVariant(database.db, 0)];
    const plenty = await stockedVariant(database.db, 1_000_000);
    await shop.add(who.bearer, few.id, 4);
    await shop.add(who.bearer, shop.cup, 150);
    await shop.add(who.bearer, plenty.id, 9_999);
    const { token } = await shop.guest([few.id, 3], [shop.cup, 10], [none.id, 2], [plenty.id, 5]);
    await shop.merge(who, token);
    expect(await shop.linesOf(who.bearer)).toEqual({
      [few.id]: 5,
      [shop.cup]: 150,
      [none.id]: 1,
      [plenty.id]: 10_000,
    });
  });

  test('brings the coupon where there is none and it can be used, and leaves the one that is there', async () => {
    const codes = await Promise.all([1_000, 1_000_000_000].map((minimum) => newCoupon(minimum)));
    const [good = '', dear = ''] = codes;
    const [without, with_, poor] = [await shop.customer(), await shop.customer(), await shop.customer()];
    await shop.add(with_.bearer, shop.cup, 10);
    const other = await newCoupon(0);
    await shop.ask('POST', 'cart/coupon', { headers: with_.bearer, json: { code: other } });
    for (const [who, code, kept] of [
      [without, good, good],
      [with_, good, other],
      [poor, dear, null],
    ] as const) {
      const { token, id } = await shop.guest([shop.cup, 10]);
      await database.db
        .updateTable('carts')
        .set((eb) => ({ couponId: eb.selectFrom('coupons').select('id').where('code', '=', code) }))
        .where('id', '=', id)
        .execute();
      expect((await shop.merge(who, token)).body.couponCode).toBe(kept);
    }
  });

  test('with a cart in checkout on either side is refused with its order, and changes nothing', async () => {
    const [who, other] = [await shop.customer(), await shop.customer()];
    const { body: own } = await shop.add(who.bearer, shop.cup, 1);
    const first = await shop.guest([shop.pot, 1]);
    await inCheckout(own.id);
    const refusal = { status: 409, body: { code: 'cart_in_checkout', orderId: expect.any(String) } };
    expect(await shop.merge(who, first.token)).toMatchObject(refusal);
    expect(await shop.linesOf(withToken(first.token))).toEqual({ [shop.pot]: 1 });
    expect(await shop.linesOf(who.bearer)).toEqual({ [shop.cup]: 1 });
    await inCheckout(first.id);
    expect(await shop.merge(other, first.token)).toMatchObject(refusal);
    await shop.mergeAtLogin(other, first.token);
    expect(await shop.linesOf(withToken(first.token))).toEqual({ [shop.pot]: 1 });
  });

  test('needs a login, and finds nothing to merge without a token, with a wrong one, or with a cart that is over', async () => {
    const who = await shop.customer();
    expect((await shop.ask('POST', 'cart/merge', { headers: withToken('cart_1') })).status).toBe(401);
    expect((await shop.merge(who, 'cart_nobody')).status).toBe(404);
    await shop.add(who.bearer, shop.cup, 1);
    const { token, id } = await shop.guest([shop.pot, 1]);
    await shop.setCart(id, { status: 'ordered' });
    for (const sent of ['cart_nobody', token]) {
      expect(await shop.merge(who, sent)).toMatchObject({
        status: 200,
        body: { version: 2, items: [{ quantity: 1 }] },
      });
    }
    expect((await shop.ask('POST', 'cart/merge', { headers: who.bearer, json: {} })).status).toBe(200);
  });

  test('is bound to the version of the own cart that was seen', async () => {
    const who = await shop.customer();
    const { body } = await shop.add(who.bearer, shop.cup, 1);
    const { token } = await shop.guest([shop.pot, 1]);
    const refused = await shop.merge(who, token, { 'If-Match': `"${body.version - 1}"` });
    expect(refused).toMatchObject({ status: 412, body: { code: 'precondition_failed', version: body.version } });
    expect(await shop.linesOf(withToken(token))).toEqual({ [shop.pot]: 1 });
    expect((await shop.merge(who, token, { 'If-Match': `"${body.version}"` })).status).toBe(200);
  });

  test("cannot take a customer's cart: there is no token for it, and a guest's goes to one of two who both send it", async () => {
    const [one, two] = [await shop.customer(), await shop.customer()];
    const { token } = await shop.guest([shop.cup, 5]);
    await Promise.all([shop.merge(one, token), shop.merge(two, token)]);
    const taken = await Promise.all(
      [one, two].map(async (who) => (await shop.ask('GET', 'cart', { headers: who.bearer })).body?.items?.length ?? 0),
    );
    expect(new Set(taken)).toEqual(new Set([0, 1]));
  });
});

describe('at once', () => {
  test.each(Array.from({ length: 10 }, (_, round) => round))(
    'merges of one cart, a login with it, and edits on both sides lose nothing and add nothing twice (%d)',
    async () => {
      const who = await shop.customer();
      await shop.add(who.bearer, shop.cup, 1);
      const { token } = await shop.guest([shop.cup, 2], [shop.pot, 3]);
      const guestAdds = Array.from({ length: 4 }, () => shop.add(withToken(token), shop.pot, 1));
      const [adds] = await Promise.all([
        Promise.all(guestAdds),
        Promise.all(Array.from({ length: 4 }, () => shop.add(who.bearer, shop.cup, 1))),
        Promise.all(Array.from({ length: 4 }, () => shop.merge(who, token))),
        shop.mergeAtLogin(who, token),
      ]);
      // A guest's item that came too late was told so.
      const inTime = adds.filter(({ status }) => status === 200).length;
      expect(adds.every(({ status }) => status === 200 || status === 404)).toBe(true);
      expect(await shop.linesOf(who.bearer)).toEqual({ [shop.cup]: 7, [shop.pot]: 3 + inTime });
    },
  );

  test('merges of two carts into one, both ways round, all come in', async () => {
    const who = await shop.customer();
    const guests = await Promise.all(
      Array.from({ length: 6 }, (_, at) => shop.guest([at % 2 === 0 ? shop.cup : shop.pot, 1], [shop.lid, 1])),
    );
    const merged = await Promise.all(guests.map(({ token }) => shop.merge(who, token)));
    expect(merged.map(({ status }) => status)).toEqual(guests.map(() => 200));
    expect(await shop.linesOf(who.bearer)).toEqual({ [shop.cup]: 3, [shop.pot]: 3, [shop.lid]: 6 });
  });
});

/** A coupon of ten percent for goods of at least so much. */
async function newCoupon(minimumSubtotal: number): Promise<string> {
  const code = `C-${randomUUID()}`;
  const terms = { kind: 'percentage' as const, value: 10, minimumSubtotal };
  await database.db
    .insertInto('coupons')
    .values({ id: randomUUID(), code, ...terms })
    .execute();
  return code;
}
