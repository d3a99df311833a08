// What each route of the OpenAPI document costs PostgreSQL: every one is called once as a client would, and its statements
// are counted (BEGIN and COMMIT are statements, too). A route without a budget fails, and so does one that needs more than
// its budget, or less: then the budget is to be lowered.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { machine, person } from '../accounts/people.ts';
import { type Call, type CountedShop, openCountedShop } from './counted-shop.ts';
import { ROUTES } from './document.ts';
import { CALLS } from './route-calls.ts';

/** Statements of one call, by the method and the path of the document. */
const BUDGETS: Record<string, number> = {
  'DELETE /api/v1/addresses/{id}': 6,
  'DELETE /api/v1/api-keys/{id}': 5,
  'DELETE /api/v1/cart': 6,
  'DELETE /api/v1/cart/coupon': 6,
  'DELETE /api/v1/cart/items/{id}': 6,
  'DELETE /api/v1/users/me': 15,
  'DELETE /api/v1/users/{id}': 14,
  'GET /api/v1/addresses': 2,
  'GET /api/v1/addresses/{id}': 2,
  'GET /api/v1/admin/audit': 2,
  'GET /api/v1/api-keys': 2,
  'GET /api/v1/cart': 2,
  'GET /api/v1/categories': 1,
  'GET /api/v1/categories/slug/{slug}': 1,
  'GET /api/v1/categories/slug/{slug}/products': 2,
  'GET /api/v1/categories/{id}': 1,
  'GET /api/v1/orders': 2,
  'GET /api/v1/orders/all': 2,
  'GET /api/v1/orders/{id}': 1,
  'GET /api/v1/orders/{id}/stream': 1,
  'GET /api/v1/orders/{id}/track': 2,
  'GET /api/v1/payments/order/{orderId}': 1,
  'GET /api/v1/payments/{id}': 1,
  'GET /api/v1/products': 1,
  'GET /api/v1/products/available': 1,
  'GET /api/v1/products/slug/{slug}': 1,
  'GET /api/v1/products/{id}': 1,
  'GET /api/v1/users': 2,
  'GET /api/v1/users/me': 2,
  'GET /api/v1/users/{id}': 2,
  'GET /health': 1,
  'GET /health/live': 0,
  'GET /health/ready': 1,
  'GET /metrics': 0,
  'PATCH /api/v1/addresses/{id}': 6,
  'PATCH /api/v1/cart/items/{id}': 6,
  'PATCH /api/v1/orders/{id}/cancel': 4,
  'PATCH /api/v1/users/me': 2,
  'PATCH /api/v1/users/{id}': 7,
  'POST /api/v1/addresses': 6,
  'POST /api/v1/api-keys': 7,
  'POST /api/v1/auth/change-password': 8,
  'POST /api/v1/auth/forgot-password': 1,
  'POST /api/v1/auth/login': 6,
  'POST /api/v1/auth/logout': 5,
  'POST /api/v1/auth/refresh': 1,
  'POST /api/v1/auth/register': 7,
  'POST /api/v1/auth/resend-verification': 1,
  'POST /api/v1/auth/reset-password': 9,
  'POST /api/v1/auth/send-otp': 1,
  'POST /api/v1/auth/verify-email': 5,
  'POST /api/v1/auth/verify-otp': 9,
  'POST /api/v1/cart/coupon': 9,
  'POST /api/v1/cart/items': 1,
  'POST /api/v1/cart/merge': 10,
  'POST /api/v1/coupons/validate': 3,
  'POST /api/v1/orders': 4,
  'POST /api/v1/orders/checkout': 4,
  'POST /api/v1/orders/{id}/confirm': 3,
  'POST /api/v1/orders/{id}/reject': 3,
  'POST /api/v1/payments/create-intent': 4,
  'POST /api/v1/payments/webhook': 2,
  'POST /api/v1/payments/{id}/retry': 5,
  'PUT /api/v1/addresses/{id}': 7,
  'PUT /api/v1/cart/items/{id}': 6,
  'PUT /api/v1/orders/{id}/cancel': 2,
};

const MANY = 20;

let shop: CountedShop;
beforeAll(async () => {
  shop = await openCountedShop();
});
afterAll(() => shop.close());

test('every route runs as many statements as its budget says', async () => {
  const counted: Record<string, number> = {};
  for (const calls of CALLS) {
    for (const [route, call] of Object.entries(await calls(shop))) counted[route] = await shop.count(call);
  }
  expect(Object.keys(counted).toSorted()).toEqual(ROUTES.map(([route]) => route).toSorted());
  expect(counted).toEqual(BUDGETS);
});

describe('as many statements for many rows as for few', () => {
  test.each(['/users', '/api-keys', '/admin/audit'])('GET %s', async (path) => {
    const { bearer } = await person(shop.db, { role: 'admin' });
    for (let at = 0; at < MANY; at += 1) await machine(shop.db);
    const read = (limit: number): Call => ({ to: `GET /api/v1${path}?limit=${limit}`, headers: bearer });
    expect(await shop.count(read(1))).toBe(await shop.count(read(100)));
  });

  test.each(['/products', '/products/available', '/categories/slug/{slug}/products'])('GET %s', async (pattern) => {
    const { items } = await shop.send<{ items: { slug: string }[] }>({ to: 'GET /api/v1/categories' });
    const path = pattern.replace('{slug}', items[0]?.slug ?? '');
    const read = (limit: number): Call => ({ to: `GET /api/v1${path}?limit=${limit}` });
    expect(await shop.count(read(1))).toBe(await shop.count(read(100)));
  });

  test('a cart: read, filled and submitted', async () => {
    const [few, many] = [await shop.fillCart(1), await shop.fillCart(MANY)];
    const [variantId] = await shop.variants(1);
    const calls: ((headers: Record<string, string>) => Call)[] = [
      (headers) => ({ to: 'GET /api/v1/cart', headers }),
      (headers) => ({ to: 'POST /api/v1/cart/items', headers, json: { variantId, quantity: 1 } }),
      (headers) => shop.submit(headers),
    ];
    for (const call of calls) expect(await shop.count(call(few))).toBe(await shop.count(call(many)));
  });

  test("a customer's orders", async () => {
    const headers = await shop.logIn('customer');
    const read: Call = { to: 'GET /api/v1/orders', headers };
    const few = await shop.count(read);
    await shop.fillCart(MANY, headers);
    await shop.send(shop.submit(headers, 'cod'));
    expect(await shop.count(read)).toBe(few);
  });

  test.each(['', '/track'])('an order: GET /orders/{id}%s', async (path) => {
    const [few, many] = [await shop.place('cod', 1), await shop.place('cod', MANY)];
    const read = ({ orderId, owner }: typeof few) => ({ to: `GET /api/v1/orders/${orderId}${path}`, headers: owner });
    expect(await shop.count(read(few))).toBe(await shop.count(read(many)));
  });
});
