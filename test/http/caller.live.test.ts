// Who is calling, on the real tables: what a token is worth is decided by the database at each request.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Role } from '../../src/accounts/rules.ts';
import { findCaller, requireRole } from '../../src/http/caller.ts';
import { type AppRouter, createRouter } from '../../src/http/router.ts';
import { accessToken } from '../../src/platform/auth.ts';
import { type Credentials, person as login } from '../accounts/people.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { asking } from './asking.ts';
import { ENVIRONMENT, floor } from './floor.ts';

const SECRETS = [ENVIRONMENT.TOKEN_SECRET];
const NOW = new Date('2026-11-20T12:00:00Z');
const SOON = new Date('2026-11-20T12:15:00Z');
const ROLES: Role[] = ['customer', 'inventory', 'admin'];

let database: OwnDatabase;
let statements: string[] = [];
let now = NOW;
beforeAll(async () => {
  database = await ownDatabase((event) => statements.push(event.query.sql));
});
afterAll(() => database.leave());
beforeEach(() => {
  now = NOW;
});

/** Routes that ask for each role, and one that only wants to know. */
function shop(environment: Record<string, string> = {}): AppRouter {
  return floor(
    (deps) => {
      const router = createRouter();
      for (const role of ROLES) router.all(`/${role}`, async (c) => c.json(await requireRole(c, deps, role)));
      router.all('/anyone', async (c) => c.json((await findCaller(c, deps)) ?? null));
      return router;
    },
    environment,
    { db: database.db, clock: () => now },
  ).app;
}
const app = () => shop();

const person = (role: Role = 'customer') => login(database.db, { role, now: NOW });

const ask = (path: string, headers: Credentials, method = 'GET', router = app()) =>
  asking(router)(method, path, { headers });

describe.each(ROLES)('somebody whose role is %s', (role) => {
  test.each(ROLES)('is let through or refused where %s is needed, by token and by cookie alike', async (needed) => {
    const { id, email, bearer, cookie } = await person(role);
    const allowed = ROLES.indexOf(role) >= ROLES.indexOf(needed);
    for (const headers of [bearer, cookie]) {
      const { status, body } = await ask(needed, headers);
      expect(status).toBe(allowed ? 200 : 403);
      expect(body).toMatchObject(allowed ? { userId: id, email, role } : { code: 'forbidden' });
    }
  });
});

describe('without a valid login', () => {
  test('a request is 401 where a role is needed, and nobody elsewhere, and without credentials it costs no query', async () => {
    statements = [];
    expect(await ask('customer', {})).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await ask('anyone', {})).toMatchObject({ status: 200, body: null });
    expect(await ask('anyone', { Cookie: 'cart_token=cart_1', Authorization: '' })).toMatchObject({
      status: 200,
      body: null,
    });
    expect(statements).toEqual([]);
  });

  test('a token that is forged, cut, of another scheme or for something else is nobody, and costs no query', async () => {
    const { sessionId, bearer } = await person();
    const good = bearer.Authorization;
    const forged = accessToken(['another-secret-that-is-long-enough-too'], sessionId, SOON);
    const later = accessToken(SECRETS, sessionId, new Date('2027-01-01T00:00:00Z'));
    const [laterBody = ''] = later.split('.');
    const swapped = `${laterBody}.${good.split('.')[1]}`;
    statements = [];
    for (const value of [
      `Bearer ${forged}`,
      `Bearer ${swapped}`,
      good.slice(0, -1),
      `${good}x`,
      good.replace('Bearer', 'Basic'),
      'Bearer',
      `Bearer ${sessionId}`,
      `Bearer order_${'a'.repeat(43)}`,
    ]) {
      expect([value, await ask('anyone', { Authorization: value })]).toMatchObject([
        value,
        { status: 200, body: null },
      ]);
    }
    expect(statements).toEqual([]);
  });

  test('a cookie of no session is nobody', async () => {
    const { sessionId } = await person();
    const { token_hash } = await database.db
      .selectFrom('sessions')
      .select('tokenHash as token_hash')
      .where('id', '=', sessionId)
      .executeTakeFirstOrThrow();
    for (const value of ['nonsense', token_hash, sessionId]) {
      expect(await ask('customer', { Cookie: `session=${value}` })).toMatchObject({ status: 401 });
    }
  });

  test('a wrong token is not made good by a good cookie beside it', async () => {
    const { cookie } = await person();
    expect(await ask('customer', { ...cookie, Authorization: 'Bearer wrong' })).toMatchObject({ status: 401 });
  });
});

describe('a login', () => {
  test('ends with the token after 15 minutes, and with the session after its 7 days', async () => {
    const { bearer, cookie } = await person();
    now = new Date(SOON.getTime() - 1);
    expect(await ask('customer', bearer)).toMatchObject({ status: 200 });
    now = SOON;
    expect(await ask('customer', bearer)).toMatchObject({ status: 401 });
    expect(await ask('customer', cookie)).toMatchObject({ status: 200 });
    now = new Date('2026-11-27T12:00:00Z');
    expect(await ask('customer', cookie)).toMatchObject({ status: 401 });
  });

  test('outlives a rotation of the secret as long as the old one is still listed', async () => {
    const { bearer } = await person();
    const fresh = 'the-new-secret-that-is-long-enough-as-well';
    const during = shop({ TOKEN_SECRET: `${fresh},${ENVIRONMENT.TOKEN_SECRET}` });
    expect(await ask('customer', bearer, 'GET', during)).toMatchObject({ status: 200 });
    expect(await ask('customer', bearer, 'GET', shop({ TOKEN_SECRET: fresh }))).toMatchObject({ status: 401 });
  });

  test('has the role that its user has now, not the one of the time of the login', async () => {
    const { bearer, cookie, id } = await person('admin');
    const { db } = database;
    await db.updateTable('users').set({ role: 'inventory' }).where('id', '=', id).execute();
    for (const headers of [bearer, cookie]) {
      expect([(await ask('admin', headers)).status, (await ask('inventory', headers)).status]).toEqual([403, 200]);
    }
    await db.updateTable('users').set({ role: 'admin' }).where('id', '=', id).execute();
    for (const headers of [bearer, cookie]) expect(await ask('admin', headers)).toMatchObject({ status: 200 });
  });

  test('is nobody at the next request after its user was deactivated, or the session ended', async () => {
    const [deactivated, ended] = [await person(), await person()];
    const { db } = database;
    await db.updateTable('users').set({ active: false }).where('id', '=', deactivated.id).execute();
    await db.deleteFrom('sessions').where('id', '=', ended.sessionId).execute();
    for (const headers of [deactivated.bearer, deactivated.cookie, ended.bearer, ended.cookie]) {
      expect(await ask('customer', headers)).toMatchObject({ status: 401 });
      expect(await ask('anyone', headers)).toMatchObject({ status: 200, body: null });
    }
  });

  test('costs one query', async () => {
    const { bearer, cookie } = await person();
    statements = [];
    await ask('customer', bearer);
    await ask('customer', cookie);
    expect(statements.length).toBe(2);
  });
});

describe('a browser that sends the cookie', () => {
  const pages = ['https://evil.test', 'http://shop.test:8080', 'https://shop.test', 'null'];

  test.each(pages)('for a page of %s may read, but not write', async (Origin) => {
    const { cookie } = await person();
    expect(await ask('customer', { ...cookie, Origin })).toMatchObject({ status: 200 });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of ['customer', 'anyone']) {
        expect(await ask(path, { ...cookie, Origin }, method)).toMatchObject({
          status: 403,
          body: { code: 'forbidden' },
        });
      }
    }
  });

  test('writes for our own pages, those that CORS_ORIGINS lists, and where no page is behind it', async () => {
    const { cookie } = await person();
    const own = shop({ PUBLIC_URL: 'https://shop.example', CORS_ORIGINS: 'https://partner.example' });
    const allowed = async (headers: Record<string, string>, router: AppRouter) =>
      (await ask('customer', { ...cookie, ...headers }, 'POST', router)).status;
    expect(await allowed({ Origin: 'http://shop.test' }, app())).toBe(200);
    expect(await allowed({ Origin: 'https://shop.example' }, own)).toBe(200);
    expect(await allowed({ Origin: 'https://partner.example' }, own)).toBe(200);
    expect(await allowed({ Origin: 'http://shop.test' }, own)).toBe(403);
    expect(await allowed({}, own)).toBe(200);
  });

  test('needs no origin where a token is sent: no page can make a browser send one', async () => {
    const { bearer } = await person();
    expect(await ask('customer', { ...bearer, Origin: 'https://evil.test' }, 'POST')).toMatchObject({ status: 200 });
  });
});
