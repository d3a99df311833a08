// How many addresses a customer keeps.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addressRoutes } from '../../src/addresses/routes.ts';
import { newId } from '../../src/platform/ids.ts';
import { person } from '../accounts/people.ts';
import { asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { NOW } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());

test('fifty, however many are sent at once; who forgets one may keep another', async () => {
  const ask = asking(floor(addressRoutes, {}, { db: database.db }).app);
  const { id: customerId, bearer: headers } = await person(database.db);
  const columns = { isDefault: false, createdAt: NOW, updatedAt: NOW };
  const rows = Array.from({ length: 45 }, () => ({ ...ADDRESS, id: newId(NOW), customerId, ...columns }));
  await database.db.insertInto('addresses').values(rows).execute();
  const add = () => ask('POST', 'addresses', { headers, json: ADDRESS });
  const answers = await Promise.all(Array.from({ length: 10 }, add));
  const refused = answers.filter(({ status }) => status === 422);
  expect([answers.filter(({ status }) => status === 201).length, refused.length]).toEqual([5, 5]);
  expect(refused[0]?.body.errors).toEqual([{ path: '', message: expect.stringContaining('50') }]);
  const { id } = answers.find(({ status }) => status === 201)?.body ?? {};
  expect((await ask('DELETE', `addresses/${id}`, { headers })).status).toBe(204);
  expect((await add()).status).toBe(201);
});
