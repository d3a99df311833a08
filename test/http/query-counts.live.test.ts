// What each route of the OpenAPI document costs PostgreSQL: every one is called once as a client would, and its statements
// are counted (BEGIN and COMMIT are statements, too). A route without a budget fails, and so does one that needs more than
// its budget, or less: then the budget is to be lowered.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import Stripe from 'stripe';
import { createApp } from '../../src/http/app.ts';
import type { AppRouter } from '../../src/http/router.ts';
import { appendAct } from '../../src/platform/audit.ts';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { openTemporal, type TemporalClient } from '../../src/platform/temporal.ts';
import { machine, person } from '../accounts/people.ts';
import { mailsTo } from '../support/backstage.ts';
import { bothRoles } from '../support/servers.ts';
import { ADDRESS, type CartBody, type PaymentBody, type PlacedBody } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';
import { ENVIRONMENT, floor } from './floor.ts';

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
  'PATCH /api/v1/orders/{id}/cancel': 5,
  'PATCH /api/v1/users/me': 2,
  'PATCH /api/v1/users/{id}': 7,
  'POST /api/v1/addresses': 6,
  'POST /api/v1/api-keys': 5,
  'POST /api/v1/auth/change-password': 8,
  'POST /api/v1/auth/forgot-password': 1,
  'POST /api/v1/auth/login': 5,
  'POST /api/v1/auth/logout': 5,
  'POST /api/v1/auth/refresh': 1,
  'POST /api/v1/auth/register': 7,
  'POST /api/v1/auth/resend-verification': 1,
  'POST /api/v1/auth/reset-password': 10,
  'POST /api/v1/auth/send-otp': 1,
  'POST /api/v1/auth/verify-email': 4,
  'POST /api/v1/auth/verify-otp': 9,
  'POST /api/v1/cart/coupon': 9,
  'POST /api/v1/cart/items': 1,
  'POST /api/v1/cart/merge': 10,
  'POST /api/v1/coupons/validate': 3,
  'POST /api/v1/orders': 4,
  'POST /api/v1/orders/checkout': 4,
  'POST /api/v1/orders/{id}/confirm': 4,
  'POST /api/v1/orders/{id}/reject': 4,
  'POST /api/v1/payments/create-intent': 4,
  'POST /api/v1/payments/webhook': 2,
  'POST /api/v1/payments/{id}/retry': 5,
  'PUT /api/v1/addresses/{id}': 7,
  'PUT /api/v1/cart/items/{id}': 6,
  'PUT /api/v1/orders/{id}/cancel': 2,
};

const WEBHOOK_SECRET = 'whsec_query_counts';
const MANY = 20;

let shop: RunningStack;
let db: Database;
let app: AppRouter;
let temporal: TemporalClient;
let statements = 0;

beforeAll(async () => {
  shop = await startStack({ env: { TOKEN_SECRET: ENVIRONMENT.TOKEN_SECRET } });
  const { stack } = shop;
  const environment = {
    DATABASE_URL: bothRoles(stack.databaseUrl).DATABASE_URL,
    TEMPORAL_ADDRESS: stack.temporal,
    TEMPORAL_NAMESPACE: stack.namespace,
    STRIPE_SECRET_KEY: stack.stripeSecretKey ?? '',
    STRIPE_API_BASE: stack.stripe,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  };
  const { deps } = floor(null, environment);
  db = openDatabase(deps.config, pino({ level: 'silent' }), () => {
    statements += 1;
  });
  temporal = openTemporal(deps.config);
  app = createApp({ ...deps, db, temporal, record: (act) => appendAct(db, act) });
});
afterAll(async () => {
  await Promise.all([db.destroy(), temporal.close()]);
  await shop.stop();
});

interface Call {
  /** The method and the path, as they are sent. */
  to: string;
  headers?: Record<string, string>;
  json?: unknown;
}

/** Sends it, and gives the body, where it has an end; everything here must succeed. */
async function send<Body>({ to, headers, json }: Call): Promise<Body> {
  const [method = '', path = ''] = to.split(' ');
  const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const response = await app.request(path, { method, headers: { ...headers, ...type }, ...body });
  const isEndless = response.headers.get('Content-Type') === 'text/event-stream';
  if (isEndless) await response.body?.cancel();
  const text = isEndless ? '' : await response.text();
  if (!response.ok) throw new Error(`${to}: ${response.status} ${text}`);
  return JSON.parse(text.startsWith('{') ? text : 'null');
}

/** How many statements a call runs. */
async function count(call: Call): Promise<number> {
  statements = 0;
  await send(call);
  return statements;
}

async function documentedRoutes(): Promise<string[]> {
  const { paths } = await send<{ paths: Record<string, Record<string, unknown>> }>({ to: 'GET /api/openapi.json' });
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

const keyed = () => ({ 'Idempotency-Key': randomUUID() });

/** Variants that anyone may buy many of. */
async function variants(number: number): Promise<string[]> {
  const rows = await db
    .selectFrom('variants')
    .innerJoin('inventory', 'inventory.variantId', 'variants.id')
    .where('sku', 'like', 'BULK-%')
    .select('variants.id')
    .limit(number)
    .execute();
  return rows.map(({ id }) => id);
}

/** A cart with so many lines, and the header that opens it. */
async function fillCart(lines = 1): Promise<Record<string, string>> {
  const [first, ...rest] = await variants(lines);
  const to = 'POST /api/v1/cart/items';
  const cart = await send<CartBody>({ to, json: { variantId: first, quantity: 1 } });
  const headers = { 'X-Cart-Token': cart.cartToken ?? '' };
  for (const variantId of rest) await send({ to, headers, json: { variantId, quantity: 1 } });
  return headers;
}

function submit(headers: Record<string, string>, paymentMethod = 'card', path = '/orders'): Call {
  const json = { paymentMethod, email: `${randomUUID()}@example.com`, shippingAddress: ADDRESS };
  return { to: `POST /api/v1${path}`, headers: { ...headers, ...keyed() }, json };
}

async function place(paymentMethod = 'card', lines = 1) {
  const placed = await send<PlacedBody>(submit(await fillCart(lines), paymentMethod));
  return { ...placed, orderId: placed.order.id, owner: { 'X-Order-Token': placed.order.accessToken ?? '' } };
}

async function logIn(account: 'admin' | 'customer' = 'admin'): Promise<Record<string, string>> {
  const json = shop.stack.accounts[account];
  const { accessToken } = await send<{ accessToken: string }>({ to: 'POST /api/v1/auth/login', json });
  return { Authorization: `Bearer ${accessToken}` };
}

async function catalogCalls(): Promise<Record<string, Call>> {
  const { items } = await send<{ items: { id: string; slug: string }[] }>({ to: 'GET /api/v1/products?limit=1' });
  const categories = await send<{ items: { id: string; slug: string }[] }>({ to: 'GET /api/v1/categories' });
  const [product, category] = [items[0], categories.items[0]];
  const read = (path: string): Call => ({ to: `GET ${path}` });
  return {
    'GET /health': read('/health'),
    'GET /health/live': read('/health/live'),
    'GET /health/ready': read('/health/ready'),
    'GET /metrics': read('/metrics'),
    'GET /api/v1/products': read('/api/v1/products?limit=20'),
    'GET /api/v1/products/available': read('/api/v1/products/available'),
    'GET /api/v1/products/slug/{slug}': read(`/api/v1/products/slug/${product?.slug}`),
    'GET /api/v1/products/{id}': read(`/api/v1/products/${product?.id}`),
    'GET /api/v1/categories': read('/api/v1/categories'),
    'GET /api/v1/categories/slug/{slug}': read(`/api/v1/categories/slug/${category?.slug}`),
    'GET /api/v1/categories/slug/{slug}/products': read(`/api/v1/categories/slug/${category?.slug}/products`),
    'GET /api/v1/categories/{id}': read(`/api/v1/categories/${category?.id}`),
  };
}

async function cartCalls(): Promise<Record<string, Call>> {
  const headers = await fillCart();
  const [variantId] = await variants(1);
  const { items } = await send<{ items: { id: string }[] }>({ to: 'GET /api/v1/cart', headers });
  const item = `/api/v1/cart/items/${items[0]?.id}`;
  const coupon = { code: 'WELCOME10' };
  return {
    'POST /api/v1/cart/items': { to: 'POST /api/v1/cart/items', json: { variantId, quantity: 1 } },
    'GET /api/v1/cart': { to: 'GET /api/v1/cart', headers },
    'PUT /api/v1/cart/items/{id}': { to: `PUT ${item}`, headers, json: { quantity: 2 } },
    'PATCH /api/v1/cart/items/{id}': { to: `PATCH ${item}`, headers, json: { quantity: 20 } },
    'POST /api/v1/coupons/validate': { to: 'POST /api/v1/coupons/validate', headers, json: coupon },
    'POST /api/v1/cart/coupon': { to: 'POST /api/v1/cart/coupon', headers, json: coupon },
    'DELETE /api/v1/cart/coupon': { to: 'DELETE /api/v1/cart/coupon', headers },
    'DELETE /api/v1/cart/items/{id}': { to: `DELETE ${item}`, headers },
    'DELETE /api/v1/cart': { to: 'DELETE /api/v1/cart', headers },
  };
}

async function customerCalls(): Promise<Record<string, Call>> {
  const headers = await logIn('customer');
  const merging = { ...headers, ...(await fillCart()) };
  const { id } = await send<{ id: string }>({ to: 'POST /api/v1/addresses', headers, json: ADDRESS });
  const address = `/api/v1/addresses/${id}`;
  return {
    'POST /api/v1/cart/merge': { to: 'POST /api/v1/cart/merge', headers: merging },
    'GET /api/v1/orders': { to: 'GET /api/v1/orders', headers },
    'GET /api/v1/orders/all': { to: 'GET /api/v1/orders/all?status=PAID', headers: await logIn() },
    'POST /api/v1/addresses': { to: 'POST /api/v1/addresses', headers, json: ADDRESS },
    'GET /api/v1/addresses': { to: 'GET /api/v1/addresses', headers },
    'GET /api/v1/addresses/{id}': { to: `GET ${address}`, headers },
    'PATCH /api/v1/addresses/{id}': { to: `PATCH ${address}`, headers, json: { city: 'York' } },
    'PUT /api/v1/addresses/{id}': { to: `PUT ${address}`, headers, json: { isDefault: true } },
    'DELETE /api/v1/addresses/{id}': { to: `DELETE ${address}`, headers },
  };
}

/** A new account, what proves it, and the secrets of its mails as the inbox gets them. */
async function accountCalls(): Promise<Record<string, Call>> {
  const [email, newcomer] = [`${randomUUID()}@example.com`, `${randomUUID()}@example.com`];
  const password = 'correct horse battery staple';
  const auth = (route: string, json: unknown, headers = {}): Call => ({
    to: `POST /api/v1/auth/${route}`,
    headers,
    json,
  });
  const register = auth('register', { email, password, name: 'Ada' });
  const sessions = await send<{ refreshToken: string }>(register);
  const third = { email: `${randomUUID()}@example.com`, password, name: 'Ada' };
  const { accessToken } = await send<{ accessToken: string }>(auth('register', third));
  await send(auth('forgot-password', { email }));
  await send(auth('send-otp', { email: newcomer }));
  const inMail = (to: string, pattern: RegExp) =>
    until(`a mail with ${pattern} has come`, async () => {
      const texts = (await mailsTo(shop.stack, to)).map(({ text }) => text);
      return texts.flatMap((text) => pattern.exec(text)?.[0] ?? [])[0];
    });
  const [confirm, reset, otp] = await Promise.all([
    inMail(email, /verify_email_[\w-]+/),
    inMail(email, /reset_password_[\w-]+/),
    inMail(newcomer, /^\d{6}$/m),
  ]);
  const newPassword = 'wrong donkey cell paperclip';
  const bearer = { Authorization: `Bearer ${accessToken}` };
  const other = `${randomUUID()}@example.com`;
  return {
    'POST /api/v1/auth/register': auth('register', { email: other, password, name: 'Ada' }),
    'POST /api/v1/auth/refresh': auth('refresh', { refreshToken: sessions.refreshToken }),
    'POST /api/v1/auth/verify-email': auth('verify-email', { token: confirm }),
    'POST /api/v1/auth/resend-verification': auth('resend-verification', { email: other }),
    'POST /api/v1/auth/verify-otp': auth('verify-otp', { email: newcomer, otp }),
    'POST /api/v1/auth/send-otp': auth('send-otp', { email }),
    'POST /api/v1/auth/reset-password': auth('reset-password', { token: reset, newPassword: password }),
    'POST /api/v1/auth/forgot-password': auth('forgot-password', { email }),
    'POST /api/v1/auth/change-password': auth('change-password', { currentPassword: password, newPassword }, bearer),
  };
}

async function orderCalls(): Promise<Record<string, Call>> {
  const [mineToBe, other] = [await fillCart(), await fillCart()];
  const { orderId, owner } = await place();
  const mine = `/api/v1/orders/${orderId}`;
  const admin = await logIn();
  const act = (id: string, method: string, what: string): Call => ({
    to: `${method} /api/v1/orders/${id}/${what}`,
    headers: admin,
  });
  const [confirmed, rejected, cancelled] = [await place('cod'), await place('cod'), await place()];
  return {
    'POST /api/v1/auth/login': { to: 'POST /api/v1/auth/login', json: shop.stack.accounts.admin },
    'POST /api/v1/orders': submit(mineToBe),
    'POST /api/v1/orders/checkout': submit(other, 'card', '/orders/checkout'),
    'GET /api/v1/orders/{id}': { to: `GET ${mine}`, headers: owner },
    'GET /api/v1/orders/{id}/track': { to: `GET ${mine}/track`, headers: owner },
    'GET /api/v1/orders/{id}/stream': { to: `GET ${mine}/stream`, headers: owner },
    'POST /api/v1/orders/{id}/confirm': act(confirmed.orderId, 'POST', 'confirm'),
    'POST /api/v1/orders/{id}/reject': act(rejected.orderId, 'POST', 'reject'),
    'PUT /api/v1/orders/{id}/cancel': { to: `PUT ${mine}/cancel`, headers: owner },
    'PATCH /api/v1/orders/{id}/cancel': act(cancelled.orderId, 'PATCH', 'cancel'),
    'POST /api/v1/auth/logout': { to: 'POST /api/v1/auth/logout', headers: admin },
  };
}

async function userCalls(): Promise<Record<string, Call>> {
  const [{ bearer: admin }, { bearer: mine }] = [await person(db, { role: 'admin' }), await person(db)];
  const [{ id: changed }, { id: gone }, { id: key }] = [await person(db), await person(db), await machine(db)];
  const asAdmin = (method: string, path: string, json?: unknown): Call => ({
    to: `${method} /api/v1/${path}`,
    headers: admin,
    ...(json !== undefined && { json }),
  });
  return {
    'GET /api/v1/users/me': { to: 'GET /api/v1/users/me', headers: mine },
    'PATCH /api/v1/users/me': { to: 'PATCH /api/v1/users/me', headers: mine, json: { name: 'Ada King' } },
    'DELETE /api/v1/users/me': { to: 'DELETE /api/v1/users/me', headers: mine },
    'GET /api/v1/users': asAdmin('GET', 'users?limit=100'),
    'GET /api/v1/users/{id}': asAdmin('GET', `users/${changed}`),
    'PATCH /api/v1/users/{id}': asAdmin('PATCH', `users/${changed}`, { role: 'inventory' }),
    'DELETE /api/v1/users/{id}': asAdmin('DELETE', `users/${gone}`),
    'POST /api/v1/api-keys': asAdmin('POST', 'api-keys', { name: 'Scanner', role: 'inventory' }),
    'GET /api/v1/api-keys': asAdmin('GET', 'api-keys'),
    'DELETE /api/v1/api-keys/{id}': asAdmin('DELETE', `api-keys/${key}`),
    'GET /api/v1/admin/audit': asAdmin('GET', 'admin/audit'),
  };
}

async function paymentCalls(): Promise<Record<string, Call>> {
  const { orderId, owner, payment } = await place();
  const [{ id }] = (
    await send<{ items: [PaymentBody] }>({ to: `GET /api/v1/payments/order/${orderId}`, headers: owner })
  ).items;
  const news = JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'event',
    type: 'payment_intent.processing',
    data: { object: { id: payment?.intentId, metadata: { orderId } } },
  });
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: news, secret: WEBHOOK_SECRET });
  const write = { headers: { ...owner, ...keyed() } };
  return {
    'POST /api/v1/payments/create-intent': {
      to: 'POST /api/v1/payments/create-intent',
      headers: { ...owner, ...keyed() },
      json: { orderId },
    },
    'POST /api/v1/payments/{id}/retry': { to: `POST /api/v1/payments/${id}/retry`, ...write },
    'GET /api/v1/payments/order/{orderId}': { to: `GET /api/v1/payments/order/${orderId}`, headers: owner },
    'GET /api/v1/payments/{id}': { to: `GET /api/v1/payments/${id}`, headers: owner },
    'POST /api/v1/payments/webhook': {
      to: 'POST /api/v1/payments/webhook',
      headers: { 'Stripe-Signature': signature },
      json: JSON.parse(news),
    },
  };
}

test('every route runs as many statements as its budget says', async () => {
  const counted: Record<string, number> = {};
  for (const calls of [catalogCalls, cartCalls, accountCalls, userCalls, customerCalls, orderCalls, paymentCalls]) {
    for (const [route, call] of Object.entries(await calls())) counted[route] = await count(call);
  }
  expect(Object.keys(counted).toSorted()).toEqual((await documentedRoutes()).toSorted());
  expect(counted).toEqual(BUDGETS);
});

describe('as many statements for many rows as for few', () => {
  test.each(['/users', '/api-keys', '/admin/audit'])('GET %s', async (path) => {
    const { bearer } = await person(db, { role: 'admin' });
    for (let at = 0; at < MANY; at += 1) await machine(db);
    const read = (limit: number): Call => ({ to: `GET /api/v1${path}?limit=${limit}`, headers: bearer });
    expect(await count(read(1))).toBe(await count(read(100)));
  });

  test.each(['/products', '/products/available', '/categories/slug/{slug}/products'])('GET %s', async (pattern) => {
    const { items } = await send<{ items: { slug: string }[] }>({ to: 'GET /api/v1/categories' });
    const path = pattern.replace('{slug}', items[0]?.slug ?? '');
    const read = (limit: number): Call => ({ to: `GET /api/v1${path}?limit=${limit}` });
    expect(await count(read(1))).toBe(await count(read(100)));
  });

  test('a cart: read, filled and submitted', async () => {
    const [few, many] = [await fillCart(1), await fillCart(MANY)];
    const [variantId] = await variants(1);
    const calls: ((headers: Record<string, string>) => Call)[] = [
      (headers) => ({ to: 'GET /api/v1/cart', headers }),
      (headers) => ({ to: 'POST /api/v1/cart/items', headers, json: { variantId, quantity: 1 } }),
      (headers) => submit(headers),
    ];
    for (const call of calls) expect(await count(call(few))).toBe(await count(call(many)));
  });

  test("a customer's orders", async () => {
    const headers = await logIn('customer');
    const read: Call = { to: 'GET /api/v1/orders', headers };
    const few = await count(read);
    const [first, ...others] = await variants(MANY);
    await send({ to: 'POST /api/v1/cart/items', headers, json: { variantId: first, quantity: 1 } });
    for (const variantId of others) {
      await send({ to: 'POST /api/v1/cart/items', headers, json: { variantId, quantity: 1 } });
    }
    await send(submit(headers, 'cod'));
    expect(await count(read)).toBe(few);
  });

  test.each(['', '/track'])('an order: GET /orders/{id}%s', async (path) => {
    const [few, many] = [await place('cod', 1), await place('cod', MANY)];
    const read = ({ orderId, owner }: typeof few) => ({ to: `GET /api/v1/orders/${orderId}${path}`, headers: owner });
    expect(await count(read(few))).toBe(await count(read(many)));
  });
});
