// Customers who are logged in, and what they send, for tests of what is theirs on the real tables.
import { randomUUID } from 'node:crypto';
import type { Role } from '../../src/accounts/rules.ts';
import type { AppRouter } from '../../src/http/router.ts';
import { accessToken, hashSessionToken } from '../../src/platform/auth.ts';
import type { Database } from '../../src/platform/database.ts';
import { ENVIRONMENT } from './floor.ts';

const LONG_FROM_NOW = new Date('2100-01-01T00:00:00Z');

export interface Customer {
  userId: string;
  email: string;
  /** What proves who asks: an access token; or the cookie of the session. */
  bearer: { Authorization: string };
  cookie: { Cookie: string };
}

/** Somebody with a session that does not end. */
export async function newCustomer(db: Database, role: Role = 'customer'): Promise<Customer> {
  const [userId, sessionId, token] = [randomUUID(), randomUUID(), randomUUID()];
  const email = `${userId}@example.com`;
  await db.insertInto('users').values({ id: userId, email, name: 'Ada', role }).execute();
  const now = new Date();
  const times = { createdAt: now, updatedAt: now, expiresAt: LONG_FROM_NOW };
  const tokenHash = hashSessionToken(token);
  await db
    .insertInto('sessions')
    .values({ id: sessionId, userId, tokenHash, ...times })
    .execute();
  const bearer = { Authorization: `Bearer ${accessToken([ENVIRONMENT.TOKEN_SECRET], sessionId, LONG_FROM_NOW)}` };
  return { userId, email, bearer, cookie: { Cookie: `session=${token}` } };
}

export interface Asking {
  headers?: Record<string, string>;
  json?: unknown;
}

/** Sends a request to the app (`ask('GET', 'cart', { headers })`), as a client of /api/v1 would. */
export function asking(app: AppRouter) {
  return async (method: string, path: string, { headers, json }: Asking = {}) => {
    const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
    const body = json === undefined ? null : JSON.stringify(json);
    const answer = await app.request(`/api/v1/${path}`, { method, headers: { ...headers, ...type }, body });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? null : JSON.parse(text) };
  };
}
