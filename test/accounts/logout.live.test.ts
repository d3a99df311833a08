// Logging out, over two processes on the real tables: nothing that proved a login proves it afterwards.
import { describe, expect, test } from '@jest/globals';
import { cookieOf, doors } from './door.ts';
import { account, bearer } from './people.ts';

const { database, shop, anotherProcess } = doors();

describe('a logout', () => {
  test('ends the session at once in every process, by token and by cookie, and takes the cookie back', async () => {
    const { email } = await account(database.db);
    const [here, there] = [shop(), anotherProcess()];
    const { body, headers } = await here.logIn(email);
    const other = await here.logIn(email);
    const both = [bearer(body.accessToken), cookieOf(headers).header];
    for (const credentials of both) {
      expect((await there.ask('GET', 'customer', { headers: credentials })).status).toBe(200);
    }
    const out = await here.post('auth/logout', {}, bearer(body.accessToken));
    expect([out.status, out.text]).toEqual([204, '']);
    expect(cookieOf(out.headers)).toMatchObject({ value: '', attributes: expect.arrayContaining(['Max-Age=0']) });
    for (const { ask, post } of [here, there]) {
      for (const credentials of both) {
        expect((await ask('GET', 'customer', { headers: credentials })).status).toBe(401);
        expect((await post('auth/logout', undefined, credentials)).status).toBe(401);
      }
      expect((await ask('GET', 'customer', { headers: bearer(other.body.accessToken) })).status).toBe(200);
    }
  });

  test('by cookie is for our own pages only', async () => {
    const { email } = await account(database.db);
    const { ask, post, logIn } = shop();
    const { header } = cookieOf((await logIn(email)).headers);
    const foreign = await post('auth/logout', undefined, { ...header, Origin: 'https://evil.test' });
    expect(foreign).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await ask('GET', 'customer', { headers: header })).status).toBe(200);
    const own = await post('auth/logout', undefined, { ...header, Origin: 'http://shop.test' });
    expect(own.status).toBe(204);
    expect((await ask('GET', 'customer', { headers: header })).status).toBe(401);
  });

  test('without a login is 401', async () => {
    expect(await shop().post('auth/logout', {})).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });
});
