// The addresses that a customer keeps, through the app on the real tables.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addressRoutes } from '../../src/addresses/routes.ts';
import { type Person, person } from '../accounts/people.ts';
import { type Ask, asking, pagesOf } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { ADDRESS } from '../support/shopper.ts';

let database: OwnDatabase;
let ask: Ask;

beforeAll(async () => {
  database = await ownDatabase();
  ask = asking(floor(addressRoutes, {}, { db: database.db }).app);
});
afterAll(() => database.leave());

const customer = () => person(database.db);
const add = (who: Person, more: Record<string, unknown> = {}) =>
  ask('POST', 'addresses', { headers: who.bearer, json: { ...ADDRESS, ...more } });
const change = (who: Person, id: string, json: unknown, method = 'PATCH') =>
  ask(method, `addresses/${id}`, { headers: who.bearer, json });
const remove = (who: Person, id: string) => ask('DELETE', `addresses/${id}`, { headers: who.bearer });

interface Saved {
  id: string;
  city: string;
  isDefault: boolean;
}

async function all(who: Person): Promise<Saved[]> {
  return (await ask('GET', 'addresses', { headers: who.bearer })).body.items;
}

async function defaults(who: Person): Promise<string[]> {
  return (await all(who)).filter(({ isDefault }) => isDefault).map(({ id }) => id);
}

test('an address is kept, read, changed and forgotten', async () => {
  const who = await customer();
  const added = await add(who, { line2: 'Second floor', phone: '+44 20 7946 0000' });
  expect(added).toMatchObject({ status: 201, body: { ...ADDRESS, line2: 'Second floor', isDefault: true } });
  const { id } = added.body;
  expect(added.headers.get('Location')).toBe(`/api/v1/addresses/${id}`);
  expect((await ask('GET', `addresses/${id}`, { headers: who.cookie })).body).toEqual(added.body);
  for (const method of ['PATCH', 'PUT']) {
    const changed = await change(who, id, { city: method, line2: null }, method);
    expect(changed).toMatchObject({ status: 200, body: { id, ...ADDRESS, city: method, phone: '+44 20 7946 0000' } });
    expect(changed.body.line2).toBeUndefined();
  }
  expect(await all(who)).toMatchObject([{ id, city: 'PUT' }]);
  expect((await remove(who, id)).status).toBe(204);
  expect([(await remove(who, id)).status, await all(who)]).toEqual([404, []]);
});

test('a list goes by pages, newest first', async () => {
  const who = await customer();
  const ids: string[] = [];
  for (let at = 0; at < 5; at += 1) ids.push((await add(who)).body.id);
  const pages = await pagesOf(ask, 'addresses?limit=2', who.bearer);
  expect(pages.flat().map(({ id }: Saved) => id)).toEqual(ids.toSorted().toReversed());
  expect((await ask('GET', 'addresses?cursor=x', { headers: who.bearer })).status).toBe(422);
});

test("somebody else's address is not there, and nobody's without a login", async () => {
  const [who, other] = [await customer(), await customer()];
  const { id } = (await add(who)).body;
  expect((await ask('GET', `addresses/${id}`, { headers: other.bearer })).status).toBe(404);
  expect((await change(other, id, { isDefault: true })).status).toBe(404);
  expect((await change(other, id, { city: 'Paris' }, 'PUT')).status).toBe(404);
  expect((await remove(other, id)).status).toBe(404);
  for (const [method, path, json] of [
    ['GET', 'addresses'],
    ['POST', 'addresses', ADDRESS],
    ['GET', `addresses/${id}`],
    ['PATCH', `addresses/${id}`, {}],
    ['PUT', `addresses/${id}`, {}],
    ['DELETE', `addresses/${id}`],
  ] as const) {
    expect([method, (await ask(method, path, { json })).status]).toEqual([method, 401]);
  }
  expect(await all(who)).toMatchObject([{ id, city: ADDRESS.city, isDefault: true }]);
  expect(await all(other)).toEqual([]);
});

test.each(['id', 'customerId', 'userId', 'role', 'createdAt'])('nobody can say the %s of an address', async (field) => {
  const who = await customer();
  const { id } = (await add(who)).body;
  const refusal = { status: 422, body: { errors: [{ path: field, message: 'is not known here' }] } };
  expect(await add(who, { [field]: randomUUID() })).toMatchObject(refusal);
  expect(await change(who, id, { [field]: randomUUID() })).toMatchObject(refusal);
});

describe('an address that cannot be', () => {
  test.each([
    ['a country that is none', { country: 'XX' }, 'country'],
    ['a country by a code that is reserved only', { country: 'UK' }, 'country'],
    ['a country in small letters', { country: 'gb' }, 'country'],
    ["another country's postal code", { country: 'DE' }, 'postalCode'],
    ['no region in the United States', { country: 'US', postalCode: '94103' }, 'region'],
    ['no name', { name: ' ' }, 'name'],
    ['a control character', { city: 'Lon\u0000don' }, 'city'],
    ['a card number', { line1: '4242 4242 4242 4242' }, 'line1'],
    ['a phone that is none', { phone: 'x'.repeat(41) }, 'phone'],
  ])('because of %s is refused by its field, new or changed', async (_name, wrong, path) => {
    const who = await customer();
    const { id } = (await add(who)).body;
    for (const refused of [await add(who, wrong), await change(who, id, wrong)]) {
      expect(refused.status).toBe(422);
      expect(refused.body.errors.map((error: { path: string }) => error.path)).toEqual([path]);
    }
    expect(await all(who)).toMatchObject([{ id, ...ADDRESS }]);
  });

  test('because of what a change leaves behind is refused', async () => {
    const who = await customer();
    const { id } = (await add(who, { country: 'US', postalCode: '94103', region: 'CA' })).body;
    expect((await change(who, id, { region: null })).body.errors).toMatchObject([{ path: 'region' }]);
    expect((await change(who, id, { country: 'GB' })).body.errors).toMatchObject([{ path: 'postalCode' }]);
    expect((await change(who, id, { country: 'GB', postalCode: 'SW1Y 4JH', region: null })).status).toBe(200);
  });
});

describe('exactly one address is the default', () => {
  test('the first, then the one that was made it, and after it was forgotten the newest of the others', async () => {
    const who = await customer();
    const [first, second, third] = [await add(who), await add(who), await add(who)].map(({ body }) => body.id);
    expect(await defaults(who)).toEqual([first]);
    const fourth = (await add(who, { isDefault: true })).body.id;
    expect(await defaults(who)).toEqual([fourth]);
    expect((await change(who, second, { isDefault: true })).body).toMatchObject({ id: second, isDefault: true });
    expect(await defaults(who)).toEqual([second]);
    expect((await change(who, first, { isDefault: false })).status).toBe(200);
    expect((await change(who, second, { isDefault: false })).body.errors).toMatchObject([{ path: 'isDefault' }]);
    await remove(who, first);
    expect(await defaults(who)).toEqual([second]);
    await remove(who, second);
    expect(await defaults(who)).toEqual([fourth]);
    await Promise.all([remove(who, fourth), remove(who, third)]);
    expect(await all(who)).toEqual([]);
    expect((await add(who)).body.isDefault).toBe(true);
  });

  test('whoever adds, chooses and forgets at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const who = await customer();
      const added = await Promise.all(Array.from({ length: 6 }, (_, at) => add(who, { isDefault: at % 2 === 1 })));
      expect(added.map(({ status }) => status)).toEqual(added.map(() => 201));
      expect(await defaults(who)).toHaveLength(1);
      const [gone, ...kept] = added.map(({ body }) => body.id);
      await Promise.all([remove(who, gone), ...kept.map((id) => change(who, id, { isDefault: true })), add(who)]);
      expect(await defaults(who)).toHaveLength(1);
      await Promise.all(kept.slice(1).map((id) => remove(who, id)));
      expect(await defaults(who)).toHaveLength(1);
    }
  });

  test('and the database refuses two', async () => {
    const who = await customer();
    await add(who);
    await add(who);
    const both = database.db.updateTable('addresses').set({ isDefault: true }).where('customerId', '=', who.id);
    await expect(both.execute()).rejects.toThrow('addresses_one_default');
  });
});

test('a write that is repeated under its Idempotency-Key is done once', async () => {
  const who = await customer();
  const headers = { ...who.bearer, 'Idempotency-Key': randomUUID() };
  const [first, again] = [
    await ask('POST', 'addresses', { headers, json: ADDRESS }),
    await ask('POST', 'addresses', { headers, json: ADDRESS }),
  ];
  expect(again.body).toEqual(first.body);
  expect(await all(who)).toHaveLength(1);
});
