// Staying logged in: refresh tokens that work once, and what happens to a family of which somebody shows an old one.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { type Answered, bearer, cookie, type Door, door, everyTime, person, waitingForLocks } from './door.ts';

const WEEK = 604_800;

let database: OwnDatabase;
const opened: Database[] = [];
beforeAll(async () => {
  database = await ownDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.destroy()));
});
afterAll(() => database.leave());

const shop = () => door(database.db);

/** Another process: its own connections. */
function anotherProcess(): Door {
  const settings = { DATABASE_POOL_SIZE: 4, DATABASE_STATEMENT_TIMEOUT: 5, DATABASE_LOCK_TIMEOUT: 5 };
  const db = openDatabase({ ...settings, DATABASE_URL: database.url }, floor(null).deps.logger);
  opened.push(db);
  return door(db);
}

const refresh = ({ send }: Door, refreshToken: string) => send('auth/refresh', { refreshToken });

async function loggedIn(at: Door) {
  const { email, id } = await person(database.db);
  const { body } = await at.logIn(email);
  return { email, id, ...(body as { accessToken: string; refreshToken: string }) };
}

describe('a refresh', () => {
  test("gives a new pair and lets the access tokens of the session go on; the old refresh token and its cookie are nobody's", async () => {
    const at = shop();
    const { email, accessToken, refreshToken } = await loggedIn(at);
    at.pass(1);
    const { status, body, headers } = await refresh(at, refreshToken);
    expect(status).toBe(200);
    expect(body).toMatchObject({ user: { email }, expiresIn: 900 });
    expect(body.refreshToken).not.toBe(refreshToken);
    expect(headers.getSetCookie()[0]).toContain(`session=${body.refreshToken}; Max-Age=604800; Path=/; HttpOnly`);
    for (const token of [accessToken, body.accessToken]) expect(await at.whoIs(bearer(token))).toBe(email);
    expect(await at.whoIs(cookie(body.refreshToken))).toBe(email);
    expect(await at.whoIs(cookie(refreshToken))).toBe(401);
  });

  test('takes the cookie from our own pages only, and no token beside a body that names one', async () => {
    const at = shop();
    const { refreshToken } = await loggedIn(at);
    const foreign = await at.send('auth/refresh', undefined, { ...cookie(refreshToken), Origin: 'https://evil.test' });
    expect(foreign).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const other = await at.send('auth/refresh', { refreshToken: 'session_wrong' }, cookie(refreshToken));
    expect(other.status).toBe(401);
    const own = { ...cookie(refreshToken), Origin: 'http://shop.test' };
    expect((await at.send('auth/refresh', undefined, own)).status).toBe(200);
  });

  test('lives on for seven days from each exchange, and not a moment longer', async () => {
    const at = shop();
    let { refreshToken } = await loggedIn(at);
    for (let week = 0; week < 3; week += 1) {
      at.pass(WEEK - 1);
      const { status, body } = await refresh(at, refreshToken);
      expect(status).toBe(200);
      refreshToken = body.refreshToken;
    }
    const remembered = await database.db.selectFrom('usedRefreshTokens').select('tokenHash').execute();
    expect(remembered.length).toBeLessThan(8);
    at.pass(WEEK);
    expect((await refresh(at, refreshToken)).status).toBe(401);
  });

  test.each([
    ['no token at all', {}],
    ['an empty token', { refreshToken: '' }],
    ['a token of nobody', { refreshToken: `session_${'x'.repeat(43)}` }],
    ['an unknown field', { token: 'x' }],
  ])('with %s is refused', async (_what, json) => {
    const { status } = await shop().send('auth/refresh', json);
    expect(status).toBe(
      'refreshToken' in json && json.refreshToken !== '' ? 401 : Object.keys(json).length ? 422 : 401,
    );
  });

  test("is nobody's after a logout, and of a user who is not active", async () => {
    const at = shop();
    const [out, inactive] = [await loggedIn(at), await loggedIn(at)];
    await at.send('auth/logout', {}, bearer(out.accessToken));
    await database.db.updateTable('users').set({ active: false }).where('id', '=', inactive.id).execute();
    for (const { refreshToken } of [out, inactive]) expect((await refresh(at, refreshToken)).status).toBe(401);
  });

  test('leaves no token in the database', async () => {
    const at = shop();
    const { accessToken, refreshToken } = await loggedIn(at);
    const { body } = await refresh(at, refreshToken);
    const { rows } = await sql<{ line: string }>`
      SELECT to_jsonb(sessions)::text AS line FROM sessions
      UNION ALL SELECT to_jsonb(used_refresh_tokens)::text FROM used_refresh_tokens`.execute(database.db);
    const everything = rows.map(({ line }) => line).join('\n');
    for (const token of [accessToken, refreshToken, body.accessToken, body.refreshToken]) {
      expect(everything).not.toContain(token.replace(/^(session|access)_/, '').slice(0, 20));
    }
  });
});

describe('an old refresh token', () => {
  test("ends the whole family at once, in every process: the thief's tokens, the owner's, and no other session", async () => {
    const [here, there] = [shop(), anotherProcess()];
    const stolen = await loggedIn(here);
    const other = (await here.logIn(stolen.email)).body;
    const first = (await refresh(here, stolen.refreshToken)).body;
    const second = (await refresh(here, first.refreshToken)).body;
    here.pass(11);
    there.pass(12);
    expect((await refresh(there, stolen.refreshToken)).status).toBe(401);
    for (const at of [here, there]) {
      for (const { accessToken, refreshToken } of [stolen, first, second]) {
        expect(await at.whoIs(bearer(accessToken))).toBe(401);
        expect(await at.whoIs(cookie(refreshToken))).toBe(401);
        expect((await refresh(at, refreshToken)).status).toBe(401);
      }
      expect(await at.whoIs(bearer(other.accessToken))).toBe(stolen.email);
    }
    const revoked = there.acts.filter(({ action }) => action === 'sessions_revoked');
    expect(revoked).toMatchObject([{ actor: 'anonymous', subject: `user:${stolen.id}` }]);
  });
});

describe('the same refresh token at the same moment', () => {
  test('is exchanged once, whatever else comes of it', async () => {
    const doors = [shop(), anotherProcess()];
    const { refreshToken } = await loggedIn(doors[0] as Door);
    const answers = await everyTime(20, (at) => refresh(doors[at % 2] as Door, refreshToken));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200 && status !== 401 && status !== 409)).toEqual([]);
  });

  test("in a client's double send logs nobody out: the twin gets no token and is told to wait", async () => {
    const at = shop();
    const { email, refreshToken, id } = await loggedIn(at);
    let answers: Promise<Answered[]> = Promise.resolve([]);
    await database.db.transaction().execute(async (tx) => {
      await sql`SELECT FROM sessions WHERE user_id = ${id} FOR UPDATE`.execute(tx);
      answers = everyTime(2, () => refresh(at, refreshToken));
      await waitingForLocks(database.db, 2);
    });
    const [won, lost] = (await answers).toSorted((a, b) => a.status - b.status);
    expect([won?.status, lost?.status, lost?.body.code]).toEqual([200, 409, 'request_in_progress']);
    expect(lost?.headers.get('Retry-After')).toBe('1');
    expect(await at.whoIs(bearer(won?.body.accessToken))).toBe(email);
    expect((await refresh(at, won?.body.refreshToken)).status).toBe(200);
  });
});
