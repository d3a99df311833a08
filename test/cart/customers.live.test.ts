// The cart of a customer who is logged in, on the real tables: one on every device, and nobody else's.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { cartShop, withToken } from './shop.ts';

let database: OwnDatabase;
let shop: Awaited<ReturnType<typeof cartShop>>;
beforeAll(async () => {
  database = await ownDatabase();
  shop = await cartShop(database.db);
});
afterAll(() => database.leave());

describe("a customer's cart", () => {
  test('is one on every device, by token and by cookie, and is known by no cart token', async () => {
    const who = await shop.customer();
    const made = await shop.add(who.bearer, shop.cup, 2);
    expect(made).toMatchObject({ status: 201, body: { items: [{ quantity: 2 }] } });
    expect([made.body.cartToken, made.headers.get('X-Cart-Token')]).toEqual([undefined, null]);
    expect(await shop.add(who.cookie, shop.cup, 1)).toMatchObject({ status: 200, body: { id: made.body.id } });
    const { body } = await shop.ask('GET', 'cart', { headers: who.cookie });
    expect(body).toMatchObject({ id: made.body.id, version: 3, items: [{ variantId: shop.cup, quantity: 3 }] });
    const item = `cart/items/${body.items[0].id}`;
    expect((await shop.ask('PATCH', item, { headers: who.bearer, json: { quantity: 7 } })).body.items[0].quantity).toBe(
      7,
    );
    expect((await shop.ask('DELETE', 'cart', { headers: who.cookie })).body).toMatchObject({ id: body.id, items: [] });
  });

  test('is made once by ten first items at once, and all of them are in it', async () => {
    const who = await shop.customer();
    const added = await Promise.all(Array.from({ length: 10 }, () => shop.add(who.bearer, shop.cup, 1)));
    const made = added.filter(({ status }) => status === 201);
    expect([made.length, added.filter(({ status }) => status === 200).length]).toEqual([1, 9]);
    expect(new Set(added.map(({ body }) => body.id)).size).toBe(1);
    expect(await shop.linesOf(who.bearer)).toEqual({ [shop.cup]: 10 });
  });

  test('is not there for another customer, nor for a guest', async () => {
    const [mine, theirs] = [await shop.customer(), await shop.customer()];
    const { body } = await shop.add(mine.bearer, shop.cup, 1);
    await shop.add(theirs.bearer, shop.pot, 1);
    const item = `cart/items/${body.items[0].id}`;
    const stranger = await shop.guest([shop.lid, 1]);
    for (const headers of [theirs.bearer, withToken(stranger.token)]) {
      expect((await shop.ask('PATCH', item, { headers, json: { quantity: 9 } })).status).toBe(404);
      expect((await shop.ask('DELETE', item, { headers })).status).toBe(404);
    }
    expect((await shop.ask('GET', 'cart')).status).toBe(401);
    expect(await shop.linesOf(mine.bearer)).toEqual({ [shop.cup]: 1 });
  });

  test.each([
    ['became an order', { status: 'ordered' as const }],
    ['has expired', { expiresAt: new Date(0) }],
  ])('that %s is followed by one new cart, whoever adds to it first', async (_name, end) => {
    const who = await shop.customer();
    const { body } = await shop.add(who.bearer, shop.cup, 2);
    await shop.setCart(body.id, end);
    expect((await shop.ask('GET', 'cart', { headers: who.bearer })).status).toBe(404);
    const added = await Promise.all(Array.from({ length: 5 }, () => shop.add(who.bearer, shop.pot, 1)));
    expect(added.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(added.map((answer) => answer.body.id)).size).toBe(1);
    expect(added[0]?.body.id).not.toBe(body.id);
    expect(await shop.linesOf(who.bearer)).toEqual({ [shop.pot]: 5 });
  });

  test("gives way to the guest's cart of the request's token, as long as that one is there", async () => {
    const who = await shop.customer();
    await shop.add(who.bearer, shop.cup, 1);
    const { token, id } = await shop.guest([shop.pot, 2]);
    const both = { ...who.bearer, ...withToken(token) };
    expect(await shop.linesOf(both)).toEqual({ [shop.pot]: 2 });
    await shop.setCart(id, { expiresAt: new Date(0) });
    expect(await shop.linesOf(both)).toEqual({ [shop.cup]: 1 });
    expect((await shop.add(both, shop.lid, 1)).status).toBe(200);
    expect(await shop.linesOf(who.bearer)).toEqual({ [shop.cup]: 1, [shop.lid]: 1 });
  });

  test('an access token that is over is 401, and makes no guest; a cookie that is over makes one', async () => {
    const json = { variantId: shop.cup, quantity: 1 };
    const over = { Authorization: 'Bearer access_over' };
    expect((await shop.ask('POST', 'cart/items', { headers: over, json })).status).toBe(401);
    const cookie = { Cookie: 'session=session_over' };
    expect((await shop.ask('POST', 'cart/items', { headers: cookie, json })).status).toBe(201);
  });
});

describe('what nobody may say of their cart', () => {
  test.each(['customerId', 'price', 'unitPrice', 'discount', 'total', 'status', 'nextOrderId', 'version', 'cartId'])(
    'is refused: %s',
    async (field) => {
      const who = await shop.customer();
      const { body } = await shop.add(who.bearer, shop.cup, 1);
      const json = { quantity: 1, [field]: 0 };
      for (const [method, path, sent] of [
        ['POST', 'cart/items', { variantId: shop.cup, ...json }],
        ['PUT', `cart/items/${body.items[0].id}`, json],
        ['POST', 'cart/coupon', { code: 'WELCOME10', [field]: 0 }],
        ['POST', 'cart/merge', { [field]: 0 }],
      ] as const) {
        const refused = await shop.ask(method, path, { headers: who.bearer, json: sent });
        expect([path, refused.status, refused.body.errors]).toEqual([
          path,
          422,
          [{ path: field, message: 'is not known here' }],
        ]);
      }
    },
  );
});
