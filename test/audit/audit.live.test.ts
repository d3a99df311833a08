// The audit: what is in it, who may read it, and that nobody can take anything out of it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { auditRoutes } from '../../src/audit/routes.ts';
import { accountArea } from '../../src/http/areas.ts';
import { createRouter } from '../../src/http/router.ts';
import { appendAct } from '../../src/platform/audit.ts';
import { hashPassword } from '../../src/platform/passwords.ts';
import { machine, person } from '../accounts/people.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';

const PASSWORD = 'correct horse battery staple';

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());

function shop() {
  const { db } = database;
  const { app } = floor(
    (deps) => createRouter().route('/', accountArea(deps)).route('/', auditRoutes(deps)),
    {},
    { db, record: (act) => appendAct(db, act) },
  );
  return async (path: string, headers: Record<string, string> = {}, json?: unknown) => {
    const sent = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) };
    const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
    const answer = await app.request(`/api/v1/${path}`, { ...sent, headers: { ...type, ...headers } });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  };
}

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
    const send = shop();
    const { id, email } = await person(database.db);
    const credential = { id: randomUUID(), userId: id, providerId: 'credential', accountId: id };
    await database.db
      .insertInto('accounts')
      .values({ ...credential, password: await hashPassword(PASSWORD) })
      .execute();
    const requestId = randomUUID();
    await send('auth/login', { 'X-Request-Id': requestId }, { email, password: 'not-it' });
    await send('auth/login', {}, { email: `nobody-${email}`, password: 'not-it' });
    const { body } = await send('auth/login', {}, { email, password: PASSWORD });
    await send('auth/logout', { Authorization: `Bearer ${body.accessToken}` }, {});
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
    const send = shop();
    const admin = (await person(database.db, { role: 'admin' })).bearer;
    const actor = `user:${randomUUID()}`;
    const now = Date.now();
    for (let at = 0; at < 5; at += 1) {
      await entry({ actor, action: at % 2 === 0 ? 'even' : 'odd', subject: `order:${at}`, now: new Date(now + at) });
    }
    const pages: string[][] = [];
    for (let cursor = ''; ; ) {
      const { body } = await send(`admin/audit?actor=${actor}&limit=2${cursor && `&cursor=${cursor}`}`, admin);
      pages.push(body.items.map(({ subject }: { subject: string }) => subject));
      if (body.nextCursor === null) break;
      cursor = body.nextCursor;
    }
    expect(pages).toEqual([['order:4', 'order:3'], ['order:2', 'order:1'], ['order:0']]);
    const odd = await send(`admin/audit?actor=${actor}&action=odd`, admin);
    expect(odd.body.items.length).toBe(2);
    const one = await send('admin/audit?subject=order:3', admin);
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
    expect((await send('admin/audit?who=me', admin)).status).toBe(422);
    expect((await send('admin/audit?cursor=x', admin)).status).toBe(422);
  });

  test('is for admins, people and machines, and for nobody else', async () => {
    const send = shop();
    expect((await send('admin/audit')).status).toBe(401);
    for (const role of ['customer', 'inventory', 'admin'] as const) {
      const expected = role === 'admin' ? 200 : 403;
      expect((await send('admin/audit', (await person(database.db, { role })).bearer)).status).toBe(expected);
      expect((await send('admin/audit', (await machine(database.db, { role })).headers)).status).toBe(expected);
    }
  });
});
