// Sessions in SQL, as our own ways to log in open them. A session is a family of tokens: each refresh replaces its refresh
// token and remembers the one before, by its hash; an old one that is shown again later ends the family.
import { type Kysely, sql } from 'kysely';
import { hashSessionToken, newSessionToken } from '../platform/auth.ts';
import type { Schema } from '../platform/database-schema.ts';
import { newId } from '../platform/ids.ts';
import { type Person, SESSION_SECONDS } from './rules.ts';

const MS_PER_SECOND = 1000;
/** Two tabs of a client refresh within this time: by the same clock, on a slow network, with one retry. */
const TWIN_SECONDS = 10;

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
  /** Another request with this token is under way, or was some seconds ago, and has the new one. */
  | { outcome: 'under_way' }
  /** It was used before: the whole family has ended. */
  | { outcome: 'reused'; sessionId: string; userId: string };

/**
 * Exchanges a refresh token. The conditional update decides: of several requests with one token, one gets the new one. Whoever
 * shows a used token is a thief, or was robbed, so nobody keeps the family. But one that comes in the same moment, or within
 * some seconds, is most likely a twin: a second tab, or a double send. It gets nothing, so a thief gains nothing by being taken for one.
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
  if (row === undefined) return judgeUsed(db, tokenHash, now);
  if (row.sessionId === null) return { outcome: 'under_way' };
  const { sessionId, ...user } = row;
  return { outcome: 'refreshed', session: { id: sessionId, token: next, now }, user };
}

/** What the token is that no session has any more: one that was just used, one that was used before, or none of ours. */
async function judgeUsed(db: Kysely<Schema>, tokenHash: string, now: Date): Promise<Refreshed> {
  const twinsSince = new Date(now.getTime() - TWIN_SECONDS * MS_PER_SECOND);
  const { rows } = await sql<{ isTwin: true } | { isTwin: false; id: string | null; userId: string | null }>`
    WITH used AS (
      SELECT session_id, used_at > ${twinsSince} AS is_twin FROM used_refresh_tokens WHERE token_hash = ${tokenHash}
    ), ended AS (
      DELETE FROM sessions USING used WHERE id = used.session_id AND NOT is_twin RETURNING id, user_id
    )
    SELECT is_twin, ended.id, ended.user_id FROM used LEFT JOIN ended ON true`.execute(db);
  const [used] = rows;
  if (used === undefined) return { outcome: 'unknown' };
  if (used.isTwin) return { outcome: 'under_way' };
  const { id: sessionId, userId } = used;
  return sessionId === null || userId === null ? { outcome: 'unknown' } : { outcome: 'reused', sessionId, userId };
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
