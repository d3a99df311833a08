// A login that checks a password while somebody takes it, or the account, away: what ends the sessions ends this one too.
import { describe, expect, test } from '@jest/globals';
import type { Transaction } from 'kysely';
import { setPassword } from '../../src/accounts/credential-store.ts';
import { deleteSessionsOf } from '../../src/accounts/session-store.ts';
import type { Schema } from '../../src/platform/database-schema.ts';
import { hashPassword } from '../../src/platform/passwords.ts';
import { doors, waitingForLocks } from './door.ts';
import { account } from './people.ts';

const { database, shop } = doors();

/** What comes of a login that is under way while `act` is, and that `act` is decided before. */
async function loginDuring(email: string, act: (tx: Transaction<Schema>) => Promise<void>) {
  const { db } = database;
  const at = shop();
  const { promise: seen, resolve: see } = Promise.withResolvers<void>();
  const acting = db.transaction().execute(async (tx) => {
    await act(tx);
    see();
    await waitingForLocks(db, 1);
  });
  await seen;
  const [answer] = await Promise.all([at.logIn(email), acting]);
  return { answer, acts: at.acts };
}

const sessionsOf = (userId: string) =>
  database.db.selectFrom('sessions').select('id').where('userId', '=', userId).execute();

describe('a login with a password that is right when it begins', () => {
  test('opens nothing when a reset is decided before it', async () => {
    const { id, email } = await account(database.db);
    const hash = await hashPassword('another password of mine');
    const { answer, acts } = await loginDuring(email, async (tx) => {
      await setPassword(tx, id, hash, new Date());
      await deleteSessionsOf(tx, id);
    });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(answer.headers.get('Set-Cookie')).toBeNull();
    expect(await sessionsOf(id)).toEqual([]);
    expect(acts).toMatchObject([{ action: 'login_failed', subject: `user:${id}` }]);
  });

  test('opens nothing when the user is shut out before it', async () => {
    const { id, email } = await account(database.db);
    const { answer } = await loginDuring(email, async (tx) => {
      await tx.updateTable('users').set({ active: false }).where('id', '=', id).execute();
      await deleteSessionsOf(tx, id);
    });
    expect(answer.status).toBe(401);
    expect(await sessionsOf(id)).toEqual([]);
  });
});
