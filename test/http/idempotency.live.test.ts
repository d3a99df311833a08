// Idempotency-Key on the real table: one effect, one answer, per caller, however often and however close together it is sent.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { deleteExpiredKeys } from '../../src/http/idempotency.ts';
import { problem } from '../../src/http/problem.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { type HowKeyed, keyedRoute, START } from './keyed-route.ts';

let database: OwnDatabase;
let statements = 0;
beforeAll(async () => {
  database = await ownDatabase(() => {
    statements += 1;
  });
});
afterAll(() => database.leave());

const shop = (...how: HowKeyed) => keyedRoute(database.db, ...how);

/** Both ways to keep a key: the first to come claims it, or all run because the handler makes them one. */
describe.each([
  ['claimed', {}],
  ['converging', { converges: true }],
])('a %s key', (name, options) => {
  test('gives the stored answer again, byte for byte, and says so', async () => {
    const answer = '{"z":1,  "a":"\\u00fc\\u0000"}';
    const { send, state } = shop(
      options,
      () => new Response(answer, { status: 201, headers: { 'Content-Type': 'application/json', ETag: '"4"' } }),
    );
    const first = await send(`${name}-1`);
    const again = await send(`${name}-1`);
    expect([await first.text(), await again.text()]).toEqual([answer, answer]);
    expect([again.status, again.headers.get('etag'), again.headers.get('content-type')]).toEqual([
      201,
      '"4"',
      'application/json',
    ]);
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([
      null,
      'true',
    ]);
    expect(state.runs).toBe(1);
  });

  test('with another body is refused', async () => {
    const { send, state } = shop(options);
    await send(`${name}-2`);
    const other = await send(`${name}-2`, '{"a":1,"b":3}');
    expect(await other.json()).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(state.runs).toBe(1);
  });

  test('bound to another version is another request: it is refused, and never gets the answer of the first', async () => {
    const { send, state } = shop(options, () => {
      throw problem('precondition_failed', { version: 2 });
    });
    expect((await send(`${name}-9`, undefined, { 'If-Match': '"1"' })).status).toBe(412);
    for (const headers of [{ 'If-Match': '"2"' }, {}]) {
      const other = await send(`${name}-9`, undefined, headers);
      expect(await other.json()).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    }
    const again = await send(`${name}-9`, undefined, { 'If-Match': '"1"' });
    expect([again.status, again.headers.get('idempotent-replayed'), state.runs]).toEqual([412, 'true', 1]);
  });

  test('takes another spelling of the same body for the same', async () => {
    const { send } = shop(options);
    await send(`${name}-3`);
    const again = await send(`${name}-3`, '{ "b": 2, "a": 1 }');
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  test('belongs to its caller alone', async () => {
    const { send, state } = shop(options);
    await send(`${name}-4`);
    const other = await send(`${name}-4`, undefined, { 'X-Cart-Token': 'yours' });
    expect(other.headers.get('idempotent-replayed')).toBeNull();
    expect(state.runs).toBe(2);
  });

  test('of a stranger is not kept: nobody could tell two of them apart', async () => {
    const { send, state } = shop(options);
    await send(`${name}-8`, undefined, { 'X-Cart-Token': '' });
    await send(`${name}-8`, undefined, { 'X-Cart-Token': '' });
    expect(state.runs).toBe(2);
  });

  test('keeps a refusal too', async () => {
    const { send, state } = shop(options, () => {
      throw problem('out_of_stock', { items: [] });
    });
    await send(`${name}-5`);
    const again = await send(`${name}-5`);
    expect(await again.json()).toMatchObject({ status: 409, code: 'out_of_stock' });
    expect([again.headers.get('idempotent-replayed'), state.runs]).toEqual(['true', 1]);
  });

  test.each(['unavailable', 'internal_error', 'rate_limited', 'unauthenticated'] as const)(
    'runs again after %s',
    async (code) => {
      const { send, state } = shop(options, (run) => {
        if (run === 1) throw problem(code);
        return Response.json({ run });
      });
      await send(`${name}-${code}`);
      const again = await send(`${name}-${code}`);
      expect(await again.json()).toEqual({ run: 2 });
      expect(state.runs).toBe(2);
    },
  );

  test('runs again when its time is over, and not before', async () => {
    const { send, state } = shop(options);
    await send(`${name}-6`);
    state.now = START + 3_599_000;
    await send(`${name}-6`);
    expect(state.runs).toBe(1);
    state.now = START + 3_601_000;
    await send(`${name}-6`);
    expect(state.runs).toBe(2);
  });

  test('costs one statement before the handler and one after it', async () => {
    const { send } = shop(options);
    const before = statements;
    await send(`${name}-7`);
    expect(statements - before).toBe(2);
    await send(`${name}-7`);
    expect(statements - before).toBe(3);
  });

  test('that is no key is refused', async () => {
    const { send } = shop(options);
    expect(await (await send('x'.repeat(256))).json()).toMatchObject({ status: 422, code: 'validation_failed' });
  });
});

test('of many at once with one key, one runs; the others are told to come back, and then get its answer', async () => {
  const gate = Promise.withResolvers<void>();
  const { send, state } = shop({}, async (run) => {
    await gate.promise;
    return Response.json({ run });
  });
  let refused = 0;
  const sent = Array.from({ length: 8 }, async () => {
    const response = await send('rush');
    if (response.status === 409 && (refused += 1) === 7) gate.resolve();
    return response;
  });
  const answers = await Promise.all(sent);
  const late = answers.filter((response) => response.status === 409);
  expect(late.map((response) => response.headers.has('retry-after'))).toEqual(Array(7).fill(true));
  expect(await late[0]?.json()).toMatchObject({ code: 'request_in_progress' });
  expect(await (await send('rush')).json()).toEqual({ run: 1 });
  expect(state.runs).toBe(1);
});

test('a converging handler runs for each of many at once, and one answer is kept', async () => {
  const { send, state } = shop({ converges: true }, () => Response.json({ order: 'the same' }));
  const answers = await Promise.all(Array.from({ length: 8 }, async () => (await send('together')).json()));
  expect(answers).toEqual(answers.map(() => ({ order: 'the same' })));
  const runs = state.runs;
  expect((await send('together')).headers.get('idempotent-replayed')).toBe('true');
  expect(state.runs).toBe(runs);
});

test('a claim of a process that died is free again after twice the request timeout', async () => {
  const never = Promise.withResolvers<Response>().promise;
  const { send, state } = shop({}, (run) => (run === 1 ? never : Response.json({ run })), { REQUEST_TIMEOUT: '0.2' });
  const abandoned = send('died');
  await untilClaimed('died');
  expect((await send('died')).status).toBe(409);
  state.now = START + 401;
  expect(await (await send('died')).json()).toEqual({ run: 2 });
  expect((await abandoned).status).toBe(503);
});

async function untilClaimed(key: string): Promise<void> {
  const { db } = database;
  while ((await db.selectFrom('idempotencyKeys').select('key').where('key', '=', key).execute()).length === 0);
}

describe('without a key', () => {
  test('a route that needs one refuses', async () => {
    const { send, state } = shop({ required: true });
    expect(await (await send(null)).json()).toMatchObject({ status: 400, code: 'idempotency_key_missing' });
    expect(state.runs).toBe(0);
  });

  test('a route that only accepts one runs each time', async () => {
    const { send, state } = shop();
    await send(null);
    await send(null);
    expect(state.runs).toBe(2);
  });
});

test('what is kept of an answer tells its tokens to nobody who reads the table', async () => {
  const { send } = shop({}, () =>
    Response.json(
      { accessToken: 'order_secret', clientSecret: 'pi_secret' },
      { headers: { 'X-Cart-Token': 'cart_secret' } },
    ),
  );
  await send('sealed');
  const rows = await sql<{ row: string }>`
    SELECT concat(to_jsonb(k), encode(sealed, 'escape')) AS row
    FROM idempotency_keys AS k WHERE key = 'sealed'`.execute(database.db);
  expect(rows.rows).toHaveLength(1);
  expect(rows.rows[0]?.row).not.toMatch(/secret|accessToken/);
  const again = await send('sealed');
  expect([await again.json(), again.headers.get('X-Cart-Token')]).toEqual([
    { accessToken: 'order_secret', clientSecret: 'pi_secret' },
    'cart_secret',
  ]);
});

test('an answer that no secret opens any more is not made anew: what it told of was done', async () => {
  const { send, state } = shop();
  await send('rotated');
  await database.db
    .updateTable('idempotencyKeys')
    .set({ sealed: Buffer.from('of another secret') })
    .where('key', '=', 'rotated')
    .execute();
  expect(await (await send('rotated')).json()).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  expect(state.runs).toBe(1);
});

test('expired keys go when they are swept, and the others stay', async () => {
  const { send } = shop();
  await send('sweep-me');
  await deleteExpiredKeys(database.db, new Date(START + 3_000_000));
  expect((await send('sweep-me')).headers.get('idempotent-replayed')).toBe('true');
  await deleteExpiredKeys(database.db, new Date(START + 3_600_000));
  const left = await database.db.selectFrom('idempotencyKeys').select('key').where('key', '=', 'sweep-me').execute();
  expect(left).toEqual([]);
});
