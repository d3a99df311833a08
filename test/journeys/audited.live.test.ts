// What admins do with orders on a running stack is in the audit once, whoever asks for it how often.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Admin, call, logIn, newShopper, pay, paymentOf, statusBecomes, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';

let shop: RunningStack;
let api: string;
let admin: Admin;
let variant: string;

beforeAll(async () => {
  shop = await startStack();
  api = shop.api;
  [admin, variant] = await Promise.all([logIn(shop.stack), variantOf(api, 'BULK-01')]);
});
afterAll(() => shop.stop());

async function entriesOf(orderId: string): Promise<{ actor: string; action: string }[]> {
  const list = await call<{ items: { actor: string; action: string }[] }>(
    `${api}/api/v1/admin/audit?subject=order:${orderId}`,
    { headers: admin.headers },
  );
  return list.body.items
    .map(({ actor, action }) => ({ actor, action }))
    .toSorted((a, b) => a.action.localeCompare(b.action));
}

const BY_A_USER = expect.stringMatching(/^user:[0-9a-f-]{36}$/);

test('three confirms at once under one key are one entry', async () => {
  const shopper = newShopper(api);
  await shopper.add(variant);
  const { order } = (await shopper.submit({ paymentMethod: 'cod' })).body;
  const key = crypto.randomUUID();
  const confirm = () => admin.confirm(order.id, key);
  const answers = await Promise.all([confirm(), confirm(), confirm()]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await entriesOf(order.id)).toEqual([{ actor: BY_A_USER, action: 'order_confirmed' }]);
});

test('the refund of an order that an admin cancels is in it beside the cancel', async () => {
  const shopper = newShopper(api);
  await shopper.add(variant);
  const placed = (await shopper.submit({ paymentMethod: 'card' })).body;
  await pay(shop.stack, paymentOf(placed));
  await statusBecomes(() => shopper.order(placed), 'PAID');
  expect((await admin.cancel(placed.order.id)).status).toBe(200);
  expect(await entriesOf(placed.order.id)).toEqual([
    { actor: BY_A_USER, action: 'order_cancelled' },
    { actor: BY_A_USER, action: 'refund_requested' },
  ]);
});
