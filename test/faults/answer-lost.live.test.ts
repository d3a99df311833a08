// An answer that its client never got: the API died before it could keep it. Who repeats the request under its key is told what
// the first was told, at once; who asks anew is told that there is nothing left to move.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withClient } from '../../src/local/postgres.ts';
import {
  type Admin,
  type Answer,
  logIn,
  newShopper,
  type OrderBody,
  type PlacedBody,
  pay,
  type Shopper,
  statusBecomes,
  variantOf,
} from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';

let shop: RunningStack;
let admin: Admin;
let bulk: string;

beforeAll(async () => {
  shop = await startStack();
  admin = await logIn(shop.stack);
  bulk = await variantOf(shop.api, 'BULK');
});
afterAll(() => shop.stop());

interface Placed {
  shopper: Shopper;
  placed: PlacedBody;
}

async function place(paymentMethod: 'card' | 'cod'): Promise<Placed> {
  const shopper = newShopper(shop.api);
  await shopper.add(bulk);
  const { body: placed } = await shopper.submit({ paymentMethod });
  return { shopper, placed };
}

async function placeAndPay(): Promise<Placed> {
  const made = await place('card');
  await pay(shop.stack, made.placed.payment);
  await statusBecomes(() => made.shopper.order(made.placed), 'PAID');
  return made;
}

/** As if the API had died when the move was made, and its answer not kept. */
async function forgetAnswer(key: string): Promise<void> {
  const query = 'DELETE FROM idempotency_keys WHERE key = $1';
  await withClient(shop.stack.databaseUrl, async (client) => {
    expect((await client.query(query, [key])).rowCount).toBe(1);
  });
}

type Ask = (order: Placed, key: string) => Promise<Answer<OrderBody>>;
const cancel: Ask = ({ shopper, placed }, key) => shopper.cancel(placed, key);
const confirm: Ask = ({ placed }, key) => admin.confirm(placed.order.id, key);
const reject: Ask = ({ placed }, key) => admin.reject(placed.order.id, key);

test.each<[string, () => Promise<Placed>, Ask, string]>([
  ['a cancel before the payment', () => place('card'), cancel, 'CANCELLED'],
  ['a cancel after the payment', placeAndPay, cancel, 'CANCELLED'],
  ['a cancel before the confirmation', () => place('cod'), cancel, 'CANCELLED'],
  ['a confirmation', () => place('cod'), confirm, 'CONFIRMED'],
  ['a rejection', () => place('cod'), reject, 'CANCELLED'],
])('%s whose answer was lost', async (_name, prepare, ask, status) => {
  const order = await prepare();
  const key = randomUUID();
  expect(await ask(order, key)).toMatchObject({ status: 200, body: { status } });
  await forgetAnswer(key);
  expect(await ask(order, key)).toMatchObject({ status: 200, body: { status } });
  expect(await ask(order, randomUUID())).toMatchObject({ status: 409, body: { orderStatus: status } });
});
