// Logging in and out, through the whole app on the real tables.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createAuth } from '../../src/accounts/auth.ts';
import { accountRoutes } from '../../src/accounts/routes.ts';
import type { Role } from '../../src/accounts/rules.ts';
import { requireRole } from '../../src/http/caller.ts';
import { createRouter } from '../../src/http/router.ts';
import { deleteExpiredSessions } from '../../src/platform/auth.ts';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { hashPassword } from '../../src/platform/passwords.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { sharedServers } from '../support/servers.ts';
import { NO_GUESTS } from './door.ts';

const PASSWORD = 'correct horse battery staple';
const WEEK_MS = 7 * 86_400_000;

let database: OwnDatabase;
let passwordHash: string;
let statements: string[] = [];
const opened: Database[] = [];
beforeAll(async () => {
  database = await ownDatabase((event) => statements.push(event.query.sql));
  passwordHash = await hashPassword(PASSWORD);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.destroy()));
});
afterAll(() => database.leave());

/** An API process as far as logins go: routes of ours, one that needs a role, and a clock that the test moves. */
function shop(parts: { db?: Database; environment?: Record<string, string> } = {}) {
  const state = { now: new Date() };
  const { app, lines, deps } = floor(
    (all) => {
      const router = createRouter();
      router.route(
        '/',
        accountRoutes(all, NO_GUESTS, () => Promise.resolve()),
      );
      for (const role of ['customer', 'admin'] as const) {
        router.all(`/${role}`, async (c) => c.json(await requireRole(c, all, role)));
      }
      return router;
    },
    parts.environment,
    { db: parts.db ?? database.db, clock: () => state.now },
  );
  const send = async (path: string, json: unknown, headers: Record<string, string> = {}, method = 'POST') => {
    const body = json === undefined ? null : JSON.stringify(json);
    const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
    const answer = await app.request(`http://shop.test/api/v1/${path}`, {
      method,
      headers: { ...type, ...headers },
      body,
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: text === '' ? null : JSON.parse(text) };
  };
  const logIn = (email: string, password = PASSWORD) => send('auth/login', { email, password });
  return { send, logIn, state, lines, deps };
}

/** A process of its own in all but its address: another app, on another pool. @param timeout seconds for a statement */
function anotherProcess(timeout = 5): ReturnType<typeof shop> {
  const settings = {
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: 2,
    DATABASE_STATEMENT_TIMEOUT: timeout,
    DATABASE_LOCK_TIMEOUT: timeout,
  };
  const db = openDatabase(settings, floor(null).deps.logger);
  opened.push(db);
  return shop({ db });
}

async function person(columns: { role?: Role; active?: boolean; password?: string | null } = {}) {
  const { password = passwordHash, role = 'customer', active = true } = columns;
  const id = randomUUID();
  const email = `${id}@example.com`;
  await database.db.insertInto('users').values({ id, email, name: 'Ada', role, active, emailVerified: true }).execute();
  await database.db
    .insertInto('accounts')
    .values({ id: randomUUID(), userId: id, providerId: 'credential', accountId: id, password })
    .execute();
  return { id, email };
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** The session cookie that an answer sets: its value, and its attributes. */
function cookieOf(headers: Headers): { header: { Cookie: string }; value: string; attributes: string[] } {
  const set = headers.getSetCookie().find((one) => one.startsWith('session=')) ?? '';
  const [pair = '', ...attributes] = set.split('; ');
  return { header: { Cookie: pair }, value: pair.replace('session=', ''), attributes };
}

describe('the accounts of the demo shop', () => {
  test.each(['admin', 'inventory', 'customer'] as const)('%s logs in and is who it is', async (role) => {
    const { send, logIn } = shop();
    const password = sharedServers().passwords[`SEED_${role.toUpperCase()}_PASSWORD`] ?? '';
    const email = `${role}@perdure.test`;
    const { status, body, headers } = await logIn(email, password);
    expect(status).toBe(200);
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(body).toEqual({
      user: { id, email, name: expect.any(String), role, emailVerified: true },
      accessToken: expect.stringMatching(/^access_/),
      refreshToken: expect.stringMatching(/^session_[\w-]{43}$/),
      expiresIn: 900,
    });
    for (const credentials of [bearer(body.accessToken), cookieOf(headers).header]) {
      const caller = await send('customer', undefined, credentials, 'GET');
      expect(caller.body).toEqual({ userId: body.user.id, email, role });
      expect((await send('admin', undefined, credentials, 'GET')).status).toBe(role === 'admin' ? 200 : 403);
    }
  });
});

describe('a login', () => {
  test('lasts 15 minutes by its access token and 7 days by its cookie, which no script can read', async () => {
    const { email } = await person();
    const { send, logIn, state } = shop();
    const start = state.now.getTime();
    const { body, headers } = await logIn(email);
    const { header, attributes, value } = cookieOf(headers);
    expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=604800']));
    expect(attributes).not.toContain('Secure');
    expect(value).toBe(body.refreshToken);
    const at = async (ms: number, credentials: Record<string, string>) => {
      state.now = new Date(start + ms);
      return (await send('customer', undefined, credentials, 'GET')).status;
    };
    expect(await at(899_999, bearer(body.accessToken))).toBe(200);
    expect(await at(900_000, bearer(body.accessToken))).toBe(401);
    expect(await at(WEEK_MS - 1, header)).toBe(200);
    expect(await at(WEEK_MS, header)).toBe(401);
    await deleteExpiredSessions(database.db, new Date(start + WEEK_MS));
    expect(await database.db.selectFrom('sessions').select('id').execute()).toEqual([]);
  });

  test('gives a Secure cookie where the shop is reached over TLS', async () => {
    const { email } = await person();
    const { headers } = await shop({ environment: { PUBLIC_URL: 'https://shop.example' } }).logIn(email);
    expect(cookieOf(headers).attributes).toContain('Secure');
  });

  test('takes the address in any case, and its answer is not kept by anybody', async () => {
    const { email, id } = await person();
    const { status, body, headers } = await shop().logIn(email.toUpperCase());
    expect([status, body.user.id, body.user.email]).toEqual([200, id, email]);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('leaves no token and no password in the database, whatever else is sent along', async () => {
    const { email } = await person();
    const { send } = shop();
    const key = { 'Idempotency-Key': randomUUID(), 'X-Cart-Token': 'cart_of_somebody' };
    const { body } = await send('auth/login', { email, password: PASSWORD }, key);
    const { rows } = await sql<{ line: string }>`
      SELECT to_jsonb(sessions)::text AS line FROM sessions UNION ALL SELECT to_jsonb(accounts)::text FROM accounts
      UNION ALL SELECT to_jsonb(users)::text FROM users UNION ALL SELECT to_jsonb(idempotency_keys)::text FROM idempotency_keys
      UNION ALL SELECT to_jsonb(verifications)::text FROM verifications`.execute(database.db);
    const everything = rows.map(({ line }) => line).join('\n');
    expect(everything).toContain(email);
    for (const secret of [body.refreshToken, body.accessToken, body.refreshToken.slice(8, 40), PASSWORD]) {
      expect(everything).not.toContain(secret);
    }
  });

  test('leaves nothing secret in the logs, nor does one that fails', async () => {
    const { email } = await person();
    const { logIn, send, lines } = shop();
    const { body } = await logIn(email);
    await logIn(email, `${PASSWORD}!`);
    await logIn(`nobody-${email}`);
    await send('auth/logout', {}, bearer(body.accessToken));
    const log = JSON.stringify(lines);
    expect(lines.length).toBeGreaterThan(3);
    for (const secret of [body.refreshToken, body.accessToken, PASSWORD, email]) expect(log).not.toContain(secret);
  });

  test('beside many others of the same person opens as many sessions, each of which works', async () => {
    const { email, id } = await person();
    const [one, two] = [shop(), anotherProcess()];
    const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? one : two).logIn(email)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const tokens: string[] = answers.map(({ body }) => body.accessToken);
    expect(new Set(tokens).size).toBe(12);
    for (const token of tokens) {
      expect((await two.send('customer', undefined, bearer(token), 'GET')).body).toMatchObject({ userId: id });
    }
    const { count } = await database.db
      .selectFrom('sessions')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('userId', '=', id)
      .executeTakeFirstOrThrow();
    expect(count).toBe(12);
  });
});

describe('a login that is refused', () => {
  test('says the same for a wrong password, an unknown address, no password and a user who is not active', async () => {
    const [known, inactive, without] = [
      await person(),
      await person({ active: false }),
      await person({ password: null }),
    ];
    const { logIn } = shop();
    const answers = [
      await logIn(known.email, 'not the password'),
      await logIn(known.email, PASSWORD.toUpperCase()),
      await logIn('nobody@example.com'),
      await logIn(without.email),
      await logIn(inactive.email),
      await logIn(inactive.email, 'not the password'),
    ];
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    for (const { status, text, headers } of answers) {
      expect([status, text]).toEqual([401, answers[0]?.text]);
      expect(headers.getSetCookie()).toEqual([]);
    }
    const names = (headers: Headers | undefined) => [...(headers?.keys() ?? [])].toSorted();
    for (const { headers } of answers) expect(names(headers)).toEqual(names(answers[0]?.headers));
    const sessions = await database.db
      .selectFrom('sessions')
      .select('id')
      .where('userId', 'in', [known.id, inactive.id, without.id])
      .execute();
    expect(sessions).toEqual([]);
  });

  test('computes one hash of the same cost for an unknown address as for a wrong password', async () => {
    const { email } = await person();
    const { deps } = shop();
    const { password } = await createAuth(deps).$context;
    const passwordless = await person({ password: null });
    const costs: Record<string, string[]> = {};
    for (const [name, address] of Object.entries({ email, passwordless: passwordless.email, unknown: 'a@b.example' })) {
      const auth = createAuth(deps);
      const context = await auth.$context;
      const done: string[] = [];
      context.password.hash = (given) => {
        done.push('argon2id');
        return password.hash(given);
      };
      context.password.verify = (given) => {
        done.push('argon2id');
        return password.verify(given);
      };
      await expect(auth.api.signInEmail({ body: { email: address, password: 'wrong' } })).rejects.toThrow(
        /Invalid email or password/,
      );
      costs[name] = done;
    }
    expect(costs).toEqual({ email: ['argon2id'], passwordless: ['argon2id'], unknown: ['argon2id'] });
  });

  test.each([
    ['an unknown field', { role: 'admin' }, 'role'],
    ['another unknown field', { rememberMe: true }, 'rememberMe'],
    ['no address', { email: undefined }, 'email'],
    ['an address that is none', { email: 'ada' }, 'email'],
    ['no password', { password: undefined }, 'password'],
    ['a password without end', { password: 'x'.repeat(129) }, 'password'],
    ['an object for a password', { password: { $ne: '' } }, 'password'],
  ])('with %s is 422 and names it', async (_what, fields, path) => {
    statements = [];
    const answer = await shop().send('auth/login', { email: 'ada@example.com', password: PASSWORD, ...fields });
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ path }] } });
    expect(statements).toEqual([]);
  });

  test('because the database does not answer is 503, not 401', async () => {
    const { email } = await person();
    const { logIn } = anotherProcess(0.1);
    await database.db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE users IN ACCESS EXCLUSIVE MODE`.execute(tx);
      expect(await logIn(email)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    });
    expect(await logIn(email)).toMatchObject({ status: 200 });
  });
});

describe('a logout', () => {
  test('ends the session at once in every process, by token and by cookie, and takes the cookie back', async () => {
    const { email } = await person();
    const [here, there] = [shop(), anotherProcess()];
    const { body, headers } = await here.logIn(email);
    const other = await here.logIn(email);
    const both = [bearer(body.accessToken), cookieOf(headers).header];
    for (const credentials of both) {
      expect((await there.send('customer', undefined, credentials, 'GET')).status).toBe(200);
    }
    const out = await here.send('auth/logout', {}, bearer(body.accessToken));
    expect([out.status, out.text]).toEqual([204, '']);
    expect(cookieOf(out.headers)).toMatchObject({ value: '', attributes: expect.arrayContaining(['Max-Age=0']) });
    for (const { send } of [here, there]) {
      for (const credentials of both) {
        expect((await send('customer', undefined, credentials, 'GET')).status).toBe(401);
        expect((await send('auth/logout', undefined, credentials)).status).toBe(401);
      }
      expect((await send('customer', undefined, bearer(other.body.accessToken), 'GET')).status).toBe(200);
    }
  });

  test('by cookie is for our own pages only', async () => {
    const { email } = await person();
    const { send, logIn } = shop();
    const { header } = cookieOf((await logIn(email)).headers);
    const foreign = await send('auth/logout', undefined, { ...header, Origin: 'https://evil.test' });
    expect(foreign).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await send('customer', undefined, header, 'GET')).status).toBe(200);
    const own = await send('auth/logout', undefined, { ...header, Origin: 'http://shop.test' });
    expect(own.status).toBe(204);
    expect((await send('customer', undefined, header, 'GET')).status).toBe(401);
  });

  test('without a login is 401', async () => {
    expect(await shop().send('auth/logout', {})).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });
});

describe('the library', () => {
  test('is reached by our routes only', async () => {
    const { send } = shop();
    for (const path of ['auth/sign-in/email', 'auth/sign-up/email', 'auth/get-session', 'auth/ok', 'auth/sign-out']) {
      for (const method of ['GET', 'POST']) {
        expect([path, (await send(path, method === 'GET' ? undefined : {}, {}, method)).status]).toEqual([path, 404]);
      }
    }
    const { app } = floor(null);
    expect((await app.request('/api/auth/ok')).status).toBe(404);
  });

  test('finds every table and column it uses, but those of logins through other services and pictures of people', async () => {
    const { explicitSchemaCheck } = await createAuth(shop().deps).$context;
    const missing = (table: string, ...columns: string[]) =>
      columns.map((column) => ({ kind: 'missing-column', table, column }));
    await expect(explicitSchemaCheck?.()).rejects.toMatchObject({
      findings: [
        ...missing('users', 'image'),
        ...missing('accounts', 'access_token', 'refresh_token', 'id_token'),
        ...missing('accounts', 'access_token_expires_at', 'refresh_token_expires_at', 'scope'),
      ],
    });
  });

  test('cannot open a session whose token would be stored as it is', async () => {
    const { email, id } = await person();
    const { api } = createAuth(shop().deps);
    await expect(api.signInEmail({ body: { email, password: PASSWORD } })).rejects.toThrow(/outside byPassword/);
    await expect(
      sql`INSERT INTO sessions VALUES (${randomUUID()}, ${id}, ${'x'.repeat(32)}, now(), NULL, NULL, now(), now())`.execute(
        database.db,
      ),
    ).rejects.toThrow(/sessions_token_hash_check/);
  });
});
