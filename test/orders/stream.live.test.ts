// An order that is followed, on the real database and the real Redis, over a real connection: each move is told once and in
// order, whether news of it came or were lost, and nothing is kept for a client who has left.
import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { orderArea } from '../../src/http/areas.ts';
import type { AppDeps } from '../../src/http/deps.ts';
import { createServer, listen } from '../../src/http/server.ts';
import type { OrderStatus } from '../../src/orders/rules.ts';
import { moveOrder } from '../../src/orders/store.ts';
import { newId } from '../../src/platform/ids.ts';
import { createAnnounce, openOrderNews } from '../../src/platform/news.ts';
import { openRedis } from '../../src/platform/redis.ts';
import { orderToken } from '../../src/platform/tokens.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, NOW } from '../support/rows.ts';
import { sharedServers } from '../support/servers.ts';
import { until } from '../support/wait.ts';

/** Shorter than a follower waits before it looks without news. */
const NEWS_WITHIN_MS = 3_000;
const BY = `admin:${newId(NOW)}`;

let database: OwnDatabase;
let ending: (() => unknown)[];

beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());
beforeEach(() => {
  ending = [];
});
afterEach(async () => {
  for (const end of ending.toReversed()) await end();
});

/** An API process that serves orders. */
async function shop(redisUrl: string | null = sharedServers().redisUrl) {
  const draining = new AbortController();
  const { logger } = floor(null).deps;
  const redis = openRedis({ REDIS_URL: redisUrl ?? undefined }, logger);
  const news = openOrderNews(redis, logger);
  const parts: Partial<AppDeps> = { db: database.db, redis, news, draining: draining.signal };
  const { app, deps } = floor(orderArea, {}, parts);
  const server = createServer(app);
  const address = await listen(server, '127.0.0.1', 0);
  ending.push(
    () => redis?.disconnect(),
    news.close,
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const url = (orderId: string) => `${address}/api/v1/orders/${orderId}/stream`;
  const token = (orderId: string) => orderToken(deps.config.TOKEN_SECRET, orderId);
  return {
    news,
    redis,
    drain: () => draining.abort(),
    follow: (orderId: string, headers: Record<string, string> = { 'X-Order-Token': token(orderId) }) =>
      follow(url(orderId), headers),
    token,
  };
}

interface Following {
  request: ClientRequest;
  response: IncomingMessage;
  /** What the events carry, as far as they have come. */
  moves: { sequence: number; to: string; actor: string }[];
  text: () => string;
}

async function follow(url: string, headers: Record<string, string>): Promise<Following> {
  const request = get(url, { headers });
  ending.push(() => request.destroy());
  request.on('error', () => undefined);
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (response === undefined) throw new Error('no answer');
  const following: Following = { request, response, moves: [], text: () => text };
  let text = '';
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    following.moves = [...text.matchAll(/^data: (.*)\n/gm)].map(([, data]) => JSON.parse(data ?? ''));
  });
  response.on('error', () => undefined);
  return following;
}

const heard = ({ moves }: Following): string => moves.map(({ sequence, to }) => `${sequence} ${to}`).join(', ');

function told(following: Following, moves: string): Promise<unknown> {
  return until(`told ${moves}`, async () => heard(following) === moves, NEWS_WITHIN_MS);
}

async function move(orderId: string, from: OrderStatus, to: OrderStatus): Promise<void> {
  const how = { paymentStatus: 'PAID', actor: BY, note: null, now: NOW } as const;
  await moveOrder(database.db, { orderId, from: [from], to, ...how });
}

async function placed(): Promise<string> {
  const orderId = await insertOrderRow(database.db);
  const first = {
    orderId,
    sequence: 1,
    fromStatus: null,
    toStatus: 'PENDING',
    actor: 'customer',
    createdAt: NOW,
  } as const;
  await database.db.insertInto('orderEvents').values(first).execute();
  return orderId;
}

describe('a client', () => {
  test('is told the moves that there were, and each one that comes, at its news', async () => {
    const { follow: open, redis } = await shop();
    const orderId = await placed();
    const following = await open(orderId);
    expect(following.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
    await told(following, '1 PENDING');
    const announce = createAnnounce(redis);
    await move(orderId, 'PENDING', 'PAID');
    announce(orderId);
    await told(following, '1 PENDING, 2 PAID');
    await move(orderId, 'PAID', 'CANCELLED');
    announce(orderId);
    await told(following, '1 PENDING, 2 PAID, 3 CANCELLED');
    expect(following.moves.map(({ actor }) => actor)).toEqual(['customer', 'admin', 'admin']);
    expect(following.text()).toContain('event: move\ndata: {"sequence":2,');
    expect(following.text()).toContain('\nid: 2\n');
  });

  test('that comes again goes on after the last event it has seen', async () => {
    const { follow: open, redis, token } = await shop();
    const orderId = await placed();
    await move(orderId, 'PENDING', 'PAID');
    const following = await open(orderId, { 'X-Order-Token': token(orderId), 'Last-Event-ID': '1' });
    await told(following, '2 PAID');
    await move(orderId, 'PAID', 'CANCELLED');
    createAnnounce(redis)(orderId);
    await told(following, '2 PAID, 3 CANCELLED');
    expect(following.text().match(/^id: /gm)).toHaveLength(2);
  });

  test('without a Redis is told a moment later', async () => {
    const { follow: open } = await shop(null);
    const orderId = await placed();
    const following = await open(orderId);
    await told(following, '1 PENDING');
    await move(orderId, 'PENDING', 'PAID');
    await told(following, '1 PENDING, 2 PAID');
    expect(following.text().match(/^id: /gm)).toHaveLength(2);
  });

  test('is told in the end what no news came of', async () => {
    const { follow: open } = await shop();
    const orderId = await placed();
    const following = await open(orderId);
    await told(following, '1 PENDING');
    await move(orderId, 'PENDING', 'PAID');
    await until('it is looked for', async () => heard(following) === '1 PENDING, 2 PAID');
  });

  test('hears nothing of other orders', async () => {
    const { follow: open, redis, news } = await shop();
    const [mine, other] = [await placed(), await placed()];
    const [following, others] = [await open(mine), await open(other)];
    await told(following, '1 PENDING');
    await move(other, 'PENDING', 'PAID');
    createAnnounce(redis)(other);
    await told(others, '1 PENDING, 2 PAID');
    expect(heard(following)).toBe('1 PENDING');
    expect(news.followers()).toBe(2);
  });

  test('that has left leaves nothing behind', async () => {
    const { follow: open, news } = await shop();
    const orderId = await placed();
    const many = await Promise.all(Array.from({ length: 10 }, () => open(orderId)));
    expect(news.followers()).toBe(10);
    for (const { request } of many) request.destroy();
    await until('nobody follows any more', async () => news.followers() === 0, NEWS_WITHIN_MS);
  });

  test('is let go when the process drains', async () => {
    const { follow: open, drain, news } = await shop();
    const orderId = await placed();
    const following = await open(orderId);
    await told(following, '1 PENDING');
    drain();
    await until('the stream has ended', async () => following.response.readableEnded, NEWS_WITHIN_MS);
    expect(news.followers()).toBe(0);
  });
});

describe('refused', () => {
  test.each<[string, (shop: { token: (id: string) => string }, id: string) => Record<string, string>, number]>([
    ['nobody in particular', () => ({}), 404],
    ['whoever has the token of another order', ({ token }) => ({ 'X-Order-Token': token(newId(NOW)) }), 404],
    [
      'a last event that is none',
      ({ token }, id) => ({ 'X-Order-Token': token(id), 'Last-Event-ID': 'the first' }),
      422,
    ],
  ])('%s', async (_who, headersOf, status) => {
    const running = await shop();
    const orderId = await placed();
    const { response } = await running.follow(orderId, headersOf(running, orderId));
    expect(response.statusCode).toBe(status);
    expect(running.news.followers()).toBe(0);
  });

  test.each([{}, { 'Last-Event-ID': '3' }])('an order that there is not', async (headers: Record<string, string>) => {
    const running = await shop();
    const orderId = newId(NOW);
    const { response } = await running.follow(orderId, { 'X-Order-Token': running.token(orderId), ...headers });
    expect(response.statusCode).toBe(404);
    expect(running.news.followers()).toBe(0);
  });
});
