// Whose an order is, on the real tables: decided by who is logged in when it is placed, or by a proven mail address, and for
// everybody else it is not there.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Role } from '../../src/accounts/rules.ts';
import { cartRoutes } from '../../src/cart/routes.ts';
import { findCoupon } from '../../src/coupons/store.ts';
import { createClaimOrders } from '../../src/orders/claiming.ts';
import { saveIntent } from '../../src/payments/store.ts';
import { newId } from '../../src/platform/ids.ts';
import { person } from '../accounts/people.ts';
import { askedShop, placingIn } from '../http/asked-shop.ts';
import { type Ask, asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, intentIdOf, intentOf, NOW, stockedVariant } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';

let database: OwnDatabase;
let shop: ReturnType<typeof askedShop>;
let ask: Ask;
let askCart: Ask;
let cup: string;

beforeAll(async () => {
  database = await ownDatabase();
  const parts = { db: database.db, clock: () => NOW };
  askCart = asking(floor((all) => cartRoutes(all, findCoupon), {}, parts).app);
  cup = (await stockedVariant(database.db, 1_000)).id;
});
afterAll(() => database.leave());
beforeEach(() => {
  shop = askedShop(database.db);
  shop.answers = placingIn(database.db);
  ({ ask } = shop);
});

const customer = (role: Role = 'customer') => person(database.db, { role, now: NOW });
const body = { paymentMethod: 'cod', shippingAddress: ADDRESS };
const GUEST_EMAIL = { email: 'Guest@example.com' };

/** A cart with one cup: a guest's with its token in the headers, or that of who is logged in. */
async function fill(headers: Record<string, string> = {}): Promise<{ token: string }> {
  const { body: cart } = await askCart('POST', 'cart/items', { headers, json: { variantId: cup, quantity: 1 } });
  return { token: cart.cartToken };
}

function submit(headers: Record<string, string>, json: Record<string, unknown> = body) {
  return ask('POST', 'orders', { headers: { 'Idempotency-Key': randomUUID(), ...headers }, json });
}

async function rowOf(orderId: string) {
  return database.db
    .selectFrom('orders')
    .select(['customerId', 'email'])
    .where('id', '=', orderId)
    .executeTakeFirstOrThrow();
}

describe('an order', () => {
  test.each(['bearer', 'cookie'] as const)(
    'of who is logged in by %s is theirs, with the mail address of their account',
    async (by) => {
      const who = await customer();
      await fill(who[by]);
      const { status, body: placed } = await submit(who[by]);
      expect(status).toBe(201);
      expect(placed.order).toMatchObject({ email: who.email, status: 'AWAITING_CONFIRMATION' });
      expect(placed.order.accessToken).toBeUndefined();
      expect(await rowOf(placed.order.id)).toEqual({ customerId: who.id, email: who.email });
    },
  );

  test("of who is logged in is theirs also when it is made of a guest's cart, and whatever address they send", async () => {
    const who = await customer();
    const { token } = await fill();
    const { body: placed } = await submit({ ...who.bearer, 'X-Cart-Token': token }, { ...body, ...GUEST_EMAIL });
    expect(await rowOf(placed.order.id)).toEqual({ customerId: who.id, email: who.email });
  });

  test("of a guest stays a guest's, with its access token in every answer, and needs an address of mail", async () => {
    const { token } = await fill();
    const headers = { 'X-Cart-Token': token };
    const refused = await submit(headers);
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'email' }] } });
    const [first, again] = [
      await submit(headers, { ...body, ...GUEST_EMAIL }),
      await submit(headers, { ...body, ...GUEST_EMAIL }),
    ];
    expect(first.body.order.accessToken).toBe(shop.tokenOf(first.body.order.id));
    expect(again.body).toEqual(first.body);
    expect(await rowOf(first.body.order.id)).toEqual({ customerId: null, email: GUEST_EMAIL.email });
  });

  test('that is submitted ten times at once by its customer is one, and each answer is the same', async () => {
    const who = await customer();
    await fill(who.bearer);
    const placed = await Promise.all(Array.from({ length: 10 }, (_, at) => submit(at % 2 ? who.bearer : who.cookie)));
    expect(new Set(placed.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1);
    expect((await ask('GET', 'orders', { headers: who.bearer })).body.items).toHaveLength(1);
  });

  test("of a guest's cart that a customer has submitted is not given to who has the cart's token only", async () => {
    const [who, other] = [await customer(), await customer()];
    const { token } = await fill();
    const headers = { 'X-Cart-Token': token };
    expect((await submit({ ...who.bearer, ...headers })).status).toBe(201);
    for (const stranger of [{}, other.bearer]) {
      const refused = await submit({ ...stranger, ...headers }, { ...body, ...GUEST_EMAIL });
      expect(refused).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
  });

  test('is not placed for a page of a foreign origin that makes a browser send its cookie', async () => {
    const who = await customer();
    await fill(who.bearer);
    const refused = await submit({ ...who.cookie, Origin: 'https://evil.test' });
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await ask('GET', 'orders', { headers: who.cookie })).body.items).toEqual([]);
  });

  test.each([
    'customerId',
    'customer',
    'userId',
    'role',
    'status',
    'total',
    'discount',
    'price',
    'accessToken',
    'items',
  ])('cannot be told its %s by who submits it', async (field) => {
    const who = await customer();
    await fill(who.bearer);
    const refused = await submit(who.bearer, { ...body, [field]: 0 });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: field }] } });
  });
});

describe('a submit and a merge at once', () => {
  test.each(Array.from({ length: 8 }, (_, round) => round))(
    'leave the lines of a guest in an order or in the cart of the customer, never in both and never in neither (%d)',
    async () => {
      const who = await customer();
      const { token } = await fill();
      const headers = { 'X-Cart-Token': token };
      const [placed, merged] = await Promise.all([
        submit(headers, { ...body, ...GUEST_EMAIL }),
        askCart('POST', 'cart/merge', { headers: { ...who.bearer, ...headers } }),
      ]);
      const { body: own } = await askCart('GET', 'cart', { headers: who.bearer });
      const ended = [placed.status, merged.status, own.items?.length ?? 0];
      // Ordered; or merged before the submit, or between the submit and its step, which finds the cart empty.
      const allowed = [
        [201, 409, 0],
        [404, 200, 1],
        [409, 200, 1],
      ];
      expect(allowed).toContainEqual(ended);
    },
  );
});

describe('an address that is kept', () => {
  test("is where the order of its customer goes, and nobody else's", async () => {
    const [who, other] = [await customer(), await customer()];
    const id = newId(NOW);
    const kept = { ...ADDRESS, city: 'York', isDefault: true, createdAt: NOW, updatedAt: NOW };
    await database.db
      .insertInto('addresses')
      .values({ id, customerId: who.id, ...kept })
      .execute();
    const chosen = { paymentMethod: 'cod', addressId: id };
    await fill(other.bearer);
    expect((await submit(other.bearer, chosen)).status).toBe(404);
    const { token } = await fill();
    expect((await submit({ 'X-Cart-Token': token }, { ...chosen, ...GUEST_EMAIL })).status).toBe(404);
    await fill(who.bearer);
    expect((await submit(who.bearer, { ...chosen, addressId: randomUUID() })).status).toBe(404);
    for (const wrong of [{ paymentMethod: 'cod' }, { ...chosen, shippingAddress: ADDRESS }]) {
      expect((await submit(who.bearer, wrong)).body.errors).toMatchObject([{ path: 'shippingAddress' }]);
    }
    const { body: placed } = await submit(who.bearer, chosen);
    expect(placed.order.shippingAddress).toEqual({ ...ADDRESS, city: 'York' });
  });
});

describe("a customer's order", () => {
  test('is read, tracked, followed, paid and cancelled by them, and is not there for another', async () => {
    const [who, other, admin] = [await customer(), await customer(), await customer('admin')];
    const id = await insertOrderRow(database.db, { customer_id: who.id });
    await saveIntent(database.db, newId(NOW), intentOf(id, 1), NOW);
    const intent = intentIdOf(id, 1);
    const routes = [
      ['GET', `orders/${id}`],
      ['GET', `orders/${id}/track`],
      ['HEAD', `orders/${id}/stream`],
      ['GET', `payments/order/${id}`],
      ['GET', `payments/${intent}`],
      ['POST', `payments/${intent}/retry`],
      ['POST', 'payments/create-intent', { orderId: id }],
      ['PUT', `orders/${id}/cancel`],
      ['PATCH', `orders/${id}/cancel`],
    ] as const;
    shop.answers = ({ update }) => (update === 'cancel' ? { moved: true, status: 'CANCELLED' } : { outcome: 'live' });
    const send = (headers: Record<string, string>, [method, path, json]: (typeof routes)[number]) =>
      ask(method, path, { headers: { ...headers, 'Idempotency-Key': randomUUID() }, json });
    for (const route of routes) {
      expect([route, (await send(other.bearer, route)).status]).toEqual([route, 404]);
      expect([route, (await send({}, route)).status]).toEqual([route, 404]);
    }
    expect(shop.asked).toEqual([]);
    for (const route of routes) {
      expect([route, (await send(who.bearer, route)).status]).toEqual([route, 200]);
      expect([route, (await send(who.cookie, route)).status]).toEqual([route, 200]);
      expect([route, (await send(admin.bearer, route)).status]).toEqual([route, 200]);
    }
    const secret = async (headers: Record<string, string>) =>
      (await ask('GET', `payments/${intent}`, { headers })).body.clientSecret;
    expect([await secret(who.bearer), await secret(admin.bearer)]).toEqual([`${intent}_secret`, null]);
  });

  test("is an admin's own where the admin has placed it", async () => {
    const admin = await customer('admin');
    const id = await insertOrderRow(database.db, { customer_id: admin.id });
    await saveIntent(database.db, newId(NOW), intentOf(id, 1), NOW);
    const { body: payment } = await ask('GET', `payments/${intentIdOf(id, 1)}`, { headers: admin.bearer });
    expect(payment.clientSecret).not.toBeNull();
  });
});

describe('who has proven a mail address', () => {
  test('gets the orders that guests have placed with it, in any case, once and without taking any from others', async () => {
    const [who, other] = [await customer(), await customer()];
    const claim = createClaimOrders({ db: database.db, clock: () => NOW });
    const guests = await Promise.all(
      [who.email, who.email.toUpperCase(), other.email].map((email) => insertOrderRow(database.db, { email })),
    );
    const theirs = await insertOrderRow(database.db, { email: who.email, customer_id: other.id });
    const mine = { userId: who.id, email: who.email };
    await Promise.all([claim(mine), claim(mine), claim({ ...mine, email: who.email.toUpperCase() })]);
    await claim(mine);
    const owners = await Promise.all([...guests, theirs].map(async (id) => (await rowOf(id)).customerId));
    expect(owners).toEqual([who.id, who.id, null, other.id]);
    expect((await ask('GET', 'orders', { headers: who.bearer })).body.items).toHaveLength(2);
    expect((await ask('GET', `orders/${guests[0]}`, { headers: who.bearer })).status).toBe(200);
  });
});
