// The audit: what is in it, who may read it, and that nobody can take anything out of it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { auditRoutes } from '../../src/audit/routes.ts';
import { accountArea } from '../../src/http/areas.ts';
import { createRouter } from '../../src/http/router.ts';
import { appendAct } from '../../src/platform/audit.ts';
import { account, bearer, machine, PASSWORD, person } from '../accounts/people.ts';
import { type Ask, asking, pagesOf } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';

let database: OwnDatabase;
let ask: Ask;
beforeAll(async () => {
  database = await ownDatabase();
  const { db } = database;
  const { app } = floor(
    (deps) => createRouter().route('/', accountArea(deps)).route('/', auditRoutes(deps)),
    {},
    { db, record: (act) => appendAct(db, act) },
  );
  ask = asking(app);
});
afterAll(() => database.leave());

async function entry(fields: Partial<Parameters<typeof appendAct>[1]> = {}): Promise<void> {
  await appendAct(database.db, { actor: 'user:x', action: 'tested', now: new Date(), ...fields });
}

describe('an entry', () => {
  test.each(['UPDATE audit_entries SET actor = $$nobody$$', 'DELETE FROM audit_entries', 'TRUNCATE audit_entries'])(
    'stays as it is: %s',
    async (statement) => {
      await entry();
      const rows = () => database.db.selectFrom('auditEntries').selectAll().orderBy('id').execute();
      const before = await rows();
      const attempts = [
        sql.raw(statement).execute(database.db),
        database.db.transaction().execute(async (tx) => {
          await sql`SET LOCAL session_replication_role = replica`.execute(tx);
          await sql.raw(statement).execute(tx);
        }),
      ];
      for (const attempt of attempts) await expect(attempt).rejects.toThrow('the audit is only ever added to');
      expect(await rows()).toEqual(before);
    },
  );

  test('tells of a login, one that was refused and a logout, and holds nothing that was typed', async () => {
    const { id, email } = await account(database.db);
    const requestId = randomUUID();
    const logIn = (json: object, headers = {}) => ask('POST', 'auth/login', { headers, json });
    await logIn({ email, password: 'not-it' }, { 'X-Request-Id': requestId });
    await logIn({ email: `nobody-${email}`, password: 'not-it' });
    const { body } = await logIn({ email, password: PASSWORD });
    await ask('POST', 'auth/logout', { headers: bearer(body.accessToken), json: {} });
    const { rows } = await sql<{ actor: string; action: string; subject: string | null; request_id: string }>`
      SELECT actor, action, subject, request_id FROM audit_entries WHERE action ~ '^log' ORDER BY id`.execute(
      database.db,
    );
    const me = `user:${id}`;
    expect(rows).toMatchObject([
      { actor: 'anonymous', action: 'login_failed', subject: me, requestId },
      { actor: 'anonymous', action: 'login_failed', subject: null },
      { actor: me, action: 'login', subject: me },
      { actor: me, action: 'logout', subject: me },
    ]);
    const everything = JSON.stringify(await database.db.selectFrom('auditEntries').selectAll().execute());
    for (const typed of [PASSWORD, 'not-it', email]) expect(everything).not.toContain(typed);
  });
});

describe('the list', () => {
  test('goes page by page, the newest first, and each filter takes what it names', async () => {
    const { bearer: headers } = await person(database.db, { role: 'admin' });
    const actor = `user:${randomUUID()}`;
    const now = Date.now();
    for (let at = 0; at < 5; at += 1) {
      await entry({ actor, action: at % 2 === 0 ? 'even' : 'odd', subject: `order:${at}`, now: new Date(now + at) });
    }
    const pages = await pagesOf(ask, `admin/audit?actor=${actor}&limit=2`, headers);
    expect(pages.map((page) => page.map(({ subject }) => subject))).toEqual([
      ['order:4', 'order:3'],
      ['order:2', 'order:1'],
      ['order:0'],
    ]);
    const odd = await ask('GET', `admin/audit?actor=${actor}&action=odd`, { headers });
    expect(odd.body.items.length).toBe(2);
    const one = await ask('GET', 'admin/audit?subject=order:3', { headers });
    expect(one.body.items).toEqual([
      {
        id: expect.any(String),
        actor,
        action: 'odd',
        subject: 'order:3',
        details: {},
        requestId: null,
        createdAt: new Date(now + 3).toISOString(),
      },
    ]);
    expect((await ask('GET', 'admin/audit?who=me', { headers })).status).toBe(422);
    expect((await ask('GET', 'admin/audit?cursor=x', { headers })).status).toBe(422);
  });

  test('is for admins, people and machines, and for nobody else', async () => {
    expect((await ask('GET', 'admin/audit')).status).toBe(401);
    for (const role of ['customer', 'inventory', 'admin'] as const) {
      const callers = [(await person(database.db, { role })).bearer, (await machine(database.db, { role })).headers];
      for (const headers of callers) {
        expect((await ask('GET', 'admin/audit', { headers })).status).toBe(role === 'admin' ? 200 : 403);
      }
    }
  });
});
