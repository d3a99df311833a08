// Lists of orders, on the real tables: a customer's history, and all orders with an admin's filters.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CompiledQuery, sql } from 'kysely';
import type { Role } from '../../src/accounts/rules.ts';
import { newId } from '../../src/platform/ids.ts';
import { person } from '../accounts/people.ts';
import { askedShop } from '../http/asked-shop.ts';
import { type Ask, pagesOf } from '../http/asking.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, NOW } from '../support/rows.ts';

let database: OwnDatabase;
let ask: Ask;
let statements: CompiledQuery[] = [];

beforeAll(async () => {
  database = await ownDatabase((event) => statements.push(event.query));
  ({ ask } = askedShop(database.db));
});
afterAll(() => database.leave());

const someone = (role: Role = 'customer') => person(database.db, { role, now: NOW });

describe('the history of a customer', () => {
  test.each([1, 2, 3])("is their orders, newest first, by pages of %d, and nobody else's", async (limit) => {
    const [who, other] = [await someone(), await someone()];
    await insertOrderRow(database.db, { customer_id: other.id });
    // Two of them at the same moment, and one a microsecond later.
    const times = ['10:00:00', '10:00:01', '10:00:01', '10:00:01.000001', '10:00:02'];
    const ids: string[] = [];
    for (const time of times) {
      const id = newId(NOW);
      await insertOrderRow(database.db, { id, customer_id: who.id, placed_at: `2026-11-20 ${time}+00` });
      ids.push(id);
    }
    const pages = await pagesOf(ask, `orders?limit=${limit}`, who.bearer);
    const [a = '', b = '', c = '', d = '', e = ''] = ids;
    expect(pages.flat().map(({ id }) => id)).toEqual([e, d, ...[b, c].toSorted().toReversed(), a]);
  });

  test('is for who is logged in, and takes no wrong cursor and no filter of others', async () => {
    const who = await someone();
    expect((await ask('GET', 'orders')).status).toBe(401);
    for (const query of ['limit=0', 'cursor=x', `customer=${randomUUID()}`]) {
      expect((await ask('GET', `orders?${query}`, { headers: who.bearer })).status).toBe(422);
    }
    expect((await ask('GET', 'orders', { headers: who.bearer })).body).toEqual({ items: [], nextCursor: null });
  });
});

describe('all orders', () => {
  test('are found by an admin, by status, customer, mail address, time and number', async () => {
    const [admin, who] = [await someone('admin'), await someone()];
    const email = `Someone.${randomUUID()}@Example.com`;
    const mine = { customer_id: who.id, number: `PD-${randomUUID().slice(0, 8)}` };
    const first = await insertOrderRow(database.db, { ...mine, placed_at: '2020-01-01 23:59:59+00', status: 'PAID' });
    const second = await insertOrderRow(database.db, {
      customer_id: who.id,
      placed_at: '2020-01-02 00:00:00+00',
      email,
    });
    const find = async (query: Record<string, string>) => {
      const { status, body: page } = await ask('GET', `orders/all?${new URLSearchParams(query).toString()}`, {
        headers: admin.bearer,
      });
      return [status, page.items.map(({ id }: { id: string }) => id)];
    };
    expect(await find({ customer: who.id })).toEqual([200, [second, first]]);
    expect(await find({ customer: who.id, status: 'PAID' })).toEqual([200, [first]]);
    expect(await find({ customer: email.toUpperCase() })).toEqual([200, [second]]);
    expect(await find({ number: mine.number })).toEqual([200, [first]]);
    expect(await find({ customer: who.id, from: '2020-01-02' })).toEqual([200, [second]]);
    expect(await find({ to: '2020-01-02' })).toEqual([200, [first]]);
    expect(await find({ from: '2020-01-02T01:00:00+01:00', to: '2020-01-02T00:00:01Z' })).toEqual([200, [second]]);
    expect(await find({ customer: randomUUID() })).toEqual([200, []]);
  });

  test('are for admins only, and wrong filters are refused', async () => {
    const [who, stock, admin] = await Promise.all(
      (['customer', 'inventory', 'admin'] as const).map((role) => someone(role)),
    );
    expect((await ask('GET', 'orders/all')).status).toBe(401);
    for (const low of [who, stock]) {
      expect((await ask('GET', 'orders/all', { headers: low?.bearer ?? {} })).status).toBe(403);
    }
    for (const query of [
      'status=GONE',
      'customer=ada',
      'from=yesterday',
      'to=2026-02-30',
      'sort=total',
      'cursor=W10',
    ]) {
      expect([query, (await ask('GET', `orders/all?${query}`, { headers: admin?.bearer ?? {} })).status]).toEqual([
        query,
        422,
      ]);
    }
  });
});

test.each([
  ['', 'orders_placed_at_idx'],
  ['status=SHIPPED', 'orders_status_idx'],
  [`customer=${randomUUID()}`, 'orders_customer_id_idx'],
  ['customer=ada@example.com', 'orders_email_idx'],
  ['number=PD-1', 'orders_number_key'],
  ['from=2026-01-01&to=2026-01-02', 'orders_placed_at_idx'],
])('the list with %s is answered through %s', async (query, index) => {
  const admin = await someone('admin');
  statements = [];
  await ask('GET', `orders/all?${query}`, { headers: admin.bearer });
  const list = statements.at(-1);
  const plan = await database.db.transaction().execute(async (tx) => {
    // What remains when reading the whole table is no choice: the plan of a shop that is large.
    await sql`SET LOCAL enable_seqscan = off`.execute(tx);
    return tx.executeQuery<Record<string, unknown>>({
      ...sql`SELECT`.compile(tx),
      sql: `EXPLAIN (FORMAT JSON) ${list?.sql}`,
      parameters: list?.parameters ?? [],
    });
  });
  expect(JSON.stringify(plan.rows)).toContain(`"${index}"`);
});

describe('a cursor', () => {
  const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const id = randomUUID();

  test.each([
    ['that is noise', 'xyz'],
    ['with a negative time', token([-1, id])],
    ['with a time beyond every date', token([1e300, id])],
    ['with text for a time', token(['now', id])],
    ['with an id that is none', token([1, 'x'])],
  ])('%s is refused', async (_name, cursor) => {
    const who = await someone();
    const refused = await ask('GET', `orders?cursor=${cursor}`, { headers: who.bearer });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'cursor' }] } });
  });

  test('at the far end of what a time can be breaks nothing', async () => {
    const who = await someone();
    const far = `orders?cursor=${token([Number.MAX_SAFE_INTEGER, id])}`;
    expect((await ask('GET', far, { headers: who.bearer })).status).toBe(200);
  });
});
