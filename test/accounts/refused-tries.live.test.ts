// What is on record of guesses at passwords and codes: whose account they were at, and that the limits have begun to refuse them,
// once for each window, however many are refused.
import { describe, expect, test } from '@jest/globals';
import { type Door, doors, everyTime, secretFor, statusesOf } from './door.ts';
import { account, bearer, newAddress } from './people.ts';

const { database, shop } = doors();

/** One wrong try for an account, five for an address. */
const TIGHT = { environment: { RATE_LIMIT_SCALE: '0.1' } };

const guess = (at: Door, email: string) => at.logIn(email, 'not the password');
const locked = ({ acts }: Door) => acts.filter(({ action }) => action === 'login_locked');

describe('a wrong code', () => {
  test('is on record for the account that it was given for, and for nobody where there is none', async () => {
    const [{ id, email }, nobody] = [await account(database.db), newAddress()];
    const at = shop();
    for (const whose of [email, nobody]) {
      await at.post('auth/send-otp', { email: whose });
      const otp = await secretFor(database.db, whose, 'otp');
      const wrong = otp === '000000' ? '000001' : '000000';
      expect((await at.post('auth/verify-otp', { email: whose, otp: wrong })).status).toBe(401);
    }
    expect(at.acts).toMatchObject([
      { actor: 'anonymous', action: 'otp_failed', subject: `user:${id}` },
      { actor: 'anonymous', action: 'otp_failed' },
    ]);
    expect(at.acts[1]).not.toHaveProperty('subject');
  });
});

describe('refused tries', () => {
  test('at one account are one entry, with the account', async () => {
    const { id, email } = await account(database.db);
    const at = shop(TIGHT);
    expect((await guess(at, email)).status).toBe(401);
    expect(statusesOf(await everyTime(5, () => guess(at, email.toUpperCase())))).toEqual([429, 429, 429, 429, 429]);
    expect(locked(at)).toMatchObject([
      { actor: 'anonymous', subject: `user:${id}`, details: { by: 'account' }, requestId: expect.any(String) },
    ]);
  });

  test('from one address at many accounts are one entry, with none of them', async () => {
    const at = shop(TIGHT);
    for (let wrong = 0; wrong < 5; wrong += 1) expect((await guess(at, newAddress())).status).toBe(401);
    const { email } = await account(database.db);
    expect(statusesOf(await Promise.all([email, newAddress(), newAddress()].map((one) => guess(at, one))))).toEqual([
      429, 429, 429,
    ]);
    expect(locked(at)).toMatchObject([{ actor: 'anonymous', details: { by: 'address' } }]);
    expect(locked(at)[0]).not.toHaveProperty('subject');
  });

  test('at the password of an open session are one entry, too', async () => {
    const { id, email } = await account(database.db);
    const at = shop(TIGHT);
    const headers = bearer((await at.logIn(email)).body.accessToken);
    const change = () =>
      at.post('auth/change-password', { currentPassword: 'a guess', newPassword: 'wrong donkey cell' }, headers);
    expect(statusesOf([await change(), await change(), await change()])).toEqual([422, 429, 429]);
    expect(locked(at)).toMatchObject([{ subject: `user:${id}`, details: { by: 'account' } }]);
  });
});
