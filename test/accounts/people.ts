// People and machines for tests over HTTP, as rows: users with a password or a session, and what each of them calls with.
import { randomUUID } from 'node:crypto';
import type { Role } from '../../src/accounts/rules.ts';
import { hashApiKey, newApiKey } from '../../src/platform/api-keys.ts';
import { accessToken, hashSessionToken } from '../../src/platform/auth.ts';
import type { Database } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import { hashPassword } from '../../src/platform/passwords.ts';
import { ENVIRONMENT } from '../http/floor.ts';

export const PASSWORD = 'correct horse battery staple';

const SESSION_MS = 7 * 86_400_000;
const TOKEN_MS = 900_000;

/** Headers that prove who calls. */
export type Credentials = Record<string, string>;

export interface Account {
  id: string;
  email: string;
}

export interface Person extends Account {
  sessionId: string;
  bearer: { Authorization: string };
  cookie: { Cookie: string };
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
export const cookie = (token: string) => ({ Cookie: `session=${token}` });

/** An address that nobody has. */
export const newAddress = () => `${randomUUID()}@example.com`;

/** Somebody who has logged in. @param loggedInAt before now, where the login is not of this moment */
export async function person(
  db: Database,
  { role = 'customer', now = new Date(), loggedInAt = now }: { role?: Role; now?: Date; loggedInAt?: Date } = {},
): Promise<Person> {
  const [id, email, sessionId, token] = [newId(now), newAddress(), randomUUID(), randomUUID()];
  await db.insertInto('users').values({ id, email, name: 'Ada', role }).execute();
  const times = { createdAt: loggedInAt, updatedAt: loggedInAt, expiresAt: new Date(now.getTime() + SESSION_MS) };
  const tokenHash = hashSessionToken(token);
  await db
    .insertInto('sessions')
    .values({ id: sessionId, userId: id, tokenHash, ...times })
    .execute();
  const access = accessToken([ENVIRONMENT.TOKEN_SECRET], sessionId, new Date(now.getTime() + TOKEN_MS));
  return { id, email, sessionId, bearer: bearer(access), cookie: cookie(token) };
}

/** Somebody with a password (PASSWORD, unless told; null for none) and a confirmed address, who has not logged in. */
export async function account(
  db: Database,
  columns: { email?: string; role?: Role; active?: boolean; emailVerified?: boolean; password?: string | null } = {},
): Promise<Account> {
  const { email = newAddress(), password = PASSWORD, ...rest } = columns;
  const id = randomUUID();
  await db
    .insertInto('users')
    .values({ id, email, name: 'Ada', emailVerified: true, ...rest })
    .execute();
  await givePassword(db, id, password);
  return { id, email };
}

/** Lets a user log in with it. @param password null where they come in by other ways */
export async function givePassword(db: Database, userId: string, password: string | null = PASSWORD): Promise<void> {
  const hash = password === null ? null : await hashPassword(password);
  await db
    .insertInto('accounts')
    .values({ id: randomUUID(), userId, providerId: 'credential', accountId: userId, password: hash })
    .execute();
}

/** A machine's key, as a row of its own. */
export async function machine(
  db: Database,
  columns: { role?: Role; expiresAt?: Date; now?: Date } = {},
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
