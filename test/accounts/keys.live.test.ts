// API keys: made by admins for machines, worth what their role is worth, and nothing once they are over or revoked.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { keyRoutes } from '../../src/accounts/key-routes.ts';
import { userRoutes } from '../../src/accounts/user-routes.ts';
import { accountArea } from '../../src/http/areas.ts';
import { findCaller, requireActor } from '../../src/http/caller.ts';
import { createRouter } from '../../src/http/router.ts';
import { type Ask, asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { until } from '../support/wait.ts';
import { machine, person } from './people.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const MINUTE_MS = 60_000;

let database: OwnDatabase;
let ask: Ask;
let statements: string[] = [];
let now = NOW;
beforeAll(async () => {
  database = await ownDatabase((event) => statements.push(event.query.sql));
  const { app } = floor(
    (deps) => {
      const router = createRouter();
      router.all('/staff', async (c) => c.json(await requireActor(c, deps, 'inventory')));
      router.all('/admins', async (c) => c.json(await requireActor(c, deps, 'admin')));
      router.all('/anyone', async (c) => c.json((await findCaller(c, deps)) ?? null));
      for (const part of [keyRoutes(deps), accountArea(deps), userRoutes(deps, () => Promise.resolve())])
        router.route('/', part);
      return router;
    },
    {},
    { db: database.db, clock: () => now },
  );
  ask = asking(app);
});
afterAll(() => database.leave());

test('a key is shown once, works until it is revoked, and stands nowhere as it is', async () => {
  const admin = await person(database.db, { role: 'admin', now });
  const wanted = { name: 'Scanner', role: 'inventory' };
  const made = await ask('POST', 'api-keys', { headers: admin.bearer, json: wanted });
  const { key, id } = made.body;
  expect(made).toMatchObject({
    status: 201,
    body: { ...wanted, id: expect.any(String), key: expect.stringMatching(/^perdure_[\w-]{43}$/), expiresAt: null },
  });
  const headers = { 'X-API-Key': key };
  const staff = await ask('GET', 'staff', { headers });
  expect([staff.status, staff.body]).toEqual([200, { name: `key:${id}`, role: 'inventory' }]);
  expect((await ask('GET', 'admins', { headers })).status).toBe(403);

  const listed = await ask('GET', 'api-keys', { headers: admin.bearer });
  expect(listed.body.items).toMatchObject([{ ...wanted, id, createdBy: admin.id }]);
  const rows = await database.db.selectFrom('apiKeys').selectAll().execute();
  expect(JSON.stringify([listed.body, rows])).not.toContain(key.slice('perdure_'.length));

  expect((await ask('DELETE', `api-keys/${id}`, { headers: admin.bearer })).status).toBe(204);
  expect((await ask('GET', 'staff', { headers })).status).toBe(401);
  expect((await ask('DELETE', `api-keys/${id}`, { headers: admin.bearer })).status).toBe(404);
  const acts = await database.db.selectFrom('auditEntries').selectAll().where('subject', '=', `key:${id}`).execute();
  expect(acts).toMatchObject([
    { actor: `user:${admin.id}`, action: 'api_key_created', details: wanted },
    { actor: `user:${admin.id}`, action: 'api_key_revoked' },
  ]);
});

test('a key is over at its time, and cannot be made for the past', async () => {
  const { headers } = await machine(database.db, { now, expiresAt: new Date(NOW.getTime() + MINUTE_MS) });
  expect((await ask('GET', 'admins', { headers })).status).toBe(200);
  now = new Date(NOW.getTime() + MINUTE_MS);
  expect((await ask('GET', 'admins', { headers })).status).toBe(401);
  now = NOW;
  const admin = await person(database.db, { role: 'admin', now });
  const json = { name: 'Late', role: 'admin', expiresAt: NOW.toISOString() };
  expect(await ask('POST', 'api-keys', { headers: admin.bearer, json })).toMatchObject({ status: 422 });
  const later = { ...json, expiresAt: '2026-11-20T13:00:01+01:00' };
  expect(await ask('POST', 'api-keys', { headers: admin.bearer, json: later })).toMatchObject({
    status: 201,
    body: { expiresAt: '2026-11-20T12:00:01.000Z' },
  });
});

test('a wrong key is 401, whatever good credentials are beside it, also where nobody needs any', async () => {
  const admin = await person(database.db, { role: 'admin', now });
  for (const credentials of [{}, admin.bearer, admin.cookie]) {
    for (const key of ['perdure_wrong', 'x'.repeat(5_000)]) {
      for (const path of ['staff', 'anyone', 'users/me', 'users']) {
        const answer = await ask('GET', path, { headers: { ...credentials, 'X-API-Key': key } });
        expect([path, answer]).toMatchObject([path, { status: 401, body: { code: 'unauthenticated' } }]);
      }
    }
  }
});

test('a key is no person: what needs one is 403, beside the credentials of a person, too', async () => {
  const { headers } = await machine(database.db, { now });
  const admin = await person(database.db, { role: 'admin', now });
  const calls = [
    ['users/me', 'GET'],
    ['users/me', 'DELETE'],
    ['auth/logout', 'POST'],
    ['api-keys', 'GET'],
    ['anyone', 'GET'],
  ] as const;
  for (const [path, method] of calls) {
    for (const beside of [{}, admin.bearer]) {
      const answer = await ask(method, path, { headers: { ...beside, ...headers } });
      expect([path, answer]).toMatchObject([path, { status: 403, body: { code: 'forbidden' } }]);
    }
  }
  expect((await ask('GET', 'users', { headers })).status).toBe(200);
});

test('when a key was last used is known to the minute, for one write a minute', async () => {
  const { id, headers } = await machine(database.db, { now });
  const lastUsed = async () =>
    (await database.db.selectFrom('apiKeys').select('lastUsedAt').where('id', '=', id).executeTakeFirst())?.lastUsedAt;
  const uses = async (at: number) => {
    now = new Date(NOW.getTime() + at);
    statements = [];
    await Promise.all(Array.from({ length: 5 }, () => ask('GET', 'staff', { headers })));
    await ask('GET', 'staff', { headers });
  };
  await uses(0);
  await until('the use is noted', async () => (await lastUsed())?.getTime() === NOW.getTime());
  await uses(MINUTE_MS - 1);
  expect(statements.filter((sql) => sql.startsWith('update'))).toEqual([]);
  await uses(MINUTE_MS);
  await until('the next use is noted', async () => (await lastUsed())?.getTime() === NOW.getTime() + MINUTE_MS);
  now = NOW;
});

test('only admins make, see and revoke keys', async () => {
  const { id } = await machine(database.db, { now });
  for (const role of ['customer', 'inventory'] as const) {
    const { bearer } = await person(database.db, { role, now });
    const json = { name: 'Mine', role: 'admin' };
    expect((await ask('POST', 'api-keys', { headers: bearer, json })).status).toBe(403);
    expect((await ask('GET', 'api-keys', { headers: bearer })).status).toBe(403);
    expect((await ask('DELETE', `api-keys/${id}`, { headers: bearer })).status).toBe(403);
  }
});
