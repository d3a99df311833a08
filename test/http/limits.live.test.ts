// How often somebody may ask, over real connections from addresses of their own, with the real Redis and without it.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { accountArea } from '../../src/http/areas.ts';
import { findCaller } from '../../src/http/caller.ts';
import { createRouter } from '../../src/http/router.ts';
import { createServer, listen } from '../../src/http/server.ts';
import { firstAttempt, openRedis } from '../../src/platform/redis.ts';
import { account, PASSWORD, person } from '../accounts/people.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { sharedServers } from '../support/servers.ts';
import { until } from '../support/wait.ts';
import { floor } from './floor.ts';

/** With this scale six writes a minute are allowed. */
const SIX_WRITES = { RATE_LIMIT_SCALE: '0.02' };
const AS_CONFIGURED = { RATE_LIMIT_SCALE: '1' };

let database: OwnDatabase;
const closing: (() => void)[] = [];
beforeAll(async () => {
  database = await ownDatabase();
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
afterAll(() => database.leave());

/** A Redis connection of its own, as each process has one. */
async function redisOf(url = sharedServers().redisUrl): Promise<Redis> {
  const redis = openRedis({ REDIS_URL: url ?? undefined }, floor(null).deps.logger);
  if (redis === null) throw new Error('these tests need Redis');
  closing.push(() => redis.disconnect());
  await firstAttempt(redis);
  return redis;
}

/** An API process: logins, and a route that looks who calls. */
async function api(environment: Record<string, string>, redis: Redis | null) {
  const { app, deps } = floor(
    (all) => {
      const router = createRouter();
      router.route('/', accountArea(all));
      router.all('/anything', async (c) => c.json((await findCaller(c, all)) ?? null));
      return router;
    },
    environment,
    { db: database.db, redis },
  );
  const server: Server = createServer(app);
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: await listen(server, '127.0.0.1', 0), limits: deps.limits };
}

interface Asked {
  from?: string;
  method?: string;
  headers?: Record<string, string>;
  json?: unknown;
}

/** An address that nobody else calls from: the whole of 127.0.0.0/8 is this machine. */
const newAddress = () => `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;

async function ask(url: string, path: string, { from = '127.0.0.1', method = 'POST', headers, json }: Asked) {
  const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
  const options = { method, localAddress: from, headers: { ...headers, ...type } };
  const asking = request(new URL(path, url), options);
  asking.end(json === undefined ? undefined : JSON.stringify(json));
  const [answer]: IncomingMessage[] = (await once(asking, 'response')) as [IncomingMessage];
  if (answer === undefined) throw new Error('there was no answer');
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return {
    status: answer.statusCode,
    retryAfter: answer.headers['retry-after'],
    text: Buffer.concat(parts).toString(),
  };
}
const write = (url: string, asked: Asked) => ask(url, '/api/v1/anything', asked);
const statuses = async (answers: Promise<{ status: number | undefined }>[]) =>
  (await Promise.all(answers)).map(({ status }) => status);
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

const REFUSED = { status: 429, retryAfter: expect.stringMatching(/^([1-9]|[1-5]\d|60)$/) };

describe('a caller', () => {
  test('who has asked as often as allowed is refused by each process, and told when to come back', async () => {
    const [one, two] = [await api(SIX_WRITES, await redisOf()), await api(SIX_WRITES, await redisOf())];
    const from = newAddress();
    expect(await statuses(times(6, () => write(one.url, { from })))).toEqual(times(6, () => 200));
    const refused = await write(one.url, { from });
    expect(refused).toMatchObject(REFUSED);
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'rate_limited', status: 429 });
    let passed = -1;
    const there = await until('the other process refuses, too', async () => {
      const answer = await write(two.url, { from });
      passed += 1;
      return answer.status === 429 && answer;
    });
    // The first there may come before what was counted here is known.
    expect(passed).toBeLessThanOrEqual(2);
    expect(Math.abs(Number(there.retryAfter) - Number(refused.retryAfter))).toBeLessThanOrEqual(2);
    expect((await write(two.url, { from: newAddress() })).status).toBe(200);
  });

  test('may read more often than write, and one does not use up the other', async () => {
    const { url } = await api(SIX_WRITES, await redisOf());
    const from = newAddress();
    await statuses(times(7, () => write(url, { from })));
    expect((await write(url, { from })).status).toBe(429);
    expect(await statuses(times(24, () => write(url, { from, method: 'GET' })))).toEqual(times(24, () => 200));
    expect((await write(url, { from, method: 'GET' })).status).toBe(429);
  });

  test('is limited by the process alone where Redis is away, or does not answer: and waits for neither', async () => {
    const silent = { eval: () => new Promise(() => undefined) } as unknown as Redis;
    for (const redis of [null, silent, await redisOf('redis://127.0.0.1:1')]) {
      const { url } = await api(SIX_WRITES, redis);
      const from = newAddress();
      expect(await statuses(times(6, () => write(url, { from })))).toEqual(times(6, () => 200));
      expect(await write(url, { from })).toMatchObject(REFUSED);
    }
  });

  test('gains nothing by a forged X-Forwarded-For, nor by made-up credentials', async () => {
    const { url } = await api(SIX_WRITES, null);
    const from = newAddress();
    const forge = [
      () => ({ 'X-Forwarded-For': newAddress() }),
      () => ({ Authorization: `Bearer ${randomUUID()}` }),
      () => ({ Cookie: `session=${randomUUID()}` }),
    ];
    await statuses(times(6, () => write(url, { from })));
    for (const headers of forge) expect(await write(url, { from, headers: headers() })).toMatchObject(REFUSED);
  });

  test('behind a proxy of ours is who the proxy says, whatever else the header holds', async () => {
    const { url } = await api({ ...SIX_WRITES, TRUSTED_PROXIES: '127.0.0.0/8, ::1' }, null);
    const through = (sender: string, forged = newAddress()) =>
      write(url, { headers: { 'X-Forwarded-For': `${forged}, ${sender}, 127.0.0.2` } });
    const [greedy, modest] = ['198.51.100.7', '2001:db8:1:2::1'];
    expect(await statuses(times(6, () => through(greedy)))).toEqual(times(6, () => 200));
    expect((await through(greedy)).status).toBe(429);
    expect((await through(modest)).status).toBe(200);
    await statuses(times(5, (at) => through(`2001:0DB8:1:2:ffff::${at}`)));
    expect((await through('2001:db8:1:2:3:4:5:6')).status).toBe(429);
    expect((await through('2001:db8:1:3::1')).status).toBe(200);
  });

  test('who is logged in counts as one from all addresses, and not as those beside them', async () => {
    const { url } = await api(SIX_WRITES, await redisOf());
    const { bearer, cookie } = await person(database.db);
    for (const headers of [bearer, cookie]) await write(url, { from: newAddress(), headers });
    const from = newAddress();
    const answers = await statuses(
      times(6, (at) => write(url, { from: newAddress(), headers: at % 2 ? bearer : cookie })),
    );
    expect(answers).toEqual(times(6, () => 200));
    expect((await write(url, { from, headers: bearer })).status).toBe(429);
    expect((await write(url, { from })).status).toBe(200);
  });
});

test('health and Stripe are not counted', async () => {
  const { url } = await api({ RATE_LIMIT_SCALE: '0.001' }, null);
  const from = newAddress();
  for (const path of ['/health/live', '/api/v1/payments/webhook']) {
    const method = path.endsWith('webhook') ? 'POST' : 'GET';
    expect(await statuses(times(5, () => ask(url, path, { from, method })))).not.toContain(429);
  }
});

test.each(['/metrics', '/api/docs', '/api/openapi.json', '/nowhere'])('%s is counted as what is read', async (path) => {
  const { url } = await api(SIX_WRITES, null);
  const from = newAddress();
  const answers = await statuses(times(25, () => ask(url, path, { from, method: 'GET' })));
  expect(answers.filter((status) => status === 429)).toHaveLength(1);
  expect((await ask(url, path, { from: newAddress(), method: 'GET' })).status).not.toBe(429);
});

test('accounts of one address may ask four times as often as one, all together', async () => {
  const { url } = await api({ RATE_LIMIT_SCALE: '0.01' }, null);
  const from = newAddress();
  const people = await Promise.all(times(5, () => person(database.db)));
  for (const { bearer } of people) await write(url, { from: newAddress(), headers: bearer });
  const answers = [];
  for (const { bearer: headers } of people)
    for (const _ of [1, 2, 3]) answers.push((await write(url, { from, headers })).status);
  expect(answers.filter((status) => status === 200)).toHaveLength(12);
  expect((await write(url, { from: newAddress(), headers: people[4]?.bearer ?? {} })).status).toBe(200);
});

describe('logins', () => {
  const logIn = (url: string, email: string, password: string, from = newAddress()) =>
    ask(url, '/api/v1/auth/login', { from, json: { email, password } });
  const wrong = () => randomBytes(6).toString('hex');

  test('that are right are not counted, however many come at once; a guesser is refused after ten, with the right password, too', async () => {
    const [one, two] = [await api(AS_CONFIGURED, await redisOf()), await api(AS_CONFIGURED, await redisOf())];
    const [{ email }, { email: other }] = [await account(database.db), await account(database.db)];
    const right = await statuses(times(24, () => logIn(one.url, email, PASSWORD)));
    expect(right).toEqual(times(24, () => 200));
    for (const { url } of [one, two]) {
      expect(await statuses(times(5, () => logIn(url, email.toUpperCase(), wrong())))).toEqual(times(5, () => 401));
    }
    for (const { url } of [one, two]) {
      const refused = await logIn(url, email, PASSWORD);
      expect(refused.status).toBe(429);
      expect(Number(refused.retryAfter)).toBeGreaterThan(800);
      expect(Number(refused.retryAfter)).toBeLessThanOrEqual(900);
    }
    expect((await logIn(one.url, other, PASSWORD)).status).toBe(200);
  });

  test.each(['with Redis', 'without Redis'])('that come all at once are ten guesses at the most, %s', async (how) => {
    const { url } = await api(AS_CONFIGURED, how === 'with Redis' ? await redisOf() : null);
    for (const email of [(await account(database.db)).email, `${randomUUID()}@example.com`]) {
      const answers = await statuses(times(40, () => logIn(url, email, wrong())));
      expect(answers.filter((status) => status === 401).length).toBe(10);
      expect(answers.filter((status) => status === 429).length).toBe(30);
    }
  });

  test('from one address are fifty wrong ones at the most, whoever is guessed at', async () => {
    const { url } = await api({ RATE_LIMIT_SCALE: '0.1' }, await redisOf());
    const from = newAddress();
    const guesses = await statuses(times(8, () => logIn(url, `${randomUUID()}@example.com`, wrong(), from)));
    expect(guesses.filter((status) => status === 401).length).toBe(5);
    const { email } = await account(database.db);
    expect((await logIn(url, email, PASSWORD, from)).status).toBe(429);
    expect((await logIn(url, email, PASSWORD)).status).toBe(200);
  });
});

test('five mails of a purpose go to an address an hour, whichever process is asked', async () => {
  const shops = [await api(AS_CONFIGURED, await redisOf()), await api(AS_CONFIGURED, await redisOf())];
  const email = `${randomUUID()}@example.com`;
  const send = (at: number) => shops[at % 2]?.limits.mailsTo(at % 3 === 0 ? email.toUpperCase() : email, 'otp');
  for (const at of times(5, (n) => n)) await send(at);
  await expect(send(0)).rejects.toMatchObject({ code: 'rate_limited' });
  await expect(send(1)).rejects.toMatchObject({ code: 'rate_limited' });
  await shops[0]?.limits.mailsTo(email, 'reset_password');
});
