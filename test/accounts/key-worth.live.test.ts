// What an API key is worth at each request: never more than its maker is then, and never enough to make or change a user.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../src/http/app.ts';
import { AREAS } from '../../src/http/areas.ts';
import { type Ask, asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { person } from './people.ts';

let database: OwnDatabase;
let ask: Ask;
beforeAll(async () => {
  database = await ownDatabase();
  ask = asking(createApp(floor(null, {}, { db: database.db }).deps, AREAS));
});
afterAll(() => database.leave());

/** Two admins, and the key that the first has made. */
async function keyOfAnAdmin() {
  const [maker, other] = [await person(database.db, { role: 'admin' }), await person(database.db, { role: 'admin' })];
  const json = { name: 'Backup', role: 'admin' };
  const made = await ask('POST', 'api-keys', { headers: maker.bearer, json });
  expect(made.status).toBe(201);
  const key = { 'X-API-Key': made.body.key as string };
  expect((await ask('GET', 'users', { headers: key })).status).toBe(200);
  const decide = (decision: object) => ask('PATCH', `users/${maker.id}`, { headers: other.bearer, json: decision });
  return { maker, other, key, decide };
}

describe('a key', () => {
  test.each(['customer', 'inventory'] as const)(
    'is worth what its maker is: nothing of an admin when they are %s, and all again when they are admin again',
    async (role) => {
      const { key, decide } = await keyOfAnAdmin();
      await decide({ role });
      expect(await ask('GET', 'users', { headers: key })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      await decide({ role: 'admin' });
      expect((await ask('GET', 'users', { headers: key })).status).toBe(200);
    },
  );

  test('is none while its maker is shut out, and never again when they have gone', async () => {
    const { maker, other, key, decide } = await keyOfAnAdmin();
    await decide({ active: false });
    expect((await ask('GET', 'users', { headers: key })).status).toBe(401);
    await decide({ active: true });
    expect((await ask('GET', 'users', { headers: key })).status).toBe(200);
    expect((await ask('DELETE', `users/${maker.id}`, { headers: other.bearer })).status).toBe(204);
    expect((await ask('GET', 'users', { headers: key })).status).toBe(401);
  });

  test('changes no user and ends none: that takes an admin who is a person', async () => {
    const { maker, other, key } = await keyOfAnAdmin();
    for (const { id } of [maker, other]) {
      for (const [method, json] of [
        ['PATCH', { role: 'customer' }],
        ['PATCH', { active: false }],
        ['DELETE', {}],
      ] as const) {
        const answer = await ask(method, `users/${id}`, { headers: key, json });
        expect([method, answer]).toMatchObject([method, { status: 403, body: { code: 'forbidden' } }]);
      }
      const row = database.db.selectFrom('users').select(['role', 'active']).where('id', '=', id);
      expect(await row.executeTakeFirst()).toEqual({ role: 'admin', active: true });
    }
  });
});
