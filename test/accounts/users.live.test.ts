// Users over HTTP: a profile of one's own, what admins decide about others, and accounts that end.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { userRoutes } from '../../src/accounts/user-routes.ts';
import { requireRole } from '../../src/http/caller.ts';
import { createRouter } from '../../src/http/router.ts';
import { forgetCustomer } from '../../src/orders/customer-store.ts';
import { type Ask, asking, pagesOf } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow } from '../support/rows.ts';
import { type Credentials, givePassword, person } from './people.ts';

const QUARTER_MS = 900_000;

let database: OwnDatabase;
let ask: Ask;
beforeAll(async () => {
  database = await ownDatabase();
  const { app } = floor(
    (deps) => {
      const router = createRouter();
      router.route('/', userRoutes(deps, forgetCustomer));
      router.all('/admins', async (c) => c.json(await requireRole(c, deps, 'admin')));
      return router;
    },
    {},
    { db: database.db },
  );
  ask = asking(app);
});
afterAll(() => database.leave());
/** Nobody administers the shop but those whom a test makes. */
beforeEach(async () => {
  await database.db.updateTable('users').set({ role: 'customer' }).execute();
});

const read = (path: string, headers: Credentials) => ask('GET', path, { headers });
const patch = (path: string, headers: Credentials, json: unknown) => ask('PATCH', path, { headers, json });
const remove = (path: string, headers: Credentials) => ask('DELETE', path, { headers });
const admin = () => person(database.db, { role: 'admin' });
const actsOn = (id: string) =>
  database.db.selectFrom('auditEntries').selectAll().where('subject', '=', `user:${id}`).orderBy('id').execute();

describe('my profile', () => {
  test('is mine to read and to rename, and nothing else of it is mine to change', async () => {
    const { id, email, bearer } = await person(database.db);
    const me = { id, email, name: 'Ada', role: 'customer', emailVerified: false };
    expect(await read('users/me', bearer)).toMatchObject({ status: 200, body: me });
    expect((await patch('users/me', bearer, { name: ' Ada King ' })).body).toEqual({ ...me, name: 'Ada King' });
    for (const more of [{ role: 'admin' }, { email: 'a@b.example' }, { active: true }, { emailVerified: true }]) {
      expect((await patch('users/me', bearer, { name: 'Eve', ...more })).status).toBe(422);
    }
    expect((await read('users/me', bearer)).body.name).toBe('Ada King');
    expect((await read('users/me', {})).status).toBe(401);
  });

  test("ends with all sessions and without a trace of the person, but the orders stay, as nobody's", async () => {
    const { id, email, bearer, cookie } = await person(database.db);
    await givePassword(database.db, id);
    const orderId = await insertOrderRow(database.db, { customer_id: id, email });
    const gone = await ask('DELETE', 'users/me', { headers: { ...bearer, 'Idempotency-Key': randomUUID() }, json: {} });
    expect([gone.status, gone.text]).toEqual([204, '']);
    for (const headers of [bearer, cookie]) expect((await read('users/me', headers)).status).toBe(401);
    const { db } = database;
    const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(row).toMatchObject({ email: expect.stringMatching(/@deleted\.invalid$/), name: 'Deleted', active: false });
    expect(await db.selectFrom('accounts').select('id').where('userId', '=', id).execute()).toEqual([]);
    expect(await db.selectFrom('sessions').select('id').where('userId', '=', id).execute()).toEqual([]);
    const order = await db.selectFrom('orders').selectAll().where('id', '=', orderId).executeTakeFirstOrThrow();
    expect(order).toMatchObject({ customerId: null, email, total: 1_000 });
    expect(await actsOn(id)).toMatchObject([{ actor: `user:${id}`, action: 'user_deleted' }]);
    await db.insertInto('users').values({ id: randomUUID(), email, name: 'Another' }).execute();
  });

  test('does not end by a session that was left open', async () => {
    const { bearer } = await person(database.db, { loggedInAt: new Date(Date.now() - QUARTER_MS) });
    expect(await remove('users/me', bearer)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await read('users/me', bearer)).status).toBe(200);
  });
});

describe('an admin', () => {
  test('finds users page by page, and by how their address begins', async () => {
    const { bearer, id } = await admin();
    const beginning = randomUUID();
    const { db } = database;
    for (const end of ['a', 'b%', 'c_d']) {
      const email = `${beginning}-${end}@example.com`;
      await db.insertInto('users').values({ id: randomUUID(), email, name: 'Ada' }).execute();
    }
    const found = await read(`users?email=${beginning.toUpperCase()}`, bearer);
    expect(found.body.items.length).toBe(3);
    expect((await read(`users?email=${beginning}-c_`, bearer)).body.items.length).toBe(1);
    expect((await read(`users?email=${beginning}-%25`, bearer)).body.items).toEqual([]);
    const pages = await pagesOf(ask, 'users?limit=2', bearer);
    const everybody: string[] = pages.flat().map((user) => user.id);
    const rows = await db.selectFrom('users').select('id').where('deletedAt', 'is', null).execute();
    expect(everybody.toSorted()).toEqual(rows.map((row) => row.id).toSorted());
    expect(everybody).toContain(id);
  });

  test('gives a role that holds at the next request, and it is on record', async () => {
    const [boss, other] = [await admin(), await person(database.db)];
    expect((await read('admins', other.bearer)).status).toBe(403);
    const promoted = await patch(`users/${other.id}`, boss.bearer, { role: 'admin' });
    expect(promoted).toMatchObject({ status: 200, body: { id: other.id, role: 'admin', active: true } });
    expect((await read('admins', other.bearer)).status).toBe(200);
    expect((await patch(`users/${boss.id}`, other.bearer, { role: 'inventory' })).status).toBe(200);
    expect((await read('admins', boss.bearer)).status).toBe(403);
    expect(await actsOn(other.id)).toMatchObject([
      { actor: `user:${boss.id}`, action: 'role_changed', details: { from: 'customer', to: 'admin' } },
    ]);
    expect(await actsOn(boss.id)).toMatchObject([{ actor: `user:${other.id}`, details: { to: 'inventory' } }]);
  });

  test('shuts somebody out at once, whose sessions do not come back with them', async () => {
    const [boss, other] = [await admin(), await person(database.db)];
    expect((await patch(`users/${other.id}`, boss.bearer, { active: false })).body.active).toBe(false);
    for (const headers of [other.bearer, other.cookie]) expect((await read('users/me', headers)).status).toBe(401);
    expect((await patch(`users/${other.id}`, boss.bearer, { active: true })).body.active).toBe(true);
    for (const headers of [other.bearer, other.cookie]) expect((await read('users/me', headers)).status).toBe(401);
    expect((await actsOn(other.id)).map(({ action }) => action)).toEqual(['user_deactivated', 'user_activated']);
  });

  test('ends the account of somebody, who is then no user any more', async () => {
    const [boss, other] = [await admin(), await person(database.db)];
    expect((await remove(`users/${other.id}`, boss.bearer)).status).toBe(204);
    expect((await read('users/me', other.bearer)).status).toBe(401);
    const calls = [
      read(`users/${other.id}`, boss.bearer),
      patch(`users/${other.id}`, boss.bearer, { active: true }),
      remove(`users/${other.id}`, boss.bearer),
      read(`users/${randomUUID()}`, boss.bearer),
    ];
    for (const { status } of await Promise.all(calls)) expect(status).toBe(404);
  });

  test('who is the last one can neither step down, nor be shut out, nor go', async () => {
    const { id, bearer } = await admin();
    await database.db
      .updateTable('users')
      .set({ active: false })
      .where('id', '=', (await admin()).id)
      .execute();
    for (const answer of [
      await patch(`users/${id}`, bearer, { role: 'customer' }),
      await patch(`users/${id}`, bearer, { active: false }),
      await remove(`users/${id}`, bearer),
    ]) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'last_admin' } });
    }
    expect((await remove('users/me', bearer)).status).toBe(409);
    expect((await patch(`users/${id}`, bearer, { role: 'admin', active: true })).status).toBe(200);
    expect((await read('admins', bearer)).status).toBe(200);
    expect(await actsOn(id)).toEqual([]);
  });

  test('and another who dismiss each other at once leave one', async () => {
    for (let round = 0; round < 5; round += 1) {
      await database.db.updateTable('users').set({ role: 'customer' }).execute();
      const [one, two] = [await admin(), await admin()];
      const answers = await Promise.all([
        patch(`users/${one.id}`, two.bearer, { role: 'customer' }),
        round % 2 === 0
          ? remove(`users/${two.id}`, one.bearer)
          : patch(`users/${two.id}`, one.bearer, { active: false }),
      ]);
      expect(answers.filter(({ status }) => status < 300).length).toBe(1);
      const left = database.db.selectFrom('users').select('id').where('role', '=', 'admin').where('active', '=', true);
      expect((await left.execute()).length).toBe(1);
    }
  });

  test.each([[{}], [{ role: 'owner' }], [{ active: 'no' }], [{ email: 'a@b.example' }]])(
    'who sends %j is told what is wrong',
    async (json) => {
      const [boss, other] = [await admin(), await person(database.db)];
      expect((await patch(`users/${other.id}`, boss.bearer, json)).status).toBe(422);
    },
  );
});

test('whoever is no admin sees no other user, not even by their own id', async () => {
  const other = await person(database.db);
  for (const role of ['customer', 'inventory'] as const) {
    const { id, bearer } = await person(database.db, { role });
    for (const path of ['users', `users/${other.id}`, `users/${id}`]) {
      expect((await read(path, bearer)).status).toBe(403);
    }
    expect((await patch(`users/${id}`, bearer, { role: 'admin' })).status).toBe(403);
    expect((await remove(`users/${other.id}`, bearer)).status).toBe(403);
  }
});
