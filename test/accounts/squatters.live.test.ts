// Somebody registers with the mail address of somebody else. Whatever the owner of the mailbox then does, nothing of theirs comes
// to who made the account, as long as they do not open the link in the mail that asks them whether it was them. On the whole app and
// the real tables.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../src/http/app.ts';
import { AREAS } from '../../src/http/areas.ts';
import { asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, stockedVariant } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';
import { secretFor, waitingForLocks } from './door.ts';
import { bearer, newAddress, PASSWORD } from './people.ts';

let database: OwnDatabase;
let ask: ReturnType<typeof asking>;
let cup: string;
/** Seconds that have passed: whoever asks for a mail twice has to wait between. */
let passed = 0;
beforeAll(async () => {
  database = await ownDatabase();
  const clock = () => new Date(Date.now() + passed * 1_000);
  ask = asking(createApp(floor(null, {}, { db: database.db, clock }).deps, AREAS));
  cup = (await stockedVariant(database.db, 10)).id;
});
afterAll(() => database.leave());

const OWNERS_PASSWORD = 'wrong donkey cell paperclip';

type Headers = Record<string, string>;
const auth = (route: string, json: unknown, headers: Headers = {}) => ask('POST', `auth/${route}`, { json, headers });

/** An order that was made as a guest under an address, and somebody who registers with it: by nothing else are they the same. */
async function registeredOver(guests = newAddress()) {
  const orderId = await insertOrderRow(database.db, { email: guests });
  const { body } = await auth('register', { email: guests, password: PASSWORD, name: 'Mallory' });
  const headers: Headers = bearer(body.accessToken);
  return { email: guests, orderId, userId: body.user.id as string, headers, refreshToken: body.refreshToken as string };
}
const linkFor = (email: string) => secretFor(database.db, email, 'verify_email');

async function enterByCode(email: string) {
  await auth('send-otp', { email });
  return auth('verify-otp', { email, otp: await secretFor(database.db, email, 'otp') });
}

async function enterByReset(email: string) {
  await auth('forgot-password', { email });
  const token = await secretFor(database.db, email, 'reset_password');
  expect((await auth('reset-password', { token, newPassword: OWNERS_PASSWORD })).status).toBe(204);
  return auth('login', { email, password: OWNERS_PASSWORD });
}

const WAYS = [
  ['a code', enterByCode],
  ['a reset of the password', enterByReset],
] as const;

async function ordersOf(headers: Headers): Promise<string[] | number> {
  const { status, body } = await ask('GET', 'orders', { headers });
  return status === 200 ? body.items.map(({ id }: { id: string }) => id) : status;
}

test('the link that confirms an account brings what was ordered under its address: the mailbox answers for it, not a login', async () => {
  const [made, other] = [await registeredOver(), await registeredOver()];
  expect(await ordersOf(made.headers)).toEqual([]);
  expect((await auth('verify-email', { token: await linkFor(made.email) }, other.headers)).status).toBe(204);
  expect((await ask('GET', 'users/me', { headers: made.headers })).body).toMatchObject({ emailVerified: true });
  expect(await ordersOf(made.headers)).toEqual([made.orderId]);
  expect(await ordersOf(other.headers)).toEqual([]);
});

describe('an account that nobody has confirmed', () => {
  test('gets nothing that was ordered under its address, however its maker comes in', async () => {
    const { email, orderId, headers, refreshToken } = await registeredOver();
    const again = (await auth('login', { email, password: PASSWORD })).body;
    const renewed = (await auth('refresh', { refreshToken })).body;
    for (const mine of [headers, bearer(again.accessToken), bearer(renewed.accessToken)]) {
      expect(await ordersOf(mine)).toEqual([]);
      expect((await ask('GET', `orders/${orderId}`, { headers: mine })).status).toBe(404);
      expect((await ask('PATCH', `orders/${orderId}/cancel`, { headers: mine })).status).toBe(404);
    }
  });

  test.each(WAYS)(
    "is its owner's alone when they come by %s, as it is, with what was ordered under the address",
    async (_way, enter) => {
      const { email, orderId, userId, headers, refreshToken } = await registeredOver();
      await ask('POST', 'addresses', { headers, json: { ...ADDRESS, isDefault: true } });
      await ask('POST', 'cart/items', { headers, json: { variantId: cup, quantity: 1 } });
      const theirs = await insertOrderRow(database.db, { customer_id: userId, email, payment_method: 'cod' });

      const { body } = await enter(email);
      const mine = bearer(body.accessToken);
      expect(body.user).toMatchObject({ id: userId, name: 'Mallory', emailVerified: true });
      expect((await ask('GET', 'addresses', { headers: mine })).body.items).toHaveLength(1);
      expect((await ask('GET', 'cart', { headers: mine })).body.items).toHaveLength(1);
      expect(new Set([await ordersOf(mine)].flat())).toEqual(new Set([orderId, theirs]));
      // Whoever made it is out: by nothing that they have do they come in again.
      expect(await ordersOf(headers)).toBe(401);
      expect((await auth('refresh', { refreshToken })).status).toBe(401);
      expect((await auth('login', { email, password: PASSWORD })).status).toBe(401);
      // From here on the next code ends nothing.
      passed += 60;
      const next = (await enterByCode(email)).body;
      for (const session of [mine, bearer(next.accessToken)])
        expect((await ask('GET', 'users/me', { headers: session })).status).toBe(200);
    },
  );

  test('is theirs, too, when they come by a code and by a reset at the same moment', async () => {
    const { email, orderId, userId } = await registeredOver();
    await auth('send-otp', { email });
    await auth('forgot-password', { email });
    const otp = await secretFor(database.db, email, 'otp');
    const token = await secretFor(database.db, email, 'reset_password');
    let answers: ReturnType<typeof auth>[] = [];
    await database.db.transaction().execute(async (tx) => {
      await tx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
      answers = [auth('verify-otp', { email, otp }), auth('reset-password', { token, newPassword: OWNERS_PASSWORD })];
      await waitingForLocks(database.db, 2);
    });
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 204]);
    const { body } = await auth('login', { email, password: OWNERS_PASSWORD });
    expect(await ordersOf(bearer(body.accessToken))).toEqual([orderId]);
    const people = database.db.selectFrom('users').select('id').where('email', '=', email);
    expect(await people.execute()).toEqual([{ id: body.user.id }]);
  });
});

describe('an account that is to end', () => {
  test('ends also when somebody has put the address there that its row could be given', async () => {
    const { email, userId, headers } = await registeredOver();
    const inItsPlace = { id: randomUUID(), email: `${userId}@deleted.invalid`, name: 'Mallory' };
    await database.db.insertInto('users').values(inItsPlace).execute();
    expect((await ask('DELETE', 'users/me', { headers })).status).toBe(204);
    const row = database.db.selectFrom('users').select('email').where('id', '=', userId);
    expect((await row.executeTakeFirstOrThrow()).email).toMatch(/^[\w-]+@deleted\.invalid$/);
    expect((await auth('register', { email, password: PASSWORD, name: 'Ada' })).status).toBe(201);
  });

  test.each(['x@deleted.invalid', 'X@DELETED.INVALID', 'x@invalid.invalid'])(
    'finds its address in no hand: %s is nobody to register and to write to',
    async (email) => {
      const refused = { status: 422, body: { errors: [{ path: 'email' }] } };
      expect(await auth('register', { email, password: PASSWORD, name: 'Mallory' })).toMatchObject(refused);
      for (const route of ['send-otp', 'forgot-password', 'resend-verification']) {
        expect(await auth(route, { email })).toMatchObject(refused);
      }
    },
  );
});
