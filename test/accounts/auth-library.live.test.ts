// The library that logs people in stays behind our routes, and stores no token as it is.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createAuth } from '../../src/accounts/auth.ts';
import { floor } from '../http/floor.ts';
import { doors } from './door.ts';
import { account, PASSWORD } from './people.ts';

const { database, shop } = doors();

describe('the library', () => {
  test('is reached by our routes only', async () => {
    const { ask } = shop();
    for (const path of ['auth/sign-in/email', 'auth/sign-up/email', 'auth/get-session', 'auth/ok', 'auth/sign-out']) {
      for (const method of ['GET', 'POST']) {
        expect([path, (await ask(method, path, method === 'GET' ? {} : { json: {} })).status]).toEqual([path, 404]);
      }
    }
    const { app } = floor(null);
    expect((await app.request('/api/auth/ok')).status).toBe(404);
  });

  test('finds every table and column it uses, but those of logins through other services and pictures of people', async () => {
    const { explicitSchemaCheck } = await createAuth(shop().deps).$context;
    const missing = (table: string, ...columns: string[]) =>
      columns.map((column) => ({ kind: 'missing-column', table, column }));
    await expect(explicitSchemaCheck?.()).rejects.toMatchObject({
      findings: [
        ...missing('users', 'image'),
        ...missing('accounts', 'access_token', 'refresh_token', 'id_token'),
        ...missing('accounts', 'access_token_expires_at', 'refresh_token_expires_at', 'scope'),
      ],
    });
  });

  test('cannot open a session whose token would be stored as it is', async () => {
    const { email, id } = await account(database.db);
    const { api } = createAuth(shop().deps);
    await expect(api.signInEmail({ body: { email, password: PASSWORD } })).rejects.toThrow(/outside byPassword/);
    await expect(
      sql`INSERT INTO sessions VALUES (${randomUUID()}, ${id}, ${'x'.repeat(32)}, now(), NULL, NULL, now(), now())`.execute(
        database.db,
      ),
    ).rejects.toThrow(/sessions_token_hash_check/);
  });
});
