// Who may go on following an order: a stream ends with what it was opened with, and nobody takes all the streams that there are.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { orderArea } from '../../src/http/areas.ts';
import { createServer, listen } from '../../src/http/server.ts';
import { moveOrder } from '../../src/orders/store.ts';
import { newId } from '../../src/platform/ids.ts';
import { openOrderNews } from '../../src/platform/news.ts';
import { orderToken } from '../../src/platform/tokens.ts';
import { type Credentials, machine, person } from '../accounts/people.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, NOW } from '../support/rows.ts';
import { until } from '../support/wait.ts';

const SILENCE_MS = 16_000;

let database: OwnDatabase;
const ending: (() => unknown)[] = [];

beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());
afterEach(async () => {
  jest.restoreAllMocks();
  for (const end of ending.splice(0).toReversed()) await end();
});

/** An API process without a Redis, which looks for moves by itself all the time. */
async function shop(environment: Record<string, string> = {}) {
  const news = openOrderNews(null, floor(null).deps.logger);
  const { app, deps } = floor(orderArea, environment, { db: database.db, news });
  const server = createServer(app);
  const address = await listen(server, '127.0.0.1', 0);
  ending.push(
    news.close,
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const token = (orderId: string) => ({ 'X-Order-Token': orderToken(deps.config.TOKEN_SECRET, orderId) });
  const follow = async (orderId: string, headers: Credentials = token(orderId)) => {
    const request = get(`${address}/api/v1/orders/${orderId}/stream`, { headers });
    request.on('error', () => undefined);
    ending.push(() => request.destroy());
    const [response]: IncomingMessage[] = (await once(request, 'response')) as [IncomingMessage];
    const following = { request, status: response?.statusCode, ended: false, text: '' };
    response?.setEncoding('utf8').on('data', (part: string) => {
      following.text += part;
    });
    response
      ?.on('error', () => undefined)
      .on('end', () => {
        following.ended = true;
      });
    return following;
  };
  return { news, follow };
}

const cancel = (orderId: string) =>
  moveOrder(database.db, {
    orderId,
    from: ['PENDING'],
    to: 'CANCELLED',
    paymentStatus: 'NONE',
    actor: 'customer',
    note: null,
    now: NOW,
  });

/** An order, whom it belongs to, and an admin. */
async function placed() {
  const [owner, admin] = [await person(database.db), await person(database.db, { role: 'admin' })];
  const key = await machine(database.db, { role: 'admin' });
  const orderId = await insertOrderRow(database.db, { customer_id: owner.id });
  return { orderId, owner, admin, key };
}

type Placed = Awaited<ReturnType<typeof placed>>;

describe.each<[string, (placed: Placed) => Credentials, (placed: Placed) => Promise<unknown>]>([
  [
    'a customer who logs out',
    ({ owner }) => owner.bearer,
    ({ owner }) => database.db.deleteFrom('sessions').where('userId', '=', owner.id).execute(),
  ],
  [
    'a customer who is shut out',
    ({ owner }) => owner.cookie,
    ({ owner }) => database.db.updateTable('users').set({ active: false }).where('id', '=', owner.id).execute(),
  ],
  [
    'an admin who is none any more',
    ({ admin }) => admin.bearer,
    ({ admin }) => database.db.updateTable('users').set({ role: 'inventory' }).where('id', '=', admin.id).execute(),
  ],
  [
    'a machine whose key is revoked',
    ({ key }) => key.headers,
    ({ key }) => database.db.deleteFrom('apiKeys').where('id', '=', key.id).execute(),
  ],
])('%s', (_who, headersOf, end) => {
  test('is told nothing that happens afterwards', async () => {
    const { follow, news } = await shop();
    const made = await placed();
    const following = await follow(made.orderId, headersOf(made));
    expect(following.status).toBe(200);
    await end(made);
    await cancel(made.orderId);
    await until('the stream has ended', async () => following.ended);
    expect(following.text).not.toContain('CANCELLED');
    expect(news.followers()).toBe(0);
  });

  test('is let go also while nothing happens', async () => {
    const { follow } = await shop();
    const made = await placed();
    const following = await follow(made.orderId, headersOf(made));
    await end(made);
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + SILENCE_MS);
    await until('the stream has ended', async () => following.ended);
  });
});

test('a guest with the token of the order goes on, and so does whoever is still logged in', async () => {
  const { follow } = await shop();
  const { orderId, owner } = await placed();
  const both = [await follow(orderId), await follow(orderId, owner.bearer)];
  await cancel(orderId);
  for (const following of both) {
    await until('told', async () => following.text.includes('CANCELLED'));
    expect(following.ended).toBe(false);
  }
});

test('ten streams of one order are open at the most, and one that ends makes room', async () => {
  const { follow, news } = await shop();
  const [orderId, other] = [await insertOrderRow(database.db), await insertOrderRow(database.db)];
  const open = await Promise.all(Array.from({ length: 11 }, () => follow(orderId)));
  expect(open.filter(({ status }) => status === 429)).toHaveLength(1);
  expect((await follow(other)).status).toBe(200);
  open.find(({ status }) => status === 200)?.request.destroy();
  await until('one has ended', async () => news.followers() === 10);
  expect((await follow(orderId)).status).toBe(200);
});

test('a caller has a hundred at the most, whichever orders they are of: an account apart from its address', async () => {
  const { follow, news } = await shop({ RATE_LIMIT_SCALE: '0.03' });
  const orders = await Promise.all(Array.from({ length: 4 }, () => insertOrderRow(database.db)));
  const [first = '', ...others] = orders;
  const open = [];
  for (const orderId of orders) open.push(await follow(orderId));
  expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  const { bearer } = await person(database.db, { role: 'admin' });
  expect((await follow(first, bearer)).status).toBe(200);
  open[0]?.request.destroy();
  await until('one has ended', async () => news.followers() === 3);
  expect((await follow(others.at(-1) ?? newId(NOW))).status).toBe(200);
});
