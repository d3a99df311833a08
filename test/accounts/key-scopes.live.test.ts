// What an API key is for: scopes that are chosen when it is made, beside a role of the staff. (That each route asks for its own is
// held by test/http/access.)
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { FileMigrationProvider, Migrator } from 'kysely/migration';
import { SCOPES, SCOPES_OF, type StaffRole } from '../../src/accounts/rules.ts';
import { createApp } from '../../src/http/app.ts';
import { AREAS } from '../../src/http/areas.ts';
import { newId } from '../../src/platform/ids.ts';
import { type Ask, asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { person } from './people.ts';

let database: OwnDatabase;
let ask: Ask;
let admin: { Authorization: string };
beforeAll(async () => {
  database = await ownDatabase();
  ask = asking(createApp(floor(null, {}, { db: database.db }).deps, AREAS));
  admin = (await person(database.db, { role: 'admin' })).bearer;
});
afterAll(() => database.leave());

const make = (json: object) => ask('POST', 'api-keys', { headers: admin, json: { name: 'Partner', ...json } });

describe('a new key', () => {
  test('is made once under its Idempotency-Key, and a retry gets it again', async () => {
    const headers = { ...admin, 'Idempotency-Key': 'a-new-key' };
    const send = () => ask('POST', 'api-keys', { headers, json: { name: 'Retried', role: 'admin' } });
    const [first, again] = [await send(), await send()];
    expect([again.status, again.body]).toEqual([201, first.body]);
    const stored = database.db.selectFrom('apiKeys').select('id').where('name', '=', 'Retried');
    expect(await stored.execute()).toEqual([{ id: first.body.id }]);
  });

  test('is for the scopes that were chosen and no others, and the list and the audit tell them', async () => {
    const made = await make({ role: 'admin', scopes: ['orders:read', 'audit:read'] });
    expect(made).toMatchObject({ status: 201, body: { role: 'admin', scopes: ['orders:read', 'audit:read'] } });
    const { id, key } = made.body;
    expect(await ask('GET', 'users', { headers: { 'X-API-Key': key } })).toMatchObject({
      status: 403,
      body: { code: 'forbidden', detail: expect.stringContaining('users:read') },
    });
    const listed = (await ask('GET', 'api-keys', { headers: admin })).body.items;
    expect(listed[0]).toMatchObject({ id, scopes: ['orders:read', 'audit:read'] });
    const acts = database.db.selectFrom('auditEntries').select('details').where('subject', '=', `key:${id}`);
    expect(await acts.execute()).toMatchObject([{ details: { scopes: 'orders:read audit:read' } }]);
  });

  test.each<[StaffRole, readonly string[]]>([
    ['admin', SCOPES],
    ['inventory', ['inventory:read', 'inventory:write']],
  ])('of the role %s has all scopes of its role where none is named', async (role, scopes) => {
    expect(await make({ role })).toMatchObject({ status: 201, body: { role, scopes } });
  });

  test.each<[string, object, string]>([
    ['is for nothing', { role: 'admin', scopes: [] }, 'scopes'],
    ['is for what there is not', { role: 'admin', scopes: ['orders:delete'] }, 'scopes.0'],
    ['would write users', { role: 'admin', scopes: ['users:write'] }, 'scopes.0'],
    ['names a scope twice', { role: 'admin', scopes: ['audit:read', 'audit:read'] }, 'scopes'],
    ['is for more than its role', { role: 'inventory', scopes: ['inventory:read', 'orders:read'] }, 'scopes.1'],
    ['is a customer', { role: 'customer' }, 'role'],
  ])('that %s is refused, and the field is named', async (_why, json, field) => {
    expect(await make(json)).toMatchObject({ status: 422, body: { errors: [{ path: field }] } });
  });
});

test('keys from before scopes have all of their role, and those that acted as customers are gone', async () => {
  const before = await ownDatabase();
  const { db } = before;
  const migrationFolder = path.resolve('migrations');
  const migrator = new Migrator({ db, provider: new FileMigrationProvider({ fs, path, migrationFolder }) });
  try {
    expect((await migrator.migrateTo('0021_api_keys')).error).toBeUndefined();
    const { id: createdBy } = await person(db, { role: 'admin' });
    for (const [at, role] of ['customer', 'inventory', 'admin'].entries()) {
      const hash = String(at).repeat(43);
      await sql`INSERT INTO api_keys (id, name, role, key_hash, created_by, created_at)
        VALUES (${newId(new Date())}, ${role}, ${role}, ${hash}, ${createdBy}, now())`.execute(db);
    }
    expect((await migrator.migrateToLatest()).error).toBeUndefined();
    const kept = await db.selectFrom('apiKeys').select(['role', 'scopes']).orderBy('role').execute();
    expect(kept.map(({ role, scopes }) => [role, scopes.toSorted()])).toEqual([
      ['admin', SCOPES.toSorted()],
      ['inventory', SCOPES_OF.inventory.toSorted()],
    ]);
  } finally {
    await before.leave();
  }
});
