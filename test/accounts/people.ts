// People and machines for tests over HTTP: rows of users with a session, and what each of them calls with.
import { randomUUID } from 'node:crypto';
import type { Role } from '../../src/accounts/rules.ts';
import { hashApiKey, newApiKey } from '../../src/platform/api-keys.ts';
import { accessToken, hashSessionToken } from '../../src/platform/auth.ts';
import type { Database } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import { ENVIRONMENT } from '../http/floor.ts';

const SESSION_MS = 7 * 86_400_000;
const TOKEN_MS = 900_000;

export type Headers = Record<string, string>;

export interface Person {
  id: string;
  email: string;
  bearer: { Authorization: string };
  cookie: { Cookie: string };
}

/** Somebody who has logged in. @param loggedInAt before now, where the login is not of this moment */
export async function person(
  db: Database,
  { role = 'customer', now = new Date(), loggedInAt = now }: { role?: Role; now?: Date; loggedInAt?: Date } = {},
): Promise<Person> {
  const [id, sessionId, token] = [newId(now), randomUUID(), randomUUID()];
  const email = `${id}@example.com`;
  await db.insertInto('users').values({ id, email, name: 'Ada', role }).execute();
  const times = { createdAt: loggedInAt, updatedAt: loggedInAt, expiresAt: new Date(now.getTime() + SESSION_MS) };
  const tokenHash = hashSessionToken(token);
  await db
    .insertInto('sessions')
    .values({ id: sessionId, userId: id, tokenHash, ...times })
    .execute();
  const access = accessToken([ENVIRONMENT.TOKEN_SECRET], sessionId, new Date(now.getTime() + TOKEN_MS));
  return { id, email, bearer: { Authorization: `Bearer ${access}` }, cookie: { Cookie: `session=${token}` } };
}

/** A machine's key, as a row of its own. */
export async function machine(
  db: Database,
  columns: { role?: Role; expiresAt?: Date; lastUsedAt?: Date; now?: Date } = {},
): Promise<{ id: string; headers: { 'X-API-Key': string } }> {
  const { role = 'admin', now = new Date(), ...rest } = columns;
  const { id: createdBy } = await person(db, { role: 'customer', now });
  const [id, key] = [newId(now), newApiKey()];
  await db
    .insertInto('apiKeys')
    .values({ id, name: 'Scanner', role, keyHash: hashApiKey(key), createdBy, createdAt: now, ...rest })
    .execute();
  return { id, headers: { 'X-API-Key': key } };
}
