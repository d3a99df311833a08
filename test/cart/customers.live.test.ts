// The cart of a customer who is logged in, and a guest's cart that is merged into it, on the real tables.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMergeCart } from '../../src/cart/merging.ts';
import { cartRoutes } from '../../src/cart/routes.ts';
import { startCheckout } from '../../src/cart/store.ts';
import { findCoupon } from '../../src/coupons/store.ts';
import { hashToken } from '../../src/platform/tokens.ts';
import { asking, type Customer, newCustomer } from '../http/customers.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { stockedVariant } from '../support/rows.ts';

let database: OwnDatabase;
let ask: ReturnType<typeof asking>;
let login: (user: { userId: string }, tokenHash: Buffer) => Promise<boolean>;
/** Each has a hundred in stock. */
let [cup, pot, lid]: string[] = [];

beforeAll(async () => {
  database = await ownDatabase();
  const { app, deps } = floor((all) => cartRoutes(all, findCoupon), {}, { db: database.db });
  ask = asking(app);
  login = createMergeCart(deps, findCoupon);
  const variants = await Promise.all([1, 2, 3].map(() => stockedVariant(database.db, 100)));
  [cup, pot, lid] = variants.map(({ id }) => id);
});
afterAll(() => database.leave());

const customer = () => newCustomer(database.db);
const withToken = (token: string) => ({ 'X-Cart-Token': token });
const add = (headers: Record<string, string>, variantId: string | undefined, quantity: number) =>
  ask('POST', 'cart/items', { headers, json: { variantId, quantity } });

/** A guest's cart with these lines. */
async function guest(...lines: [string | undefined, number][]): Promise<{ token: string; id: string }> {
  let headers: Record<string, string> = {};
  let token = '';
  let id = '';
  for (const line of lines) {
    const { body } = await add(headers, ...line);
    token ||= body.cartToken;
    id = body.id;
    headers = withToken(token);
  }
  return { token, id };
}

const merge = (who: Customer, token: string, headers: Record<string, string> = {}) =>
  ask('POST', 'cart/merge', { headers: { ...who.bearer, ...withToken(token), ...headers } });

/** What is in a cart: quantities by variant. */
async function linesOf(headers: Record<string, string>): Promise<Record<string, number>> {
  const { body } = await ask('GET', 'cart', { headers });
  const items: { variantId: string; quantity: number }[] = body.items;
  return Object.fromEntries(items.map(({ variantId, quantity }) => [variantId, quantity]));
}

const inCheckout = (cartId: string) => startCheckout(database.db, cartId, new Date()).execute();

async function setCart(cartId: string, columns: { status?: 'ordered'; expiresAt?: Date }): Promise<void> {
  await database.db.updateTable('carts').set(columns).where('id', '=', cartId).execute();
}

describe("a customer's cart", () => {
  test('is one on every device, by token and by cookie, and is known by no cart token', async () => {
    const who = await customer();
    const made = await add(who.bearer, cup, 2);
    expect(made).toMatchObject({ status: 201, body: { items: [{ quantity: 2 }] } });
    expect([made.body.cartToken, made.headers.get('X-Cart-Token')]).toEqual([undefined, null]);
    expect(await add(who.cookie, cup, 1)).toMatchObject({ status: 200, body: { id: made.body.id } });
    const { body } = await ask('GET', 'cart', { headers: who.cookie });
    expect(body).toMatchObject({ id: made.body.id, version: 3, items: [{ variantId: cup, quantity: 3 }] });
    const item = `cart/items/${body.items[0].id}`;
    expect((await ask('PATCH', item, { headers: who.bearer, json: { quantity: 7 } })).body.items[0].quantity).toBe(7);
    expect((await ask('DELETE', 'cart', { headers: who.cookie })).body).toMatchObject({ id: body.id, items: [] });
  });

  test('is made once by ten first items at once, and all of them are in it', async () => {
    const who = await customer();
    const added = await Promise.all(Array.from({ length: 10 }, () => add(who.bearer, cup, 1)));
    const made = added.filter(({ status }) => status === 201);
    expect([made.length, added.filter(({ status }) => status === 200).length]).toEqual([1, 9]);
    expect(new Set(added.map(({ body }) => body.id)).size).toBe(1);
    expect(await linesOf(who.bearer)).toEqual({ [cup ?? '']: 10 });
  });

  test('is not there for another customer, nor for a guest', async () => {
    const [mine, theirs] = [await customer(), await customer()];
    const { body } = await add(mine.bearer, cup, 1);
    await add(theirs.bearer, pot, 1);
    const item = `cart/items/${body.items[0].id}`;
    const stranger = await guest([lid, 1]);
    for (const headers of [theirs.bearer, withToken(stranger.token)]) {
      expect((await ask('PATCH', item, { headers, json: { quantity: 9 } })).status).toBe(404);
      expect((await ask('DELETE', item, { headers })).status).toBe(404);
    }
    expect((await ask('GET', 'cart')).status).toBe(401);
    expect(await linesOf(mine.bearer)).toEqual({ [cup ?? '']: 1 });
  });

  test.each([
    ['became an order', { status: 'ordered' as const }],
    ['has expired', { expiresAt: new Date(0) }],
  ])('that %s is followed by one new cart, whoever adds to it first', async (_name, end) => {
    const who = await customer();
    const { body } = await add(who.bearer, cup, 2);
    await setCart(body.id, end);
    expect((await ask('GET', 'cart', { headers: who.bearer })).status).toBe(404);
    const added = await Promise.all(Array.from({ length: 5 }, () => add(who.bearer, pot, 1)));
    expect(added.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(added.map((answer) => answer.body.id)).size).toBe(1);
    expect(added[0]?.body.id).not.toBe(body.id);
    expect(await linesOf(who.bearer)).toEqual({ [pot ?? '']: 5 });
  });

  test("gives way to the guest's cart of the request's token, as long as that one is there", async () => {
    const who = await customer();
    await add(who.bearer, cup, 1);
    const { token, id } = await guest([pot, 2]);
    const both = { ...who.bearer, ...withToken(token) };
    expect(await linesOf(both)).toEqual({ [pot ?? '']: 2 });
    await setCart(id, { expiresAt: new Date(0) });
    expect(await linesOf(both)).toEqual({ [cup ?? '']: 1 });
    expect((await add(both, lid, 1)).status).toBe(200);
    expect(await linesOf(who.bearer)).toEqual({ [cup ?? '']: 1, [lid ?? '']: 1 });
  });

  test('an access token that is over is 401, and makes no guest; a cookie that is over makes one', async () => {
    const json = { variantId: cup, quantity: 1 };
    const over = { Authorization: 'Bearer access_over' };
    expect((await ask('POST', 'cart/items', { headers: over, json })).status).toBe(401);
    const cookie = { Cookie: 'session=session_over' };
    expect((await ask('POST', 'cart/items', { headers: cookie, json })).status).toBe(201);
  });
});

describe('what nobody may say of their cart', () => {
  test.each(['customerId', 'price', 'unitPrice', 'discount', 'total', 'status', 'nextOrderId', 'version', 'cartId'])(
    'is refused: %s',
    async (field) => {
      const who = await customer();
      const { body } = await add(who.bearer, cup, 1);
      const json = { quantity: 1, [field]: 0 };
      for (const [method, path, sent] of [
        ['POST', 'cart/items', { variantId: cup, ...json }],
        ['PUT', `cart/items/${body.items[0].id}`, json],
        ['POST', 'cart/coupon', { code: 'WELCOME10', [field]: 0 }],
        ['POST', 'cart/merge', { [field]: 0 }],
      ] as const) {
        const refused = await ask(method, path, { headers: who.bearer, json: sent });
        expect([path, refused.status, refused.body.errors]).toEqual([
          path,
          422,
          [{ path: field, message: 'is not known here' }],
        ]);
      }
    },
  );
});

describe('a merge', () => {
  test("adds the guest's quantities to the customer's, and the token names nothing any more", async () => {
    const who = await customer();
    await add(who.bearer, cup, 1);
    await add(who.bearer, lid, 4);
    const { token } = await guest([cup, 2], [pot, 3]);
    const merged = await merge(who, token);
    expect(merged).toMatchObject({ status: 200, body: { version: 4 } });
    expect(merged.headers.get('ETag')).toBe('"4"');
    expect(await linesOf(who.bearer)).toEqual({ [cup ?? '']: 3, [lid ?? '']: 4, [pot ?? '']: 3 });
    expect((await ask('GET', 'cart', { headers: withToken(token) })).status).toBe(404);
    expect((await add(withToken(token), cup, 1)).status).toBe(404);
    expect((await merge(who, token)).body).toEqual(merged.body);
  });

  test('makes the cart of a customer who has none, or whose last one is over', async () => {
    const [fresh, back] = [await customer(), await customer()];
    await setCart((await add(back.bearer, cup, 9)).body.id, { status: 'ordered' });
    for (const who of [fresh, back]) {
      const { token } = await guest([pot, 2]);
      expect((await merge(who, token)).status).toBe(200);
      expect(await linesOf(who.bearer)).toEqual({ [pot ?? '']: 2 });
    }
  });

  test('drops the cookie that named the guest', async () => {
    const who = await customer();
    const { token } = await guest([pot, 2]);
    const headers = { Cookie: `${who.cookie.Cookie}; cart_token=${token}` };
    const merged = await ask('POST', 'cart/merge', { headers });
    expect(merged.headers.get('Set-Cookie')).toMatch(/^cart_token=; Max-Age=0/);
    expect(await linesOf(who.bearer)).toEqual({ [pot ?? '']: 2 });
  });

  test('takes what the stock and the most of a line allow, never less than there was, and never drops a line', async () => {
    const who = await customer();
    const [few, none] = [await stockedVariant(database.db, 5), await stockedVariant(database.db, 0)];
    const plenty = await stockedVariant(database.db, 1_000_000);
    await add(who.bearer, few.id, 4);
    await add(who.bearer, cup, 150);
    await add(who.bearer, plenty.id, 9_999);
    const { token } = await guest([few.id, 3], [cup, 10], [none.id, 2], [plenty.id, 5]);
    await merge(who, token);
    expect(await linesOf(who.bearer)).toEqual({
      [few.id]: 5,
      [cup ?? '']: 150,
      [none.id]: 1,
      [plenty.id]: 10_000,
    });
  });

  test('brings the coupon where there is none and it can be used, and leaves the one that is there', async () => {
    const codes = await Promise.all([1_000, 1_000_000_000].map((minimum) => newCoupon(minimum)));
    const [good = '', dear = ''] = codes;
    const [without, with_, poor] = [await customer(), await customer(), await customer()];
    await add(with_.bearer, cup, 10);
    const other = await newCoupon(0);
    await ask('POST', 'cart/coupon', { headers: with_.bearer, json: { code: other } });
    for (const [who, code, kept] of [
      [without, good, good],
      [with_, good, other],
      [poor, dear, null],
    ] as const) {
      const { token, id } = await guest([cup, 10]);
      await database.db
        .updateTable('carts')
        .set((eb) => ({ couponId: eb.selectFrom('coupons').select('id').where('code', '=', code) }))
        .where('id', '=', id)
        .execute();
      expect((await merge(who, token)).body.couponCode).toBe(kept);
    }
  });

  test('with a cart in checkout on either side is refused with its order, and changes nothing', async () => {
    const [who, other] = [await customer(), await customer()];
    const { body: own } = await add(who.bearer, cup, 1);
    const first = await guest([pot, 1]);
    await inCheckout(own.id);
    const refusal = { status: 409, body: { code: 'cart_in_checkout', orderId: expect.any(String) } };
    expect(await merge(who, first.token)).toMatchObject(refusal);
    expect(await linesOf(withToken(first.token))).toEqual({ [pot ?? '']: 1 });
    expect(await linesOf(who.bearer)).toEqual({ [cup ?? '']: 1 });
    await inCheckout(first.id);
    expect(await merge(other, first.token)).toMatchObject(refusal);
    await login(other, hashToken(first.token));
    expect(await linesOf(withToken(first.token))).toEqual({ [pot ?? '']: 1 });
  });

  test('needs a login, and finds nothing to merge without a token, with a wrong one, or with a cart that is over', async () => {
    const who = await customer();
    expect((await ask('POST', 'cart/merge', { headers: withToken('cart_1') })).status).toBe(401);
    expect((await merge(who, 'cart_nobody')).status).toBe(404);
    await add(who.bearer, cup, 1);
    const { token, id } = await guest([pot, 1]);
    await setCart(id, { status: 'ordered' });
    for (const sent of ['cart_nobody', token]) {
      expect(await merge(who, sent)).toMatchObject({ status: 200, body: { version: 2, items: [{ quantity: 1 }] } });
    }
    expect((await ask('POST', 'cart/merge', { headers: who.bearer, json: {} })).status).toBe(200);
  });

  test('is bound to the version of the own cart that was seen', async () => {
    const who = await customer();
    const { body } = await add(who.bearer, cup, 1);
    const { token } = await guest([pot, 1]);
    const refused = await merge(who, token, { 'If-Match': `"${body.version - 1}"` });
    expect(refused).toMatchObject({ status: 412, body: { code: 'precondition_failed', version: body.version } });
    expect(await linesOf(withToken(token))).toEqual({ [pot ?? '']: 1 });
    expect((await merge(who, token, { 'If-Match': `"${body.version}"` })).status).toBe(200);
  });

  test("cannot take a customer's cart: there is no token for it, and a guest's goes to one of two who both send it", async () => {
    const [one, two] = [await customer(), await customer()];
    const { token } = await guest([cup, 5]);
    await Promise.all([merge(one, token), merge(two, token)]);
    const taken = await Promise.all(
      [one, two].map(async (who) => (await ask('GET', 'cart', { headers: who.bearer })).body?.items?.length ?? 0),
    );
    expect(new Set(taken)).toEqual(new Set([0, 1]));
  });
});

describe('at once', () => {
  test.each(Array.from({ length: 10 }, (_, round) => round))(
    'merges of one cart, a login with it, and edits on both sides lose nothing and add nothing twice (%d)',
    async () => {
      const who = await customer();
      await add(who.bearer, cup, 1);
      const { token } = await guest([cup, 2], [pot, 3]);
      const guestAdds = Array.from({ length: 4 }, () => add(withToken(token), pot, 1));
      const [adds] = await Promise.all([
        Promise.all(guestAdds),
        Promise.all(Array.from({ length: 4 }, () => add(who.bearer, cup, 1))),
        Promise.all(Array.from({ length: 4 }, () => merge(who, token))),
        login(who, hashToken(token)),
      ]);
      // A guest's item that came too late was told so.
      const inTime = adds.filter(({ status }) => status === 200).length;
      expect(adds.every(({ status }) => status === 200 || status === 404)).toBe(true);
      expect(await linesOf(who.bearer)).toEqual({ [cup ?? '']: 7, [pot ?? '']: 3 + inTime });
    },
  );

  test('merges of two carts into one, both ways round, all come in', async () => {
    const who = await customer();
    const guests = await Promise.all(
      Array.from({ length: 6 }, (_, at) => guest([at % 2 === 0 ? cup : pot, 1], [lid, 1])),
    );
    const merged = await Promise.all(guests.map(({ token }) => merge(who, token)));
    expect(merged.map(({ status }) => status)).toEqual(guests.map(() => 200));
    expect(await linesOf(who.bearer)).toEqual({ [cup ?? '']: 3, [pot ?? '']: 3, [lid ?? '']: 6 });
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
