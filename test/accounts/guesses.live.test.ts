// Whoever guesses at an account keeps its owner out no longer than the owner lets them: a mailbox that is proven opens it again.
import { randomInt } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { accountArea } from '../../src/http/areas.ts';
import { firstAttempt, openRedis } from '../../src/platform/redis.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { sharedServers } from '../support/servers.ts';
import { secretFor } from './door.ts';
import { account, PASSWORD } from './people.ts';

const NEW_PASSWORD = 'wrong donkey cell paperclip';

let database: OwnDatabase;
const closing: (() => void)[] = [];
beforeAll(async () => {
  database = await ownDatabase();
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
afterAll(() => database.leave());

/** An API process, and an address that calls it. */
async function shop({ redisUrl = sharedServers().redisUrl }: { redisUrl?: string | null } = {}) {
  const redis = openRedis({ REDIS_URL: redisUrl ?? undefined }, floor(null).deps.logger);
  if (redis !== null) {
    closing.push(() => redis.disconnect());
    await firstAttempt(redis);
  }
  const { app } = floor(accountArea, { RATE_LIMIT_SCALE: '1' }, { db: database.db, redis });
  const remoteAddress = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
  const send = async (path: string, json: unknown) => {
    const body = JSON.stringify(json);
    const headers = { 'Content-Type': 'application/json', 'Content-Length': `${Buffer.byteLength(body)}` };
    const init = { method: 'POST', body, headers };
    return (await app.request(`/api/v1/auth/${path}`, init, { incoming: { socket: { remoteAddress } } })).status;
  };
  return {
    send,
    logIn: (email: string, password = PASSWORD) => send('login', { email, password }),
    /** Ten wrong passwords, after which the right one is refused. */
    lock: async (email: string) => {
      for (let at = 0; at < 10; at += 1) await send('login', { email, password: `wrong ${at}` });
    },
    reset: async (email: string) => {
      await send('forgot-password', { email });
      const token = await secretFor(database.db, email, 'reset_password');
      return send('reset-password', { token, newPassword: NEW_PASSWORD });
    },
  };
}

test.each(['with Redis', 'without Redis'])('a reset by mail lets the owner in again, %s', async (how) => {
  const redisUrl = how === 'with Redis' ? sharedServers().redisUrl : null;
  const [attacked, owners] = [await shop({ redisUrl }), await shop({ redisUrl })];
  const at = how === 'with Redis' ? owners : attacked;
  const { email } = await account(database.db);
  await attacked.lock(email);
  expect([await attacked.logIn(email), await at.logIn(email)]).toEqual([429, 429]);
  expect(await at.reset(email)).toBe(204);
  expect([await at.logIn(email, NEW_PASSWORD), await attacked.logIn(email, NEW_PASSWORD)]).toEqual([200, 200]);
});

test('a reset frees its own account alone, and guesses begin to count anew', async () => {
  const { lock, logIn, reset } = await shop({ redisUrl: null });
  const [one, other] = [await account(database.db), await account(database.db)];
  await lock(one.email);
  await lock(other.email);
  expect(await reset(one.email)).toBe(204);
  expect(await logIn(other.email)).toBe(429);
  await lock(one.email);
  expect(await logIn(one.email, NEW_PASSWORD)).toBe(429);
});

test('wrong passwords do not keep the owner from a code, nor wrong codes from the password', async () => {
  const { lock, logIn, send } = await shop({ redisUrl: null });
  const [one, other] = [await account(database.db), await account(database.db)];
  await lock(one.email);
  expect(await send('send-otp', { email: one.email })).toBe(202);
  const otp = await secretFor(database.db, one.email, 'otp');
  expect(await send('verify-otp', { email: one.email, otp })).toBe(200);
  const codes = [];
  for (let at = 0; at < 11; at += 1) codes.push(await send('verify-otp', { email: other.email, otp: '000000' }));
  expect(codes.slice(9)).toEqual([401, 429]);
  expect(await logIn(other.email)).toBe(200);
});

test('one address guesses fifty times at the most, at passwords and codes together', async () => {
  const { logIn, send } = await shop({ redisUrl: null });
  for (let at = 0; at < 25; at += 1) {
    await logIn(`${at}@nobody.example`, 'wrong');
    await send('verify-otp', { email: `${at}@nobody.example`, otp: '000000' });
  }
  const { email } = await account(database.db);
  expect(await logIn(email)).toBe(429);
});
