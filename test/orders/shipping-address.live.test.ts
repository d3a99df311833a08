// Where an order goes: to an address that is one of its country, whoever sends it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { person } from '../accounts/people.ts';
import { type Answers, askedShop } from '../http/asked-shop.ts';
import { type Ask } from '../http/asking.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { ADDRESS } from '../support/shopper.ts';

let database: OwnDatabase;
let ask: Ask;
beforeAll(async () => {
  database = await ownDatabase();
  const answers: Answers = () => ({ outcome: 'refused', refusal: { code: 'cart_empty' } });
  ask = Object.assign(askedShop(database.db), { answers }).ask;
});
afterAll(() => database.leave());

const US = { ...ADDRESS, city: 'Arlington', region: 'VA', postalCode: '22202', country: 'US' };
const { region: _region, ...NOWHERE } = { ...US, postalCode: 'XX' };

async function submit(path: string, headers: Record<string, string>, shippingAddress: unknown) {
  const json = { paymentMethod: 'cod', email: 'ada@example.com', shippingAddress };
  return ask('POST', path, { headers: { 'Idempotency-Key': randomUUID(), ...headers }, json });
}

test.each(['orders', 'orders/checkout'])(
  'POST /%s refuses one that is none of its country, of guests and customers',
  async (path) => {
    const { bearer } = await person(database.db);
    for (const headers of [{ 'X-Cart-Token': 'cart_1' }, bearer]) {
      const refused = await submit(path, headers, NOWHERE);
      expect([refused.status, refused.body.code]).toEqual([422, 'validation_failed']);
      expect(refused.body.errors).toMatchObject([
        { path: 'shippingAddress.postalCode' },
        { path: 'shippingAddress.region' },
      ]);
      // Past the judgement: there is no such cart.
      expect((await submit(path, headers, US)).status).toBe(404);
    }
  },
);
