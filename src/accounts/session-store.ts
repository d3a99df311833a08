// Sessions in SQL, as our own ways to log in open them. A session is a family of tokens: each refresh replaces its refresh
// token and remembers the one before, by its hash; an old one that is shown again ends the family.
import { type Kysely, sql } from 'kysely';
import { hashSessionToken, newSessionToken } from '../platform/auth.ts';
import type { Schema } from '../platform/database-schema.ts';
import { newId } from '../platform/ids.ts';
import { type Person, SESSION_SECONDS } from './rules.ts';

const MS_PER_SECOND = 1000;

/** A session and its own token, which the database keeps as a hash only. */
export interface OpenSession {
  id: string;
  token: string;
  now: Date;
}

/** One that is not in the database yet. */
export function newSession(now: Date): OpenSession {
  return { id: newId(now), token: newSessionToken(), now };
}

/** What the database keeps of a new one, beside whose it is. */
export function sessionColumns({ id, token, now }: OpenSession) {
  return { id, tokenHash: hashSessionToken(token), expiresAt: endOf(now), createdAt: now, updatedAt: now };
}

/** Opens one. @param tx the transaction that has just found its user active */
export async function insertSession(tx: Kysely<Schema>, userId: string, now: Date): Promise<OpenSession> {
  const session = newSession(now);
  await tx
    .insertInto('sessions')
    .values({ ...sessionColumns(session), userId })
    .execute();
  return session;
}

export type Refreshed =
  | { outcome: 'refreshed'; session: OpenSession; user: Person }
  /** Nobody's: never ours, over, or of a user who is not active. */
  | { outcome: 'unknown' }
  /** Another request with this token was under way at the same moment, and has the new one. */
  | { outcome: 'under_way' }
  /** It was used before: the whole family has ended. */
  | { outcome: 'reused'; sessionId: string; userId: string };

/**
 * Exchanges a refresh token. The conditional update decides: of several requests with one token, one gets the new one. Whoever
 * shows a used token is a thief, or was robbed, so nobody keeps the family. But a statement that still saw the token as a good
 * one when it began cannot come from somebody who has seen the exchange: it is a twin of it, and gets nothing.
 */
export async function refreshSession(
  db: Kysely<Schema>,
  { token, now }: { token: string; now: Date },
): Promise<Refreshed> {
  const [tokenHash, next] = [hashSessionToken(token), newSessionToken()];
  const longGone = new Date(now.getTime() - SESSION_SECONDS * MS_PER_SECOND);
  const { rows } = await sql<(Person & { sessionId: string }) | { sessionId: null }>`
    WITH good AS (
      SELECT sessions.id FROM sessions JOIN users ON users.id = sessions.user_id
      WHERE token_hash = ${tokenHash} AND expires_at > ${now} AND users.active
    ), exchanged AS (
      UPDATE sessions SET token_hash = ${hashSessionToken(next)}, expires_at = ${endOf(now)}, updated_at = ${now}
      FROM users
      WHERE sessions.token_hash = ${tokenHash} AND sessions.expires_at > ${now}
        AND users.id = sessions.user_id AND users.active
      RETURNING sessions.id AS session_id, users.id, users.email, users.name, users.role, users.email_verified
    ), remembered AS (
      INSERT INTO used_refresh_tokens (token_hash, session_id, used_at)
      SELECT ${tokenHash}, session_id, ${now} FROM exchanged
    ), forgotten AS (
      DELETE FROM used_refresh_tokens USING exchanged
      WHERE used_refresh_tokens.session_id = exchanged.session_id AND used_at <= ${longGone}
    )
    SELECT exchanged.* FROM good LEFT JOIN exchanged ON exchanged.session_id = good.id`.execute(db);
  const [row] = rows;
  if (row === undefined) return endReusedFamily(db, tokenHash);
  if (row.sessionId === null) return { outcome: 'under_way' };
  const { sessionId, ...user } = row;
  return { outcome: 'refreshed', session: { id: sessionId, token: next, now }, user };
}

async function endReusedFamily(db: Kysely<Schema>, tokenHash: string): Promise<Refreshed> {
  const ended = await db
    .deleteFrom('sessions')
    .where('id', 'in', (eb) =>
      eb.selectFrom('usedRefreshTokens').select('sessionId').where('tokenHash', '=', tokenHash),
    )
    .returning(['id', 'userId'])
    .executeTakeFirst();
  return ended === undefined
    ? { outcome: 'unknown' }
    : { outcome: 'reused', sessionId: ended.id, userId: ended.userId };
}

/** Ends the session: from here on, neither its tokens nor its cookie are anybody's. */
export async function deleteSession(db: Kysely<Schema>, sessionId: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', sessionId).execute();
}

/** Ends all sessions of a user. @param except the id of one that goes on */
export async function deleteSessionsOf(tx: Kysely<Schema>, userId: string, except?: string): Promise<void> {
  const ended = tx.deleteFrom('sessions').where('userId', '=', userId);
  await (except === undefined ? ended : ended.where('id', '!=', except)).execute();
}

function endOf(now: Date): Date {
  return new Date(now.getTime() + SESSION_SECONDS * MS_PER_SECOND);
}
