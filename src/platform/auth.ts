// Whom a token names. An access token is signed with TOKEN_SECRET and names a session for a quarter of an hour, so that a
// forged or an old one costs no query. It says nothing else: whether the session still is, and what its user may do, is
// asked of the database at each request. Ended sessions, changed roles and deactivations hold at once, everywhere.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role } from '../accounts/rules.ts';
import type { Database } from './database.ts';
import { sha256 } from './digests.ts';
import { newestSecret } from './secrets.ts';

const PREFIX = 'access_';
const SESSION_TOKEN_BYTES = 32;
const ID_BYTES = 16;
const TIME_BYTES = 6;

/** A session that lives, and its user as the database knows them now. */
export interface Login {
  sessionId: string;
  userId: string;
  email: string;
  role: Role;
}

/**
 * An access token for a session: its id and the end of the token's time, and an HMAC-SHA256 over both.
 * @param secrets the one in use first; the others still verify, so that a rotation logs nobody out
 */
export function accessToken(secrets: readonly string[], sessionId: string, expiresAt: Date): string {
  const claims = Buffer.alloc(ID_BYTES + TIME_BYTES);
  claims.write(sessionId.replaceAll('-', ''), 'hex');
  claims.writeUIntBE(expiresAt.getTime(), ID_BYTES, TIME_BYTES);
  return `${PREFIX}${claims.toString('base64url')}.${sign(newestSecret(secrets), claims).toString('base64url')}`;
}

/** The session that a token names, or undefined when it is not one of ours or its time is over. */
export function readAccessToken(secrets: readonly string[], token: string, now: Date): string | undefined {
  const [, body = '', signature = ''] = /^access_([\w-]{30})\.([\w-]{43})$/.exec(token) ?? [];
  const claims = Buffer.from(body, 'base64url');
  const given = Buffer.from(signature, 'base64url');
  if (claims.length !== ID_BYTES + TIME_BYTES) return undefined;
  if (!secrets.some((secret) => timingSafeEqual(sign(secret, claims), given))) return undefined;
  if (claims.readUIntBE(ID_BYTES, TIME_BYTES) <= now.getTime()) return undefined;
  const hex = claims.toString('hex', 0, ID_BYTES);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function sign(secret: string, claims: Buffer): Buffer {
  return createHmac('sha256', secret).update(PREFIX).update(claims).digest();
}

/** A session's own token: the refresh token, and the cookie's value. */
export function newSessionToken(): string {
  return `session_${randomBytes(SESSION_TOKEN_BYTES).toString('base64url')}`;
}

/** What the database keeps of it. */
export function hashSessionToken(token: string): string {
  return sha256(token);
}

/** By its id or by its token's hash: the session, if it lives and its user is active. One query. */
export async function findLogin(
  db: Database,
  by: { id: string } | { tokenHash: string },
  now: Date,
): Promise<Login | undefined> {
  const live = db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.userId')
    .select(['sessions.id as sessionId', 'users.id as userId', 'users.email', 'users.role'])
    .where('sessions.expiresAt', '>', now)
    .where('users.active', '=', true);
  const one = 'id' in by ? live.where('sessions.id', '=', by.id) : live.where('sessions.tokenHash', '=', by.tokenHash);
  return one.executeTakeFirst();
}

/** Removes the sessions whose time is over. */
export async function deleteExpiredSessions(db: Database, now: Date): Promise<void> {
  await db.deleteFrom('sessions').where('expiresAt', '<=', now).execute();
}
