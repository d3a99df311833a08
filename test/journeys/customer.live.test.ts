// A guest who turns out to be a customer, over HTTP on a running stack: what was in the guest's cart is in theirs, what they
// order is in their history, and only they see it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mailsTo } from '../support/backstage.ts';
import {
  ADDRESS,
  type Answer,
  call,
  logIn,
  newShopper,
  type OrderBody,
  type PlacedBody,
  pay,
  statusBecomes,
  variantOf,
} from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;
let api: string;

beforeAll(async () => {
  shop = await startStack();
  api = shop.api;
});
afterAll(async () => {
  await shop.stop();
});

test('a guest fills a cart, logs in, orders what was in both carts to an address of theirs, pays, and finds it in their history', async () => {
  const [bulk, other] = await Promise.all([variantOf(api, 'BULK'), variantOf(api, 'BULK-02')]);
  const { headers } = await logIn(shop.stack, 'customer');
  const send = <Body>(path: string, json?: unknown, more: Record<string, string> = {}): Promise<Answer<Body>> =>
    call(`${api}/api/v1${path}`, { headers: { ...headers, ...more }, ...(json !== undefined && { json }) });
  await send('/cart/items', { variantId: other, quantity: 1 });
  const guest = await newShopper(api).add(bulk, 2);
  const token = guest.body.cartToken ?? '';

  const merged = await send<{ items: { sku: string; quantity: number }[] }>(
    '/cart/merge',
    {},
    { 'X-Cart-Token': token },
  );
  expect(merged.status).toBe(200);
  expect(merged.body.items).toMatchObject([
    { sku: 'BULK-02', quantity: 1 },
    { sku: 'BULK', quantity: 2 },
  ]);
  const { body: address } = await send<{ id: string }>('/addresses', ADDRESS);

  const submit = { paymentMethod: 'card', addressId: address.id };
  const placed = await send<PlacedBody>('/orders', submit, { 'Idempotency-Key': randomUUID() });
  expect(placed).toMatchObject({
    status: 201,
    body: { order: { status: 'PENDING', email: shop.stack.accounts.customer.email, shippingAddress: ADDRESS } },
  });
  const { order, payment } = placed.body;
  expect(order.accessToken).toBeUndefined();
  expect((await send('/cart/items', { variantId: bulk, quantity: 1 })).status).toBe(409);

  await pay(shop.stack, payment);
  await statusBecomes(() => send<OrderBody>(`/orders/${order.id}`), 'PAID');
  expect((await send<{ items: OrderBody[] }>('/orders')).body.items).toMatchObject([{ id: order.id, status: 'PAID' }]);
  expect((await call(`${api}/api/v1/orders/${order.id}`)).status).toBe(404);
  await until('the mail has come', async () => {
    const mails = await mailsTo(shop.stack, shop.stack.accounts.customer.email);
    return mails.some(({ subject }) => subject === `Order ${order.number} is paid`);
  });

  const again = await send<{ items: unknown[] }>('/cart/items', { variantId: bulk, quantity: 1 });
  expect(again).toMatchObject({ status: 201, body: { items: [{ sku: 'BULK', quantity: 1 }] } });
});
