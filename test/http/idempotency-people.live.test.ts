// Idempotency-Keys of somebody who is logged in: theirs as long as the login lasts, whatever proves it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { person } from '../accounts/people.ts';
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

describe('a key', () => {
  test('is theirs whichever token they prove it with, so that a retry after a refresh runs nothing twice', async () => {
    const { send, state } = shop();
    const me = await person(database.db, { now: new Date(START) });
    expect((await send('mine-1', undefined, me.bearer)).status).toBe(201);
    const again = await send('mine-1', undefined, me.cookie);
    expect([again.headers.get('idempotent-replayed'), state.runs]).toEqual(['true', 1]);
  });

  test("is nobody else's, and about another guest's cart it is another request", async () => {
    const { send, state } = shop();
    const [me, other] = [
      await person(database.db, { now: new Date(START) }),
      await person(database.db, { now: new Date(START) }),
    ];
    await send('mine-2', undefined, me.bearer);
    await send('mine-2', undefined, other.bearer);
    expect(state.runs).toBe(2);
    const reused = await send('mine-2', undefined, { ...me.bearer, 'X-Cart-Token': 'another' });
    expect(await reused.json()).toMatchObject({ code: 'idempotency_key_reused' });
  });

  test.each(['claimed', 'converging'])(
    '(%s) opens nothing once their login is over, or their role is another',
    async (how) => {
      const { send, state } = shop({ converges: how === 'converging' });
      const { db } = database;
      const [out, demoted] = [
        await person(db, { now: new Date(START) }),
        await person(db, { role: 'admin', now: new Date(START) }),
      ];
      const key = `ended-${how}`;
      for (const who of [out, demoted]) await send(key, undefined, who.bearer);
      await db.deleteFrom('sessions').where('userId', '=', out.id).execute();
      await db.updateTable('users').set({ role: 'customer' }).where('id', '=', demoted.id).execute();
      for (const who of [out, demoted]) {
        const later = await send(key, undefined, who.bearer);
        expect(later.headers.get('idempotent-replayed')).toBeNull();
      }
      expect(state.runs).toBe(4);
    },
  );

  test('costs no statement that the handler would not have needed', async () => {
    const me = await person(database.db, { now: new Date(START) });
    const { send } = shop({}, () => new Response(null, { status: 204 }), {}, true);
    const before = statements;
    await send('mine-3', undefined, me.bearer);
    expect(statements - before).toBe(3);
  });
});

test('a cookie of a login that is over makes a guest, whose key it then is', async () => {
  const { send, state } = shop();
  const stale = { Cookie: 'session=over' };
  await send('stale', undefined, stale);
  const again = await send('stale');
  expect([again.headers.get('idempotent-replayed'), state.runs]).toEqual(['true', 1]);
});
