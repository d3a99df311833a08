// What deciding about users waits for: admins for each other, because the last of them must stay; nobody else for an admin.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { userRoutes } from '../../src/accounts/user-routes.ts';
import { type Ask, asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { waitingForLocks } from './door.ts';
import { person } from './people.ts';

let database: OwnDatabase;
let ask: Ask;
beforeAll(async () => {
  database = await ownDatabase();
  ask = asking(floor((deps) => userRoutes(deps, () => Promise.resolve()), {}, { db: database.db }).app);
});
afterAll(() => database.leave());
/** Nobody administers the shop but those whom a test makes. */
beforeEach(async () => {
  await database.db.updateTable('users').set({ role: 'customer' }).execute();
});

test('a customer leaves, and is given a role, while the row of an admin is locked by somebody else', async () => {
  const { db } = database;
  const [admin, leaver, other] = [await person(db, { role: 'admin' }), await person(db), await person(db)];
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom('users').select('id').where('id', '=', admin.id).forUpdate().execute();
    expect((await ask('DELETE', 'users/me', { headers: leaver.bearer })).status).toBe(204);
    const promoted = await ask('PATCH', `users/${other.id}`, { headers: admin.bearer, json: { role: 'admin' } });
    expect(promoted).toMatchObject({ status: 200, body: { role: 'admin' } });
  });
});

test.each([
  ['leaves', 'DELETE', 'users/me', undefined],
  ['is shut out', 'PATCH', 'one', { active: false }],
] as const)('a customer who %s just as they become the only admin stays', async (_what, method, path, json) => {
  const { db } = database;
  const [admin, heir] = [await person(db, { role: 'admin' }), await person(db)];
  const asked = await db.transaction().execute(async (tx) => {
    await tx.updateTable('users').set({ role: 'admin' }).where('id', '=', heir.id).execute();
    await tx.updateTable('users').set({ role: 'customer' }).where('id', '=', admin.id).execute();
    const [to, { bearer }] = path === 'one' ? [`users/${heir.id}`, admin] : [path, heir];
    const answer = ask(method, to, { headers: bearer, json });
    await waitingForLocks(db, 1);
    return { answer };
  });
  expect(await asked.answer).toMatchObject({ status: 409, body: { code: 'last_admin' } });
});
