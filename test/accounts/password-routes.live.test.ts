// Changing a password and resetting a forgotten one, through the whole app on the real tables.
import { describe, expect, test } from '@jest/globals';
import { doors, everyTime, mailed, secretFor, statusesOf } from './door.ts';
import { account, bearer, cookie, newAddress, PASSWORD } from './people.ts';

const NEXT = 'wrong donkey cell paperclip';

const { database, shop, mailCosts } = doors();

describe('a change of the password', () => {
  test('holds at once, ends the other sessions and keeps this one', async () => {
    const { email, id } = await account(database.db);
    const { logIn, post, whoIs, acts } = shop();
    const [mine, other] = [(await logIn(email)).body, (await logIn(email)).body];
    const json = { currentPassword: PASSWORD, newPassword: NEXT };
    expect((await post('auth/change-password', json, bearer(mine.accessToken))).status).toBe(204);
    expect(await whoIs(bearer(mine.accessToken))).toBe(email);
    expect(await whoIs(cookie(mine.refreshToken))).toBe(email);
    expect(await whoIs(bearer(other.accessToken))).toBe(401);
    expect((await post('auth/refresh', { refreshToken: other.refreshToken })).status).toBe(401);
    expect([(await logIn(email)).status, (await logIn(email, NEXT)).status]).toEqual([401, 200]);
    const [done] = acts.filter(({ action }) => action === 'password_changed');
    expect(done).toMatchObject({ actor: `user:${id}`, subject: `user:${id}` });
    expect(JSON.stringify(acts)).not.toContain(PASSWORD);
  });

  test('needs the current password, a login, and a new one that is not guessed first', async () => {
    const { email } = await account(database.db);
    const { logIn, post, whoIs } = shop();
    const [mine, other] = [(await logIn(email)).body, (await logIn(email)).body];
    const change = (currentPassword: string, newPassword: string, headers = bearer(mine.accessToken)) =>
      post('auth/change-password', { currentPassword, newPassword }, headers);
    const wrong = (path: string) => ({ status: 422, body: { code: 'validation_failed', errors: [{ path }] } });
    expect(await change('wrong', NEXT)).toMatchObject(wrong('currentPassword'));
    expect(await change(PASSWORD, 'Password123!')).toMatchObject(wrong('newPassword'));
    expect(await change(PASSWORD, `x ${email}`)).toMatchObject(wrong('newPassword'));
    expect((await change(PASSWORD, NEXT, bearer('access_wrong'))).status).toBe(401);
    expect(await whoIs(bearer(other.accessToken))).toBe(email);
    expect((await logIn(email)).status).toBe(200);
  });

  test('twice at once happens once', async () => {
    const { email } = await account(database.db);
    const { logIn, post } = shop();
    const { body } = await logIn(email);
    const answers = await everyTime(6, (at) =>
      post(
        'auth/change-password',
        { currentPassword: PASSWORD, newPassword: `${NEXT} ${at}` },
        bearer(body.accessToken),
      ),
    );
    expect(statusesOf(answers)).toEqual([204, 422, 422, 422, 422, 422]);
  });

  test('voids a link that was mailed before', async () => {
    const { email } = await account(database.db);
    const { logIn, post } = shop();
    const { body } = await logIn(email);
    await post('auth/forgot-password', { email });
    const token = await secretFor(database.db, email, 'reset_password');
    await post('auth/change-password', { currentPassword: PASSWORD, newPassword: NEXT }, bearer(body.accessToken));
    expect((await post('auth/reset-password', { token, newPassword: PASSWORD })).status).toBe(422);
  });
});

describe('a forgotten password', () => {
  test('asked for: one answer, and the same statements, whoever has the address', async () => {
    const [known, inactive] = [await account(database.db), await account(database.db, { active: false })];
    const emails = [known.email, inactive.email, newAddress()];
    const costs = await mailCosts('auth/forgot-password', emails);
    expect(costs[0]).toMatchObject({ status: 202, text: '' });
    for (const cost of costs) expect(cost).toEqual(costs[0]);
    for (const email of emails) expect(await mailed(database.db, email)).toHaveLength(email === known.email ? 1 : 0);
  });

  test('is replaced by the link once, also of many at once; every session ends, and the address is confirmed', async () => {
    const { email } = await account(database.db, { emailVerified: false });
    const { logIn, post, whoIs, acts, claimed } = shop();
    const sessions = [(await logIn(email)).body, (await logIn(email)).body];
    await post('auth/forgot-password', { email: email.toUpperCase() });
    const token = await secretFor(database.db, email, 'reset_password');
    const answers = await everyTime(8, (at) => post('auth/reset-password', { token, newPassword: `${NEXT} ${at}` }));
    expect(statusesOf(answers)).toEqual([204, ...Array.from({ length: 7 }, () => 422)]);
    for (const { accessToken, refreshToken } of sessions) {
      expect(await whoIs(bearer(accessToken))).toBe(401);
      expect((await post('auth/refresh', { refreshToken })).status).toBe(401);
    }
    expect(claimed).toEqual([{ userId: expect.any(String), email }]);
    const winner = answers.findIndex(({ status }) => status === 204);
    expect((await logIn(email)).status).toBe(401);
    expect(await logIn(email, `${NEXT} ${winner}`)).toMatchObject({
      status: 200,
      body: { user: { emailVerified: true } },
    });
    expect(acts.map(({ action }) => action)).toContain('password_reset');
  });

  test('gives who had none a password', async () => {
    const { email, id } = await account(database.db);
    await database.db.deleteFrom('accounts').where('userId', '=', id).execute();
    const { logIn, post } = shop();
    await post('auth/forgot-password', { email });
    const token = await secretFor(database.db, email, 'reset_password');
    expect((await post('auth/reset-password', { token, newPassword: NEXT })).status).toBe(204);
    expect((await logIn(email, NEXT)).status).toBe(200);
  });

  test('stays where the new one is weak, and the link works on', async () => {
    const { email } = await account(database.db);
    const { post, logIn } = shop();
    await post('auth/forgot-password', { email });
    const token = await secretFor(database.db, email, 'reset_password');
    const weak = await post('auth/reset-password', { token, newPassword: 'password1' });
    expect(weak).toMatchObject({ status: 422, body: { errors: [{ path: 'newPassword' }] } });
    expect((await logIn(email)).status).toBe(200);
    expect((await post('auth/reset-password', { token, newPassword: NEXT })).status).toBe(204);
  });

  test('stays for a link that is an hour old, was replaced, is for something else, or of a user who is not active', async () => {
    const people = [await account(database.db), await account(database.db), await account(database.db)] as const;
    const { post, pass, register, logIn } = shop();
    const ask = async (email: string) => {
      await post('auth/forgot-password', { email });
      return secretFor(database.db, email, 'reset_password');
    };
    const [late, replaced, gone] = [await ask(people[0].email), await ask(people[1].email), await ask(people[2].email)];
    const stranger = newAddress();
    await register(stranger);
    const forAddress = await secretFor(database.db, stranger, 'verify_email');
    await database.db.updateTable('users').set({ active: false }).where('id', '=', people[2].id).execute();
    pass(10);
    expect(await ask(people[1].email)).not.toBe(replaced);
    const reset = async (token: string) => (await post('auth/reset-password', { token, newPassword: NEXT })).status;
    for (const token of [replaced, gone, forAddress, `reset_password_${'x'.repeat(43)}`])
      expect(await reset(token)).toBe(422);
    pass(3_590);
    expect(await reset(late)).toBe(422);
    expect((await logIn(people[0].email)).status).toBe(200);
  });
});
