// Registering and confirming the address, through the whole app on the real tables.
import { describe, expect, test } from '@jest/globals';
import { doors, everyTime, mailed, secretFor, statusesOf } from './door.ts';
import { account, bearer, cookie, newAddress, PASSWORD } from './people.ts';

const { database, shop, mailCosts } = doors();

async function usersWith(email: string) {
  return database.db.selectFrom('users').selectAll().where('email', '=', email).execute();
}

describe('who registers', () => {
  test('is logged in at once as a customer whose address is not confirmed, and can log in again', async () => {
    const email = newAddress();
    const { register, logIn, whoIs, acts } = shop();
    const { status, body, headers } = await register(email.toUpperCase());
    expect(status).toBe(201);
    expect(body).toEqual({
      user: { id: expect.any(String), email, name: 'Ada', role: 'customer', emailVerified: false },
      accessToken: expect.stringMatching(/^access_/),
      refreshToken: expect.stringMatching(/^session_[\w-]{43}$/),
      expiresIn: 900,
    });
    expect(headers.getSetCookie()[0]).toMatch(/^session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(await whoIs(bearer(body.accessToken))).toBe(email);
    expect(await whoIs(cookie(body.refreshToken))).toBe(email);
    expect(await logIn(email)).toMatchObject({ status: 200, body: { user: { id: body.user.id } } });
    expect(acts.map(({ action, actor }) => [action, actor])).toEqual([
      ['registered', `user:${body.user.id}`],
      ['login', `user:${body.user.id}`],
    ]);
  });

  test('chooses neither role nor state', async () => {
    for (const field of ['role', 'active', 'emailVerified', 'id']) {
      const json = { email: newAddress(), password: PASSWORD, name: 'Ada', [field]: 'admin' };
      const errors = [{ path: field }];
      expect(await shop().post('auth/register', json)).toMatchObject({ status: 422, body: { errors } });
    }
  });

  test('has an argon2id hash for a password, and no secret of theirs is in any table or log', async () => {
    const email = newAddress();
    const { register, lines } = shop();
    const { body } = await register(email);
    const token = await secretFor(database.db, email, 'verify_email');
    const credential = database.db.selectFrom('accounts').select('password').where('userId', '=', body.user.id);
    expect((await credential.executeTakeFirstOrThrow()).password).toMatch(/^\$argon2id\$/);
    expect(JSON.stringify(lines)).not.toMatch(new RegExp([email, PASSWORD, token].join('|')));
  });

  test.each([
    ['password', 'Passw0rd123!'],
    ['password', 'short'],
    ['password', 'with a \u0000 in it'],
    ['name', 'with a \u0000 in it'],
    ['name', ''],
    ['email', 'nobody'],
  ])('with a wrong %s (%j) is told so, and nothing is written', async (field, value) => {
    const email = newAddress();
    const answer = await shop().post('auth/register', { email, password: PASSWORD, name: 'Ada', [field]: value });
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed', errors: [{ path: field }] } });
    expect(await usersWith(email)).toEqual([]);
  });

  test('at the same moment many times under one address is one person', async () => {
    const email = newAddress();
    const { register } = shop();
    const answers = await everyTime(8, () => register(email));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(7);
    expect(await usersWith(email)).toHaveLength(1);
  });

  test('is in, though the audit and the cart do not work', async () => {
    const fail = () => Promise.reject(new Error('away'));
    const { register, post, lines } = shop({ record: fail, guests: { mergeCart: fail } });
    const email = newAddress();
    expect(await register(email)).toMatchObject({ status: 201 });
    const json = { email, password: PASSWORD };
    expect(await post('auth/login', json, { 'X-Cart-Token': 'cart_1' })).toMatchObject({ status: 200 });
    expect(await post('auth/login', { ...json, password: 'x' })).toMatchObject({ status: 401 });
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['the audit lacks an act', 'a cart was not merged at a login']),
    );
  });

  test('brings the cart along whose token comes in the header or the cookie', async () => {
    const merged: [string, number][] = [];
    const { post } = shop({
      guests: {
        mergeCart: async ({ userId }, hash) => {
          merged.push([userId, hash.length]);
          return merged.length === 1;
        },
      },
    });
    const json = { email: newAddress(), password: PASSWORD, name: 'Ada' };
    const { body, headers } = await post('auth/register', json, { Cookie: 'cart_token=cart_1' });
    expect(headers.getSetCookie()).toContainEqual(expect.stringMatching(/^cart_token=; Max-Age=0;/));
    const { email, password } = json;
    const kept = await post('auth/login', { email, password }, { Cookie: 'cart_token=cart_2' });
    expect(kept.headers.getSetCookie()).not.toContainEqual(expect.stringContaining('cart_token'));
    await post('auth/login', { email, password: 'wrong' }, { 'X-Cart-Token': 'cart_2' });
    await post('auth/login', { email, password });
    expect(merged).toEqual([
      [body.user.id, 32],
      [body.user.id, 32],
    ]);
  });
});

describe('an address that is taken', () => {
  test('is refused like a wrong field, whoever has it, and its owner is told by mail, once an hour', async () => {
    const [known, inactive] = [await account(database.db), await account(database.db, { active: false })];
    const { register, pass } = shop();
    const answers = [await register(known.email), await register(inactive.email), await register(known.email)];
    for (const { status, text, headers } of answers) {
      expect([status, text]).toEqual([422, answers[0]?.text]);
      expect(headers.getSetCookie()).toEqual([]);
    }
    expect(answers[0]?.text).not.toMatch(/exist|taken|already|in use|registered before/i);
    expect(await mailed(database.db, known.email)).toEqual([{ kind: 'known_address', to: known.email, secret: '' }]);
    expect(await mailed(database.db, inactive.email)).toEqual([]);
    pass(3_600);
    await register(known.email);
    expect(await mailed(database.db, known.email)).toHaveLength(1);
    expect(await database.db.selectFrom('accountMails').select('id').execute()).not.toHaveLength(0);
  });

  test('keeps its password and its sessions', async () => {
    const { email } = await account(database.db);
    const { register, logIn, whoIs } = shop();
    const { body } = await logIn(email);
    await register(email, 'another password of mine');
    expect(await whoIs(bearer(body.accessToken))).toBe(email);
    expect([(await logIn(email)).status, (await logIn(email, 'another password of mine')).status]).toEqual([200, 401]);
  });
});

describe('the link in the mail', () => {
  test('confirms the address once, also of many at once, and the orders made under it are claimed', async () => {
    const email = newAddress();
    const { register, post, claimed } = shop();
    const { body } = await register(email);
    expect(claimed).toEqual([]);
    const token = await secretFor(database.db, email, 'verify_email');
    const answers = await everyTime(8, () => post('auth/verify-email', { token }));
    expect(statusesOf(answers)).toEqual([204, ...Array.from({ length: 7 }, () => 422)]);
    expect((await usersWith(email))[0]).toMatchObject({ emailVerified: true });
    expect(claimed).toEqual([{ userId: body.user.id, email }]);
  });

  test('is wrong after a day, for something else, or when its user is not active', async () => {
    const [late, other, gone] = [newAddress(), newAddress(), newAddress()];
    const { register, post, pass } = shop();
    for (const email of [late, other, gone]) await register(email);
    await database.db.updateTable('users').set({ active: false }).where('email', '=', gone).execute();
    await post('auth/forgot-password', { email: other });
    const verify = async (email: string, kind: 'verify_email' | 'reset_password') =>
      (await post('auth/verify-email', { token: await secretFor(database.db, email, kind) })).status;
    expect(await verify(other, 'reset_password')).toBe(422);
    expect(await verify(gone, 'verify_email')).toBe(422);
    pass(86_400);
    expect(await verify(late, 'verify_email')).toBe(422);
    expect((await usersWith(late))[0]).toMatchObject({ emailVerified: false });
  });

  test('is sent again after a pause to an address that waits for it, and the one before is void', async () => {
    const email = newAddress();
    const { register, post, pass } = shop();
    await register(email);
    const first = await secretFor(database.db, email, 'verify_email');
    const again = () => post('auth/resend-verification', { email });
    expect((await again()).status).toBe(202);
    expect(await secretFor(database.db, email, 'verify_email')).toBe(first);
    pass(10);
    await everyTime(4, again);
    const waiting = await mailed(database.db, email);
    expect(waiting).toHaveLength(1);
    expect(waiting[0]?.secret).not.toBe(first);
    expect((await post('auth/verify-email', { token: first })).status).toBe(422);
    expect((await post('auth/verify-email', { token: waiting[0]?.secret })).status).toBe(204);
  });

  test('asked for again: one answer, and the same statements, for a waiting, a confirmed, an inactive and an unknown address', async () => {
    const waiting = await account(database.db, { emailVerified: false });
    const [confirmed, inactive] = [await account(database.db), await account(database.db, { active: false })];
    const emails = [waiting.email, confirmed.email, inactive.email, newAddress()];
    const costs = await mailCosts('auth/resend-verification', emails);
    for (const cost of costs) expect(cost).toEqual(costs[0]);
    for (const email of emails) expect(await mailed(database.db, email)).toHaveLength(email === waiting.email ? 1 : 0);
  });
});
