// The guest's cart over HTTP: edits that meet, versions, checkout, expiry, and the token that goes on.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withClient } from '../../src/local/postgres.ts';
import {
  type Answer,
  type CartBody,
  call,
  newShopper,
  type ProblemBody,
  pay,
  type Shopper,
  statusBecomes,
  variantOf,
} from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;
let api: string;
let bulk: string;
let other: string;

const PAYMENT_WINDOW_MS = 4_000;

beforeAll(async () => {
  shop = await startStack({ env: { PAYMENT_WINDOW: `${PAYMENT_WINDOW_MS / 1_000}`, HOLD_GRACE: '60' } });
  api = shop.api;
  [bulk, other] = await Promise.all([variantOf(api, 'BULK'), variantOf(api, 'BULK-02')]);
});

afterAll(async () => {
  await shop.stop();
});

type Line = CartBody['items'][number] & { id: string };
type Body = Omit<CartBody, 'items'> & { items: Line[]; expiresAt: string } & Partial<Pick<ProblemBody, 'code'>>;
interface Edit {
  json?: unknown;
  headers?: Record<string, string>;
}
interface Editing {
  shopper: Shopper;
  token: string;
  cart: Body;
  line: Line;
  edit: (method: string, path: string, options?: Edit) => Promise<Answer<Body>>;
}

/** A shopper with two of BULK in a new cart, and a way to send any request for it. */
async function editing(): Promise<Editing> {
  const shopper = newShopper(api);
  const { body } = await shopper.add(bulk, 2);
  const cart = body as Body;
  const token = cart.cartToken as string;
  const edit = (method: string, path: string, { json, headers }: Edit = {}): Promise<Answer<Body>> =>
    call(`${api}/api/v1${path}`, { method, json, headers: { ...headers, 'X-Cart-Token': token } });
  return { shopper, token, cart, line: cart.items[0] as Line, edit };
}

const one = (variantId: string, headers: Record<string, string> = {}): Edit => ({
  json: { variantId, quantity: 1 },
  headers,
});

/** Ends the cart's life so many seconds from now. */
async function expire({ id }: { id: string }, seconds = -1): Promise<void> {
  await withClient(shop.stack.databaseUrl, (client) =>
    client.query('UPDATE carts SET expires_at = now() + make_interval(secs => $1) WHERE id = $2', [seconds, id]),
  );
}

async function becomesPaid({ shopper }: Editing): Promise<string> {
  const { body } = await shopper.submit({ paymentMethod: 'card' });
  await pay(shop.stack, body.payment);
  await statusBecomes(() => shopper.order(body), 'PAID');
  return body.order.id;
}

test('ten adds at once all count, and two adds of one variant are one line', async () => {
  const { cart, edit } = await editing();
  const added = await Promise.all(Array.from({ length: 10 }, () => edit('POST', '/cart/items', one(bulk))));
  expect(added.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
  // Each answer is the cart of its own version, not of a moment later.
  const seen = added.map(({ body }) => `${body.version}: ${body.items[0]?.quantity}`);
  const expected = Array.from({ length: 10 }, (_, at) => `${cart.version + 1 + at}: ${3 + at}`);
  expect(new Set(seen)).toEqual(new Set(expected));
  const { body } = await edit('GET', '/cart');
  expect(body).toMatchObject({ id: cart.id, version: cart.version + 10, items: [{ sku: 'BULK', quantity: 12 }] });
  expect(body.items).toHaveLength(1);
});

test.each(['PUT', 'PATCH'])(
  '%s sets the quantity of a line, whatever it was, and the total follows',
  async (method) => {
    const { cart, line, edit } = await editing();
    const set = await edit(method, `/cart/items/${line.id}`, { json: { quantity: 5 } });
    expect(set).toMatchObject({
      status: 200,
      body: { version: cart.version + 1, items: [{ id: line.id, quantity: 5 }], total: 5 * line.unitPrice },
    });
    expect(set.headers.get('ETag')).toBe(`"${set.body.version}"`);
    for (const quantity of [0, -1, 1.5, 10_001]) {
      const refused = await edit(method, `/cart/items/${line.id}`, { json: { quantity } });
      expect(refused).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    }
    expect((await edit('GET', '/cart')).body).toEqual(set.body);
  },
);

test('DELETE takes one line out or all of them, and the cart stays', async () => {
  const { cart, line, edit } = await editing();
  await edit('POST', '/cart/items', one(other));
  const removed = await edit('DELETE', `/cart/items/${line.id}`);
  expect(removed).toMatchObject({ status: 200, body: { version: cart.version + 2, items: [{ sku: 'BULK-02' }] } });
  expect(removed.headers.get('ETag')).toBe(`"${removed.body.version}"`);
  const cleared = await edit('DELETE', '/cart');
  expect(cleared).toMatchObject({ status: 200, body: { id: cart.id, version: cart.version + 3, items: [], total: 0 } });
  expect((await edit('GET', '/cart')).body).toEqual(cleared.body);
  expect(await edit('POST', '/cart/items', one(bulk))).toMatchObject({ status: 200, body: { id: cart.id } });
});

test("an item that is not there, or is another cart's, is 404 and stays as it is", async () => {
  const [mine, theirs] = await Promise.all([editing(), editing()]);
  for (const id of [theirs.line.id, randomUUID(), 'no-id']) {
    expect((await mine.edit('PUT', `/cart/items/${id}`, { json: { quantity: 9 } })).status).toBe(404);
    expect((await mine.edit('DELETE', `/cart/items/${id}`)).status).toBe(404);
  }
  for (const { cart, edit } of [mine, theirs]) {
    expect((await edit('GET', '/cart')).body).toMatchObject({ version: cart.version, items: [{ quantity: 2 }] });
  }
});

test('an edit without a token is 401, and with one that nobody has 404', async () => {
  for (const [method, path, json] of [
    ['PUT', `/cart/items/${randomUUID()}`, { quantity: 1 }],
    ['DELETE', `/cart/items/${randomUUID()}`, undefined],
    ['DELETE', '/cart', undefined],
  ] as const) {
    const url = `${api}/api/v1${path}`;
    expect((await call(url, { method, json })).status).toBe(401);
    expect((await call(url, { method, json, headers: { 'X-Cart-Token': 'cart_nobody' } })).status).toBe(404);
  }
});

test('of ten edits at once that have seen the same version exactly one is done, and nine are told the present one', async () => {
  const { cart, line, edit } = await editing();
  const headers = { 'If-Match': `"${cart.version}"` };
  const edits = await Promise.all([
    ...Array.from({ length: 4 }, (_, at) =>
      edit('PUT', `/cart/items/${line.id}`, { json: { quantity: at + 3 }, headers }),
    ),
    ...Array.from({ length: 3 }, () => edit('POST', '/cart/items', one(bulk, headers))),
    ...Array.from({ length: 2 }, () => edit('DELETE', `/cart/items/${line.id}`, { headers })),
    edit('DELETE', '/cart', { headers }),
  ]);
  const done = edits.filter(({ status }) => status === 200);
  const refused = edits.filter(({ status }) => status !== 200);
  expect([done.length, refused.length]).toEqual([1, 9]);
  const version = cart.version + 1;
  for (const { status, body, headers: answered } of refused) {
    expect({ status, code: body.code, version: body.version }).toEqual({
      status: 412,
      code: 'precondition_failed',
      version,
    });
    expect(answered.get('ETag')).toBe(`"${version}"`);
  }
  expect((await edit('GET', '/cart')).body).toEqual(done[0]?.body);
});

test.each([
  ['the present version', (version: number) => `"${version}"`, 200],
  ['the present version as a weak tag', (version: number) => `W/"${version}"`, 200],
  ['a list with the present version', (version: number) => `"0", "${version}"`, 200],
  ['any version', () => '*', 200],
  ['a past version', (version: number) => `"${version - 1}"`, 412],
  ['a version without quotes', (version: number) => `${version}`, 412],
])('an edit that matches %s is answered so', async (_name, ifMatch, status) => {
  const { cart, line, edit } = await editing();
  const headers = { 'If-Match': ifMatch(cart.version) };
  const answer = await edit('PATCH', `/cart/items/${line.id}`, { json: { quantity: 7 }, headers });
  expect(answer.status).toBe(status);
  const after = (await edit('GET', '/cart')).body;
  expect(after.items[0]?.quantity).toBe(status === 200 ? 7 : 2);
});

test('a first item that asks for a version finds none, and makes no cart', async () => {
  const answer = await call<ProblemBody>(`${api}/api/v1/cart/items`, one(bulk, { 'If-Match': '"1"' }));
  expect(answer).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
  expect(answer.headers.get('X-Cart-Token')).toBeNull();
});

test('a read carries the version as its ETag and is never 304: the stock may have changed under the same version', async () => {
  const { cart, edit } = await editing();
  const etag = `"${cart.version}"`;
  for (const tag of [etag, '*']) {
    const read = await edit('GET', '/cart', { headers: { 'If-None-Match': tag } });
    expect(read).toMatchObject({ status: 200, body: { version: cart.version } });
    expect([read.headers.get('ETag'), read.headers.get('Cache-Control')]).toEqual([etag, 'no-store']);
  }
});

test('an edit that is repeated under its Idempotency-Key is done once', async () => {
  const { cart, line, edit } = await editing();
  for (const [method, path, json] of [
    ['PUT', `/cart/items/${line.id}`, { quantity: 4 }],
    ['DELETE', `/cart/items/${line.id}`, undefined],
    ['DELETE', '/cart', undefined],
  ] as const) {
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await edit(method, path, { json, headers });
    const again = await edit(method, path, { json, headers });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.headers.get('Idempotent-Replayed')).toBe('true');
    expect(again.headers.get('ETag')).toBe(`"${first.body.version}"`);
  }
  expect((await edit('GET', '/cart')).body.version).toBe(cart.version + 3);
});

test('a cart in checkout refuses every edit with its order, and after EXPIRED the same items are there to be edited', async () => {
  const { shopper, cart, line, edit } = await editing();
  const { body: placed } = await shopper.submit({ paymentMethod: 'card' });
  const refusal = { status: 409, body: { code: 'cart_in_checkout', orderId: placed.order.id } };
  expect(await edit('POST', '/cart/items', one(bulk))).toMatchObject(refusal);
  expect(await edit('PUT', `/cart/items/${line.id}`, { json: { quantity: 1 } })).toMatchObject(refusal);
  expect(await edit('DELETE', `/cart/items/${line.id}`, { headers: { 'If-Match': '"0"' } })).toMatchObject(refusal);
  expect(await edit('DELETE', '/cart')).toMatchObject(refusal);

  await statusBecomes(() => shopper.order(placed), 'EXPIRED');
  const again = await edit('GET', '/cart');
  expect(again).toMatchObject({ status: 200, body: { id: cart.id, items: [{ id: line.id, quantity: 2 }] } });
  const set = () => edit('PUT', `/cart/items/${line.id}`, { json: { quantity: 1 } });
  await until('the cart can be edited', async () => (await set()).status === 200);
});

test("the time in checkout is not taken from a cart's life", async () => {
  const { shopper, cart, edit } = await editing();
  const { body: placed } = await shopper.submit({ paymentMethod: 'card' });
  await expire(cart);
  expect((await edit('GET', '/cart')).status).toBe(200);
  await expire(cart, 3_600);
  const before = (await edit('GET', '/cart')).body;
  await statusBecomes(() => shopper.order(placed), 'EXPIRED');
  const after = await until('the cart is open again', async () => {
    const { body } = await edit('GET', '/cart');
    return body.version > before.version && body;
  });
  expect(Date.parse(after.expiresAt) - Date.parse(before.expiresAt)).toBeGreaterThanOrEqual(PAYMENT_WINDOW_MS);
});

test('a cart that has expired is not there to be read, edited or ordered, and every edit before that renews it', async () => {
  const { shopper, cart, line, edit } = await editing();
  const renewed = await edit('PUT', `/cart/items/${line.id}`, { json: { quantity: 3 } });
  expect(Date.parse(renewed.body.expiresAt)).toBeGreaterThan(Date.parse(cart.expiresAt));
  await expire(cart);
  for (const answer of [
    await edit('GET', '/cart'),
    await edit('PUT', `/cart/items/${line.id}`, { json: { quantity: 1 } }),
    await edit('DELETE', `/cart/items/${line.id}`),
    await edit('DELETE', '/cart'),
    await shopper.submit({ paymentMethod: 'card' }),
  ]) {
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  }
});

test.each([
  ['became an order', becomesPaid],
  ['has expired', ({ cart }: Editing) => expire(cart)],
])('adds at once after the cart %s end in one new cart under the same token', async (_name, end) => {
  const before = await editing();
  const { token, cart, edit } = before;
  const seen = (await edit('GET', '/cart')).body.version;
  await end(before);
  const stale = await edit('POST', '/cart/items', one(bulk, { 'If-Match': `"${seen}"` }));
  expect(stale).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
  const variants = [bulk, other, bulk, other, bulk, other];
  const added = await Promise.all(variants.map((variant) => edit('POST', '/cart/items', one(variant))));
  expect(added.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 201]);
  const made = added.find(({ status }) => status === 201);
  expect([made?.body.cartToken, made?.headers.get('X-Cart-Token')]).toEqual([token, token]);
  expect(new Set(added.map(({ body }) => body.id)).size).toBe(1);
  const { body } = await edit('GET', '/cart');
  expect(body.id).not.toBe(cart.id);
  expect(body.version).toBeGreaterThan(seen);
  expect(new Map(body.items.map(({ sku, quantity }) => [sku, quantity]))).toEqual(
    new Map([
      ['BULK', 3],
      ['BULK-02', 3],
    ]),
  );
  expect(body.items).toHaveLength(2);
});

test('a line that is not sold any more stays in the cart and costs nothing, and the order waits until it is taken out', async () => {
  const gone = await variantOf(api, 'BULK-03');
  const { shopper, edit, line } = await editing();
  await edit('POST', '/cart/items', one(gone));
  const before = (await edit('GET', '/cart')).body;
  await withClient(shop.stack.databaseUrl, (client) =>
    client.query("UPDATE variants SET status = 'archived' WHERE id = $1", [gone]),
  );
  const { body: cart } = await edit('GET', '/cart');
  expect(cart).toMatchObject({
    version: before.version,
    items: [
      { id: line.id, forSale: true, lineTotal: line.lineTotal },
      { variantId: gone, forSale: false, available: 0, quantity: 1, lineTotal: 0 },
    ],
    total: line.lineTotal,
  });
  for (const expectedTotal of [before.total, cart.total]) {
    const refused = await shopper.submit({ paymentMethod: 'card', expectedTotal });
    expect(refused).toMatchObject({ status: 409, body: { code: 'cart_changed', total: cart.total } });
  }
  await edit('DELETE', `/cart/items/${cart.items[1]?.id}`);
  expect(await shopper.submit({ paymentMethod: 'card', expectedTotal: cart.total })).toMatchObject({ status: 201 });
});

test('a cart of which nothing is sold any more is told so, and cannot be ordered', async () => {
  const gone = await variantOf(api, 'BULK-04');
  const { shopper, edit, line } = await editing();
  await edit('POST', '/cart/items', one(gone));
  await edit('DELETE', `/cart/items/${line.id}`);
  await withClient(shop.stack.databaseUrl, (client) =>
    client.query("UPDATE products SET status = 'archived' WHERE id = (SELECT product_id FROM variants WHERE id = $1)", [
      gone,
    ]),
  );
  expect((await edit('GET', '/cart')).body).toMatchObject({ items: [{ forSale: false }], total: 0 });
  const refused = await shopper.submit({ paymentMethod: 'card' });
  expect(refused).toMatchObject({ status: 409, body: { code: 'cart_empty' } });
});
