// Logging in with a mailed code, through the whole app on the real tables.
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Answered } from '../http/asking.ts';
import { type Door, doors, everyTime, mailed, secretFor, statusesOf, waitingForLocks } from './door.ts';
import { account, bearer, cookie, newAddress } from './people.ts';

const { database, shop, mailCosts } = doors();

/** Asks for a code and gives it. */
async function codeFor({ post }: Door, email: string): Promise<string> {
  expect(await post('auth/send-otp', { email })).toMatchObject({ status: 202, text: '' });
  return secretFor(database.db, email, 'otp');
}

const verify = ({ post }: Door, email: string, otp: string) => post('auth/verify-otp', { email, otp });

/** A code that is not this one. @param by another number for another code */
const wrong = (code: string, by = 1) => String((Number(code) + by) % 1_000_000).padStart(6, '0');

const REFUSED = { status: 401, body: { code: 'unauthenticated' } };

describe('a code', () => {
  test('logs in by cookie and pair, and registers at the first login, with a confirmed address', async () => {
    const email = newAddress();
    const merged: unknown[] = [];
    const at = shop({
      guests: {
        mergeCart: async (user) => {
          merged.push(user);
          return true;
        },
      },
    });
    await at.post('auth/send-otp', { email: email.toUpperCase() });
    const otp = await secretFor(database.db, email, 'otp');
    expect(otp).toMatch(/^\d{6}$/);
    const { status, body, headers } = await at.post('auth/verify-otp', { email, otp }, { 'X-Cart-Token': 'cart_1' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ user: { email, role: 'customer', emailVerified: true }, expiresIn: 900 });
    expect(headers.getSetCookie()[0]).toContain(`session=${body.refreshToken}; Max-Age=604800; Path=/; HttpOnly`);
    expect(await at.whoIs(bearer(body.accessToken))).toBe(email);
    expect(await at.whoIs(cookie(body.refreshToken))).toBe(email);
    expect(at.claimed).toEqual([{ userId: body.user.id, email }]);
    expect(merged).toEqual([{ userId: body.user.id }]);
    expect(at.acts.map(({ action }) => action)).toEqual(['registered', 'login']);
  });

  test('of somebody with an account logs in to it, and leaves the password as it is', async () => {
    const { email, id } = await account(database.db);
    const at = shop();
    const before = (await at.logIn(email)).body;
    const { body } = await verify(at, email, await codeFor(at, email));
    expect(body.user.id).toBe(id);
    expect((await at.logIn(email)).status).toBe(200);
    expect(await at.whoIs(bearer(before.accessToken))).toBe(email);
  });

  test('gives an account that a stranger made, and never confirmed, to the owner of the mailbox alone', async () => {
    const email = newAddress();
    const at = shop();
    const stranger = (await at.register(email, 'the password of a stranger')).body;
    const { body } = await verify(at, email, await codeFor(at, email));
    expect(body.user.emailVerified).toBe(true);
    expect(body.user.id).toBe(stranger.user.id);
    expect(await at.whoIs(bearer(stranger.accessToken))).toBe(401);
    expect((await at.post('auth/refresh', { refreshToken: stranger.refreshToken })).status).toBe(401);
    expect((await at.logIn(email, 'the password of a stranger')).status).toBe(401);
    expect(await at.whoIs(bearer(body.accessToken))).toBe(email);
  });

  test('works once, also of many at once', async () => {
    const email = newAddress();
    const at = shop();
    const otp = await codeFor(at, email);
    let verified: Promise<Answered[]> = Promise.resolve([]);
    await database.db.transaction().execute(async (tx) => {
      await sql`SELECT FROM account_proofs WHERE email = ${email} FOR UPDATE`.execute(tx);
      verified = everyTime(5, () => verify(at, email, otp));
      await waitingForLocks(database.db, 5);
    });
    const answers = await verified;
    expect(statusesOf(answers)).toEqual([200, 401, 401, 401, 401]);
    expect(await verify(at, email, otp)).toMatchObject(REFUSED);
    const users = await database.db.selectFrom('users').select('id').where('email', '=', email).execute();
    expect(users).toHaveLength(1);
  });

  test('is gone after five wrong tries, and so it is after fifty at once, the right one among the late ones', async () => {
    const at = shop();
    const [one, many] = [newAddress(), newAddress()];
    const first = await codeFor(at, one);
    for (let tries = 1; tries <= 5; tries += 1)
      expect(await verify(at, one, wrong(first, tries))).toMatchObject(REFUSED);
    expect(await verify(at, one, first)).toMatchObject(REFUSED);

    const second = await codeFor(at, many);
    await everyTime(50, (number) => verify(at, many, wrong(second, number + 1)));
    const proofs = database.db.selectFrom('accountProofs').select('tries').where('email', '=', many);
    expect(await proofs.executeTakeFirstOrThrow()).toEqual({ tries: 5 });
    expect(await verify(at, many, second)).toMatchObject(REFUSED);
  });

  test('is right at the fifth try', async () => {
    const at = shop();
    const email = newAddress();
    const otp = await codeFor(at, email);
    for (let tries = 1; tries <= 4; tries += 1) await verify(at, email, wrong(otp, tries));
    expect((await verify(at, email, otp)).status).toBe(200);
  });

  test('lives for OTP_TTL seconds', async () => {
    const [at, brief] = [shop(), shop({ environment: { OTP_TTL: '20' } })];
    for (const [one, seconds] of [
      [at, 120],
      [brief, 20],
    ] as const) {
      const [early, late] = [newAddress(), newAddress()];
      const [first, second] = [await codeFor(one, early), await codeFor(one, late)];
      one.pass(seconds - 1);
      expect((await verify(one, early, first)).status).toBe(200);
      one.pass(1);
      expect(await verify(one, late, second)).toMatchObject(REFUSED);
    }
  });

  test('is replaced after a pause and not before, and only the newest one works', async () => {
    const at = shop();
    const email = newAddress();
    const first = await codeFor(at, email);
    await everyTime(4, () => at.post('auth/send-otp', { email }));
    expect(await mailed(database.db, email)).toMatchObject([{ secret: first }]);
    at.pass(10);
    await everyTime(4, () => at.post('auth/send-otp', { email }));
    const waiting = await mailed(database.db, email);
    expect(waiting).toHaveLength(1);
    const next = waiting[0]?.secret ?? '';
    expect(await verify(at, email, next === first ? wrong(next) : first)).toMatchObject(REFUSED);
    expect((await verify(at, email, next)).status).toBe(200);
  });

  test("opens nobody else's account", async () => {
    const at = shop();
    const { email } = await account(database.db);
    const otp = await codeFor(at, newAddress());
    await codeFor(at, email);
    const others = await secretFor(database.db, email, 'otp');
    expect(await verify(at, email, otp === others ? wrong(others) : otp)).toMatchObject(REFUSED);
  });

  test('is mailed to nobody who is not active, with the answer and the statements of everybody else', async () => {
    const [known, inactive] = [await account(database.db), await account(database.db, { active: false })];
    const emails = [known.email, inactive.email, newAddress()];
    const costs = await mailCosts('auth/send-otp', emails);
    for (const cost of costs) expect(cost).toEqual(costs[0]);
    for (const email of emails) expect(await mailed(database.db, email)).toHaveLength(email === inactive.email ? 0 : 1);
  });

  test('of somebody who was deactivated since opens nothing', async () => {
    const at = shop();
    const { email, id } = await account(database.db);
    const otp = await codeFor(at, email);
    await database.db.updateTable('users').set({ active: false }).where('id', '=', id).execute();
    expect(await verify(at, email, otp)).toMatchObject(REFUSED);
  });

  test('that is wrong is in the audit, and none is in a table or a log', async () => {
    const at = shop();
    const email = newAddress();
    const otp = await codeFor(at, email);
    await verify(at, email, wrong(otp));
    expect(at.acts).toMatchObject([{ actor: 'anonymous', action: 'otp_failed' }]);
    const [proof] = await database.db.selectFrom('accountProofs').selectAll().where('email', '=', email).execute();
    expect(proof?.secretHash).toMatch(/^[\w-]{43}$/);
    expect(
      JSON.stringify(at.lines.map(({ time: _time, pid: _pid, ms: _ms, requestId: _id, ...line }) => line)),
    ).not.toContain(otp);
  });

  test.each(['12345', '1234567', 'abcdef', '１２３４５６', ''])(
    'that is no code (%j) is 422, and counts as no try',
    async (otp) => {
      const at = shop();
      const email = newAddress();
      await codeFor(at, email);
      expect(await verify(at, email, otp)).toMatchObject({ status: 422, body: { errors: [{ path: 'otp' }] } });
      const proofs = database.db.selectFrom('accountProofs').select('tries').where('email', '=', email);
      expect(await proofs.executeTakeFirstOrThrow()).toEqual({ tries: 0 });
    },
  );
});
