// A client with two tabs sends one refresh token twice within a moment: the one gets the next token, the other is told to wait, and
// nobody is logged out. Whoever shows the token later is a thief, or was robbed.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { bearer, type Door, door, everyTime, person, statusesOf } from './door.ts';

const ROUNDS = 12;
const TWIN = { status: 409, body: { code: 'request_in_progress' } };

let database: OwnDatabase;
const opened: Database[] = [];
beforeAll(async () => {
  database = await ownDatabase();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.destroy()));
});
afterAll(() => database.leave());

/** A process of its own, as far as the database sees. */
function anotherProcess(): Door {
  const settings = { DATABASE_POOL_SIZE: 4, DATABASE_STATEMENT_TIMEOUT: 5, DATABASE_LOCK_TIMEOUT: 5 };
  const db = openDatabase({ ...settings, DATABASE_URL: database.url }, floor(null).deps.logger);
  opened.push(db);
  return door(db);
}

const refresh = ({ send }: Door, refreshToken: string) => send('auth/refresh', { refreshToken });

async function loggedIn(at: Door) {
  const { email } = await person(database.db);
  const { body } = await at.logIn(email);
  return { email, ...(body as { accessToken: string; refreshToken: string }) };
}

test('sent four times at once to two processes, a token logs nobody out', async () => {
  const doors = [door(database.db), anotherProcess()] as const;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { email, refreshToken } = await loggedIn(doors[0]);
    const answers = await everyTime(4, (at) => refresh(doors[at % 2 === 0 ? 0 : 1], refreshToken));
    expect(statusesOf(answers)).toEqual([200, 409, 409, 409]);
    const next = answers.find(({ status }) => status === 200)?.body;
    expect(await doors[1].whoIs(bearer(next.accessToken))).toBe(email);
    expect((await refresh(doors[1], next.refreshToken)).status).toBe(200);
  }
});

test('a twin that comes some seconds late gets no token, and the session goes on; after ten seconds it is no twin', async () => {
  const at = door(database.db);
  const { email, accessToken, refreshToken } = await loggedIn(at);
  const { body } = await refresh(at, refreshToken);
  at.pass(9);
  const twin = await refresh(at, refreshToken);
  expect(twin).toMatchObject(TWIN);
  expect(twin.headers.getSetCookie()).toEqual([]);
  expect(twin.headers.get('Retry-After')).toBe('1');
  expect(JSON.stringify(twin.body)).not.toMatch(/session_|access_/);
  expect(await at.whoIs(bearer(accessToken))).toBe(email);
  at.pass(1);
  expect((await refresh(at, refreshToken)).status).toBe(401);
  expect(await at.whoIs(bearer(body.accessToken))).toBe(401);
  expect((await refresh(at, body.refreshToken)).status).toBe(401);
  expect(at.acts.map(({ action }) => action)).toContain('sessions_revoked');
});

test("a token of a session that has ended is nobody's at once, also as a twin", async () => {
  const at = door(database.db);
  const { refreshToken } = await loggedIn(at);
  const { body } = await refresh(at, refreshToken);
  expect((await at.send('auth/logout', {}, bearer(body.accessToken))).status).toBe(204);
  expect((await refresh(at, refreshToken)).status).toBe(401);
});
