// Idempotency-Keys of nobody: what is refused to whoever made up their credentials leaves no row behind.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApp } from '../../src/http/app.ts';
import { AREAS } from '../../src/http/areas.ts';
import { newId } from '../../src/platform/ids.ts';
import { person } from '../accounts/people.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { NOW, stockedVariant } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';
import { asking } from './asking.ts';
import { floor } from './floor.ts';

let database: OwnDatabase;
let ask: ReturnType<typeof asking>;
beforeAll(async () => {
  database = await ownDatabase();
  ask = asking(createApp(floor(null, {}, { db: database.db }).deps, AREAS));
});
afterAll(() => database.leave());

const rows = async () => (await database.db.selectFrom('idempotencyKeys').select('key').execute()).length;
const item = `cart/items/${newId(NOW)}`;

test.each([
  ['a cart', 'DELETE', item, { 'X-Cart-Token': 'junk' }, undefined, 404],
  ['a cart, with a wrong body', 'PATCH', item, { 'X-Cart-Token': 'junk' }, { quantity: 'many' }, 422],
  ['a cart that is to be ordered', 'POST', 'orders', { 'X-Cart-Token': 'junk' }, {}, 422],
  ['an order', 'PATCH', `orders/${newId(NOW)}/cancel`, { 'X-Order-Token': 'junk' }, {}, 404],
  ['a login', 'POST', 'addresses', { Authorization: 'Bearer junk' }, ADDRESS, 401],
])('whoever made up the token of %s', async (_what, method, path, headers, json, status) => {
  const before = await rows();
  const send = () => ask(method, path, { headers: { ...headers, 'Idempotency-Key': 'of-nobody' }, json });
  const [first, again] = [await send(), await send()];
  expect([first.status, again.status]).toEqual([status, status]);
  expect(again.headers.has('Idempotent-Replayed')).toBe(false);
  expect(await rows()).toBe(before);
});

test('an answer to somebody stays, a refusal too', async () => {
  const { bearer } = await person(database.db);
  const variant = await stockedVariant(database.db, 5);
  const key = () => ({ 'Idempotency-Key': randomUUID() });
  const customers = { ...bearer, ...key() };
  const guests = key();
  const added = await ask('POST', 'cart/items', { json: { variantId: variant.id, quantity: 1 } });
  const token = { 'X-Cart-Token': added.body.cartToken };
  const line = { variantId: variant.id, quantity: 1 };
  const address = `addresses/${newId(NOW)}`;
  for (const replayed of ['false', 'true']) {
    const refused = await ask('DELETE', address, { headers: customers });
    expect([refused.status, refused.headers.get('Idempotent-Replayed') ?? 'false']).toEqual([404, replayed]);
    const kept = await ask('POST', 'cart/items', { headers: { ...token, ...guests }, json: line });
    expect([kept.status, kept.headers.get('Idempotent-Replayed') ?? 'false']).toEqual([200, replayed]);
  }
});
