// What somebody orders as a guest, under the mail address of their account: theirs from the next login on, once the address is
// confirmed. On the whole app and the real tables.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApp } from '../../src/http/app.ts';
import { AREAS } from '../../src/http/areas.ts';
import { type Ask, asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow } from '../support/rows.ts';
import { secretFor } from './door.ts';
import { account, bearer, PASSWORD } from './people.ts';

let database: OwnDatabase;
let ask: Ask;
beforeAll(async () => {
  database = await ownDatabase();
  ask = asking(createApp(floor(null, {}, { db: database.db }).deps, AREAS));
});
afterAll(() => database.leave());

const auth = (route: string, json: unknown) => ask('POST', `auth/${route}`, { json });
const byPassword = (email: string) => auth('login', { email, password: PASSWORD });
async function byCode(email: string) {
  await auth('send-otp', { email });
  return auth('verify-otp', { email, otp: await secretFor(database.db, email, 'otp') });
}

test.each([
  ['a password', byPassword],
  ['a code', byCode],
])('a login by %s brings what was ordered as a guest since the last one', async (_by, logIn) => {
  const me = await account(database.db);
  const others = await insertOrderRow(database.db);
  const mine = await insertOrderRow(database.db, { email: me.email });
  const headers = bearer((await logIn(me.email)).body.accessToken);
  expect((await ask('GET', 'orders', { headers })).body.items).toMatchObject([{ id: mine }]);
  expect((await ask('GET', `orders/${others}`, { headers })).status).toBe(404);
});

test('a login under an address that was not confirmed brings none', async () => {
  const me = await account(database.db, { emailVerified: false });
  await insertOrderRow(database.db, { email: me.email });
  const headers = bearer((await byPassword(me.email)).body.accessToken);
  expect((await ask('GET', 'orders', { headers })).body.items).toEqual([]);
});
