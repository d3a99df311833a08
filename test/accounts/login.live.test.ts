// Logging in, through the whole app on the real tables.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createAuth } from '../../src/accounts/auth.ts';
import { deleteExpiredSessions } from '../../src/platform/auth.ts';
import { sharedServers } from '../support/servers.ts';
import { cookieOf, doors } from './door.ts';
import { account, bearer, type Credentials, PASSWORD } from './people.ts';

const WEEK = 7 * 86_400;

const { database, shop, anotherProcess, costOf } = doors();

describe('the accounts of the demo shop', () => {
  test.each(['admin', 'inventory', 'customer'] as const)('%s logs in and is who it is', async (role) => {
    const { ask, logIn } = shop();
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
      const caller = await ask('GET', 'customer', { headers: credentials });
      expect(caller.body).toEqual({ userId: body.user.id, email, role });
      expect((await ask('GET', 'admin', { headers: credentials })).status).toBe(role === 'admin' ? 200 : 403);
    }
  });
});

describe('a login', () => {
  test('lasts 15 minutes by its access token and 7 days by its cookie, which no script can read', async () => {
    const { email } = await account(database.db);
    const { ask, logIn, pass, now } = shop();
    const end = new Date(now().getTime() + WEEK * 1_000);
    const { body, headers } = await logIn(email);
    const { header, attributes, value } = cookieOf(headers);
    expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=604800']));
    expect(attributes).not.toContain('Secure');
    expect(value).toBe(body.refreshToken);
    const statusAfter = async (seconds: number, credentials: Credentials) => {
      pass(seconds);
      return (await ask('GET', 'customer', { headers: credentials })).status;
    };
    expect(await statusAfter(899.999, bearer(body.accessToken))).toBe(200);
    expect(await statusAfter(0.001, bearer(body.accessToken))).toBe(401);
    expect(await statusAfter(WEEK - 900.001, header)).toBe(200);
    expect(await statusAfter(0.001, header)).toBe(401);
    await deleteExpiredSessions(database.db, end);
    expect(await database.db.selectFrom('sessions').select('id').execute()).toEqual([]);
  });

  test('gives a Secure cookie where the shop is reached over TLS', async () => {
    const { email } = await account(database.db);
    const { headers } = await shop({ environment: { PUBLIC_URL: 'https://shop.example' } }).logIn(email);
    expect(cookieOf(headers).attributes).toContain('Secure');
  });

  test('takes the address in any case, and its answer is not kept by anybody', async () => {
    const { email, id } = await account(database.db);
    const { status, body, headers } = await shop().logIn(email.toUpperCase());
    expect([status, body.user.id, body.user.email]).toEqual([200, id, email]);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('leaves no token and no password in the database, whatever else is sent along', async () => {
    const { email } = await account(database.db);
    const { post } = shop();
    const key = { 'Idempotency-Key': randomUUID(), 'X-Cart-Token': 'cart_of_somebody' };
    const { body } = await post('auth/login', { email, password: PASSWORD }, key);
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
    const { email } = await account(database.db);
    const { logIn, post, lines } = shop();
    const { body } = await logIn(email);
    await logIn(email, `${PASSWORD}!`);
    await logIn(`nobody-${email}`);
    await post('auth/logout', {}, bearer(body.accessToken));
    const log = JSON.stringify(lines);
    expect(lines.length).toBeGreaterThan(3);
    for (const secret of [body.refreshToken, body.accessToken, PASSWORD, email]) expect(log).not.toContain(secret);
  });

  test('beside many others of the same person opens as many sessions, each of which works', async () => {
    const { email, id } = await account(database.db);
    const [one, two] = [shop(), anotherProcess()];
    const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? one : two).logIn(email)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const tokens: string[] = answers.map(({ body }) => body.accessToken);
    expect(new Set(tokens).size).toBe(12);
    for (const token of tokens) {
      expect((await two.ask('GET', 'customer', { headers: bearer(token) })).body).toMatchObject({ userId: id });
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
      await account(database.db),
      await account(database.db, { active: false }),
      await account(database.db, { password: null }),
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
    const { email } = await account(database.db);
    const { deps } = shop();
    const { password } = await createAuth(deps).$context;
    const passwordless = await account(database.db, { password: null });
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
    const at = shop();
    const json = { email: 'ada@example.com', password: PASSWORD, ...fields };
    const { status, text, statements } = await costOf(() => at.post('auth/login', json));
    expect([status, JSON.parse(text)]).toMatchObject([422, { code: 'validation_failed', errors: [{ path }] }]);
    expect(statements).toEqual([]);
  });

  test('because the database does not answer is 503, not 401', async () => {
    const { email } = await account(database.db);
    const { logIn } = anotherProcess(0.1);
    await database.db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE users IN ACCESS EXCLUSIVE MODE`.execute(tx);
      expect(await logIn(email)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    });
    expect(await logIn(email)).toMatchObject({ status: 200 });
  });
});
