// The cookie of a guest's cart, and pages of other origins: they may not write with it, whatever the browser sends along.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../src/http/app.ts';
import { AREAS } from '../../src/http/areas.ts';
import { account, PASSWORD } from '../accounts/people.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { stockedVariant } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';
import { asking } from './asking.ts';
import { floor } from './floor.ts';

const OWN = 'https://shop.example';
const PARTNER = 'https://partner.example';
const FOREIGN = 'https://evil.example';

let database: OwnDatabase;
let ask: ReturnType<typeof asking>;
let variantId: string;
beforeAll(async () => {
  database = await ownDatabase();
  const environment = { PUBLIC_URL: OWN, CORS_ORIGINS: PARTNER };
  ask = asking(createApp(floor(null, environment, { db: database.db }).deps, AREAS));
  variantId = (await stockedVariant(database.db, 1_000)).id;
});
afterAll(() => database.leave());

/** A guest's cart with one item. */
async function cart() {
  const { body } = await ask('POST', 'cart/items', { json: { variantId, quantity: 1 } });
  const token: string = body.cartToken;
  const item: string = body.items[0].id;
  const quantities = async () =>
    (await ask('GET', 'cart', { headers: { 'X-Cart-Token': token } })).body.items.map(
      ({ quantity }: { quantity: number }) => quantity,
    );
  return { token, item, cookie: { Cookie: `cart_token=${token}` }, quantities };
}

const placing = { paymentMethod: 'cod', email: 'ada@example.com', shippingAddress: ADDRESS };

describe('a page of a foreign origin', () => {
  test.each([
    ['POST', 'cart/items', () => ({ variantId, quantity: 1 })],
    ['PUT', 'cart/items/{id}', () => ({ quantity: 5 })],
    ['PATCH', 'cart/items/{id}', () => ({ quantity: 5 })],
    ['DELETE', 'cart/items/{id}', () => undefined],
    ['DELETE', 'cart', () => undefined],
    ['POST', 'cart/coupon', () => ({ code: 'TEN' })],
    ['DELETE', 'cart/coupon', () => undefined],
    ['POST', 'coupons/validate', () => ({ code: 'TEN' })],
    ['POST', 'orders', () => placing],
  ])('may not %s %s', async (method, path, json) => {
    const { item, cookie, quantities } = await cart();
    const headers = { ...cookie, Origin: FOREIGN, 'Idempotency-Key': randomUUID() };
    const refused = await ask(method, path.replace('{id}', item), { headers, json: json() });
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await quantities()).toEqual([1]);
  });

  test('moves no cart into an account that it logs in to', async () => {
    const { cookie, quantities } = await cart();
    const { email } = await account(database.db);
    const headers = { ...cookie, Origin: FOREIGN };
    expect((await ask('POST', 'auth/login', { headers, json: { email, password: PASSWORD } })).status).toBe(200);
    expect(await quantities()).toEqual([1]);
  });

  test('may read as much as it is let see, which is nothing', async () => {
    const { cookie } = await cart();
    const answer = await ask('GET', 'cart', { headers: { ...cookie, Origin: FOREIGN } });
    expect([answer.status, answer.headers.get('Access-Control-Allow-Origin')]).toEqual([200, null]);
  });
});

test.each([OWN, PARTNER, undefined])('a page of %s may write with it', async (origin) => {
  const { item, cookie, quantities } = await cart();
  const headers = { ...cookie, ...(origin !== undefined && { Origin: origin }) };
  expect((await ask('PUT', `cart/items/${item}`, { headers, json: { quantity: 3 } })).status).toBe(200);
  expect(await quantities()).toEqual([3]);
});

test('a token in the header is meant, from wherever it comes', async () => {
  const { token, item, quantities } = await cart();
  const headers = { 'X-Cart-Token': token, Origin: FOREIGN };
  expect((await ask('PUT', `cart/items/${item}`, { headers, json: { quantity: 3 } })).status).toBe(200);
  expect(await quantities()).toEqual([3]);
});
