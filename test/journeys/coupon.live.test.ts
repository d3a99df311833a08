// Coupons, shipping and taxes over HTTP: what a cart shows is what its order says, and a coupon's limits hold for those who
// come at once. The shop charges a tax of 20 % in its own country, so that every total has all its parts.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ADDRESS, type Answer, call, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;
let api: string;
let bulk: string;
let other: string;

beforeAll(async () => {
  const taxes = [{ country: 'GB', category: 'standard', percent: 20 }];
  shop = await startStack({ env: { TAX_RATES: JSON.stringify(taxes), SHOP_COUNTRY: 'GB' } });
  api = `${shop.api}/api/v1`;
  [bulk, other] = await Promise.all([variantOf(shop.api, 'BULK'), variantOf(shop.api, 'BULK-02')]);
});

afterAll(async () => {
  await shop.stop();
});

interface Amounts {
  subtotal: number;
  discount: number;
  shipping: number;
  tax: number;
  total: number;
}
interface Cart extends Amounts {
  version: number;
  cartToken?: string;
  items: { id: string; unitPrice: number; lineTotal: number; quantity: number }[];
  couponCode: string | null;
  couponProblem: string | null;
}
interface Placed {
  order: Amounts & {
    id: string;
    status: string;
    couponCode: string | null;
    shippingMethod: string | null;
    items: { lineTotal: number; discount: number }[];
    accessToken: string;
  };
  payment: object | null;
}
interface Refused {
  code: string;
  reason?: string;
  orderId?: string;
  errors?: { path: string }[];
}
interface Options {
  json?: unknown;
  headers?: Record<string, string>;
}

/** A shopper with two of BULK and one of another kind in a new cart, and a way to send any request for it. */
async function shopping() {
  const { body } = await call<Cart>(`${api}/cart/items`, { json: { variantId: bulk, quantity: 2 } });
  const token = body.cartToken ?? '';
  const send = <Body = Cart & Refused>(method: string, path: string, { json, headers }: Options = {}) =>
    call<Body>(`${api}${path}`, { method, json, headers: { ...headers, 'X-Cart-Token': token } });
  const { body: cart } = await send('POST', '/cart/items', { json: { variantId: other, quantity: 1 } });
  const read = async () => (await send('GET', '/cart')).body;
  const coupon = (code: string, headers: Record<string, string> = {}) =>
    send('POST', '/cart/coupon', { json: { code }, headers });
  const submit = (how: object = {}, email = `${randomUUID()}@example.com`): Promise<Answer<Placed & Refused>> =>
    send('POST', '/orders', {
      headers: { 'Idempotency-Key': randomUUID() },
      json: { paymentMethod: 'card', email, shippingAddress: ADDRESS, ...how },
    });
  const cancel = ({ order }: Placed) =>
    send('PUT', `/orders/${order.id}/cancel`, { headers: { 'X-Order-Token': order.accessToken } });
  return { cart, send, read, coupon, submit, cancel };
}

function amountsOf({ subtotal, discount, shipping, tax, total }: Amounts): Amounts {
  return { subtotal, discount, shipping, tax, total };
}

/** The lines of a cart, but for the stock that others take from. */
function goodsOf({ items }: Cart): Pick<Cart['items'][number], 'id' | 'quantity' | 'lineTotal'>[] {
  return items.map(({ id, quantity, lineTotal }) => ({ id, quantity, lineTotal }));
}

function refusal(reason: string) {
  return { status: 422, body: { code: 'coupon_invalid', reason } };
}

/** What a cart of these goods costs in this shop, shipped for nothing. */
function expected({ subtotal }: Amounts, discount: number): Amounts {
  const tax = Math.round((subtotal - discount) * 0.2);
  return { subtotal, discount, shipping: 0, tax, total: subtotal - discount + tax };
}

test('a coupon takes its part off the cart, and the order says the same to the last unit', async () => {
  const { cart, read, coupon, submit } = await shopping();
  const answer = await coupon('welcome10');
  expect(answer).toMatchObject({ status: 200, body: { couponCode: 'WELCOME10', couponProblem: null } });
  expect(answer.headers.get('ETag')).toBe(`"${cart.version + 1}"`);
  expect(await read()).toEqual(answer.body);
  expect(amountsOf(answer.body)).toEqual(expected(cart, Math.round(cart.subtotal / 10)));

  const placed = await submit({ expectedTotal: answer.body.total });
  expect(placed).toMatchObject({ status: 201, body: { order: { couponCode: 'WELCOME10' } } });
  const { order } = placed.body;
  expect(amountsOf(order)).toEqual(amountsOf(answer.body));
  expect(order.items.reduce((all, { discount }) => all + discount, 0)).toBe(order.discount);
  const found = await call<object>(`${api}/orders/${order.id}`, { headers: { 'X-Order-Token': order.accessToken } });
  expect(found.body).toMatchObject({ ...amountsOf(order), couponCode: 'WELCOME10', items: order.items });
});

test('a coupon that does not fit is refused with the reason, and the cart stays as it was', async () => {
  const { read, coupon, send } = await shopping();
  const before = await coupon('WELCOME10');
  for (const [code, reason] of [
    ['EXPIRED', 'expired'],
    ['NO-SUCH', 'unknown'],
  ] as const) {
    expect(await coupon(code)).toMatchObject(refusal(reason));
    expect(await send('POST', '/coupons/validate', { json: { code } })).toMatchObject(refusal(reason));
  }
  for (const json of [{}, { code: '' }, { code: 7 }, { code: 'WELCOME10', id: 'x' }, { code: 'A\u0000B' }]) {
    expect(await send('POST', '/cart/coupon', { json })).toMatchObject({
      status: 422,
      body: { code: 'validation_failed' },
    });
  }
  expect(await read()).toEqual(before.body);
});

test('one coupon takes the place of another, and goes again', async () => {
  const { cart, coupon, send, read } = await shopping();
  await coupon('WELCOME10');
  expect((await coupon('FREE100')).body).toMatchObject({ couponCode: 'FREE100', total: 0, version: cart.version + 2 });
  const removed = await send('DELETE', '/cart/coupon');
  expect(removed).toMatchObject({ status: 200, body: { couponCode: null, couponProblem: null, discount: 0 } });
  expect(amountsOf(removed.body)).toEqual(amountsOf(cart));
  expect(await read()).toEqual(removed.body);
});

test('a coupon can be tried on the cart, and nothing is changed', async () => {
  const { send, read, cart } = await shopping();
  const tried = await send('POST', '/coupons/validate', { json: { code: 'welcome10' } });
  const { discount, total } = expected(cart, Math.round(cart.subtotal / 10));
  expect(tried).toMatchObject({ status: 200, body: { code: 'WELCOME10', discount, total } });
  expect(await read()).toEqual(cart);
});

test('a coupon that no longer fits stays in the cart, takes nothing off and says why; the order is refused until it fits', async () => {
  const { cart, send, read, coupon, submit } = await shopping();
  const [line] = cart.items;
  const quantity = async (pieces: number) =>
    (await send('PUT', `/cart/items/${line?.id}`, { json: { quantity: pieces } })).body;
  const enough = Math.ceil(3_000 / (line?.unitPrice ?? 1));
  const few = await quantity(1);
  expect(few.subtotal).toBeLessThan(3_000);
  expect(await coupon('FIVEOFF')).toMatchObject(refusal('minimum_not_met'));
  await quantity(enough);
  expect((await coupon('FIVEOFF')).body).toMatchObject({ discount: 500, couponProblem: null });
  expect(await quantity(1)).toMatchObject({
    ...amountsOf(few),
    couponCode: 'FIVEOFF',
    couponProblem: 'minimum_not_met',
  });
  expect(await submit()).toMatchObject(refusal('minimum_not_met'));
  expect(await read()).toMatchObject({ couponCode: 'FIVEOFF', couponProblem: 'minimum_not_met' });
  const fitting = await quantity(enough);
  expect(fitting).toMatchObject({ discount: 500, couponProblem: null });
  expect(await submit({ expectedTotal: fitting.total })).toMatchObject({ status: 201 });
});

test('a coupon for everything, shipping included, leaves nothing to pay', async () => {
  const { coupon, submit } = await shopping();
  await coupon('FREE100');
  const placed = await submit({ shippingMethod: 'express', expectedTotal: 0 });
  expect(placed).toMatchObject({
    status: 201,
    body: { order: { status: 'PAID', shipping: 0, tax: 0, total: 0, shippingMethod: 'express' }, payment: null },
  });
});

test('a shipping method costs what it says, and one that the shop does not have is 422', async () => {
  const { cart, submit, read } = await shopping();
  const unknown = await submit({ shippingMethod: 'pigeon' });
  expect(unknown).toMatchObject({
    status: 422,
    body: { code: 'validation_failed', errors: [{ path: 'shippingMethod' }] },
  });
  expect(await read()).toEqual(cart);
  expect(cart.subtotal).toBeLessThan(20_000);
  const placed = await submit({ shippingMethod: 'express' });
  expect(placed).toMatchObject({ status: 201, body: { order: { shipping: 1_499, shippingMethod: 'express' } } });
  expect(placed.body.order.total).toBe(cart.total + 1_499);
});

describe.each([
  ['putting a coupon in', 'POST', { code: 'WELCOME10' }],
  ['taking it out', 'DELETE', undefined],
])('%s', (_name, method, json) => {
  test('is bound to the version that was seen, and repeated under its key it is done once', async () => {
    const { cart, send, read } = await shopping();
    const stale = await send(method, '/cart/coupon', { json, headers: { 'If-Match': `"${cart.version - 1}"` } });
    expect(stale).toMatchObject({ status: 412, body: { code: 'precondition_failed', version: cart.version } });
    const headers = { 'If-Match': `"${cart.version}"`, 'Idempotency-Key': randomUUID() };
    const first = await send(method, '/cart/coupon', { json, headers });
    const again = await send(method, '/cart/coupon', { json, headers });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect([again.headers.get('Idempotent-Replayed'), again.headers.get('ETag')]).toEqual([
      'true',
      `"${cart.version + 1}"`,
    ]);
    expect((await read()).version).toBe(cart.version + 1);
  });

  test('needs a cart, and one that is not in checkout', async () => {
    expect((await call(`${api}/cart/coupon`, { method, json })).status).toBe(401);
    const nobody = await call(`${api}/cart/coupon`, { method, json, headers: { 'X-Cart-Token': 'cart_nobody' } });
    expect(nobody.status).toBe(404);
    const { submit, send } = await shopping();
    const { body } = await submit();
    const answer = await send(method, '/cart/coupon', { json });
    expect(answer).toMatchObject({ status: 409, body: { code: 'cart_in_checkout', orderId: body.order.id } });
  });
});

test('of twenty checkouts at once with a coupon that is good once, one is discounted and the others keep their carts; and an order that ends unpaid gives it back', async () => {
  const shoppers = await Promise.all(Array.from({ length: 20 }, shopping));
  for (const { coupon } of shoppers) expect((await coupon('ONLYONE')).status).toBe(200);
  const answers = await Promise.all(shoppers.map(({ submit }) => submit()));
  const winner = answers.findIndex(({ status }) => status === 201);
  const losers = shoppers.filter((_, at) => at !== winner);
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  const refused = answers.filter((_, at) => at !== winner);
  expect(refused).toMatchObject(refused.map(() => refusal('limit_reached')));
  expect(answers[winner]?.body.order.discount).toBeGreaterThan(0);
  for (const { read, cart } of losers) {
    const kept = await read();
    expect(kept).toMatchObject({ couponCode: 'ONLYONE', couponProblem: 'limit_reached', items: goodsOf(cart) });
    expect(amountsOf(kept)).toEqual(amountsOf(cart));
  }

  const { read, cancel } = shoppers[winner] as (typeof shoppers)[number];
  const { body: placed } = answers[winner] as (typeof answers)[number];
  // Its own use does not count against the cart that waits for its payment.
  const waiting = await read();
  expect(waiting).toMatchObject({ couponCode: 'ONLYONE', couponProblem: null, ...amountsOf(placed.order) });
  expect((await cancel(placed)).status).toBe(200);
  const open = await until('the cart is open again', async () => {
    const cart = await read();
    return cart.version > waiting.version && cart;
  });
  expect(open).toMatchObject({ couponCode: 'ONLYONE', couponProblem: null, items: goodsOf(waiting) });
  expect(amountsOf(open)).toEqual(amountsOf(waiting));
  expect((await losers[0]?.submit())?.status).toBe(201);
});

test('two carts of one customer get one order with a coupon for once a customer, in whatever case the address is written', async () => {
  const [name, carts] = [randomUUID(), await Promise.all([shopping(), shopping()])];
  for (const { coupon } of carts) await coupon('WELCOME10');
  const [lower, upper] = [`${name}@example.com`, `${name.toUpperCase()}@Example.com`];
  const answers = await Promise.all(carts.map(({ submit }, at) => submit({}, at === 0 ? lower : upper)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 422]);
  const lost = answers.findIndex(({ status }) => status === 422);
  expect(answers[lost]).toMatchObject(refusal('customer_limit_reached'));
  const { read, send, submit } = carts[lost] as (typeof carts)[number];
  expect(await read()).toMatchObject({ couponCode: 'WELCOME10', couponProblem: null });
  await send('DELETE', '/cart/coupon');
  expect(await submit({}, upper)).toMatchObject({ status: 201, body: { order: { discount: 0, couponCode: null } } });
});
