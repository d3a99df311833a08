// What proves that somebody reads a mailbox, in SQL: a code or a link that was mailed to it. One lives per mailbox and purpose,
// and works once. Issuing one writes the same rows for every address, so that nobody learns from it who has an account.
import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import { equalTexts, sha256 } from '../platform/digests.ts';
import { newId } from '../platform/ids.ts';
import { deriveKey } from '../platform/sealing.ts';
import { newestSecret } from '../platform/secrets.ts';
import { sealMail } from './mail-store.ts';
import { OTP_DIGITS, OTP_TRIES, PROOFS, type Purpose } from './rules.ts';

const TOKEN_BYTES = 32;
const MS_PER_SECOND = 1000;
const OTP_KEY = 'one-time codes';

/** Whose mailbox a mail of this purpose is for; for nobody else's is anything sent. */
const RECIPIENTS: Record<Purpose, (email: string) => ReturnType<typeof sql>> = {
  verify_email: (email) => sql`EXISTS (SELECT FROM users WHERE email = ${email} AND active AND NOT email_verified)`,
  reset_password: (email) => sql`EXISTS (SELECT FROM users WHERE email = ${email} AND active)`,
  known_address: (email) => sql`EXISTS (SELECT FROM users WHERE email = ${email} AND active)`,
  // Who has no account yet gets one by the code.
  otp: (email) => sql`NOT EXISTS (SELECT FROM users WHERE email = ${email} AND NOT active)`,
};

export interface Issuing {
  purpose: Purpose;
  /** In lower case. */
  email: string;
  secrets: readonly string[];
  /** Seconds that it lives. */
  ttl: number;
  now: Date;
}

/**
 * Makes a new code or link and the mail that carries it, in one statement; the one before it is void, and its mail is not sent
 * any more. Within the purpose's pause nothing happens. Whether anybody gets the mail, nobody can tell from here.
 */
export async function issueProof(db: Kysely<Schema>, { purpose, email, secrets, ttl, now }: Issuing): Promise<void> {
  const id = newId(now);
  const secret = purpose === 'otp' ? newCode() : `${purpose}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const secretHash = purpose === 'otp' ? hashCode(newestSecret(secrets), id, secret) : sha256(secret);
  const sealed = sealMail(secrets, id, { kind: purpose, to: email, secret: purpose === 'known_address' ? '' : secret });
  const expiresAt = new Date(now.getTime() + ttl * MS_PER_SECOND);
  const pausedSince = new Date(now.getTime() - PROOFS[purpose].pause * MS_PER_SECOND);
  await sql`
    WITH former AS (
      SELECT id FROM account_proofs WHERE purpose = ${purpose} AND email = ${email}
    ), issued AS (
      INSERT INTO account_proofs (purpose, email, id, secret_hash, expires_at, created_at)
      VALUES (${purpose}, ${email}, ${id}, ${secretHash}, ${expiresAt}, ${now})
      ON CONFLICT (purpose, email) DO UPDATE SET id = excluded.id, secret_hash = excluded.secret_hash, tries = 0,
        expires_at = excluded.expires_at, created_at = excluded.created_at
      WHERE account_proofs.created_at <= ${pausedSince}
      RETURNING id
    ), withdrawn AS (
      UPDATE account_mails SET sealed = NULL, last_error = 'replaced'
      WHERE id IN (SELECT id FROM former) AND sealed IS NOT NULL AND EXISTS (SELECT FROM issued)
    )
    INSERT INTO account_mails (id, sealed, due_at, expires_at, created_at)
    SELECT id, CASE WHEN ${RECIPIENTS[purpose](email)} THEN ${sealed}::bytea END, ${now}, ${expiresAt}, ${now}
    FROM issued`.execute(db);
}

/** The mailbox that a link's token proves, without using it up; undefined when it is not one of ours, used or too old. */
export async function findProof(
  db: Kysely<Schema>,
  { purpose, token, now }: { purpose: Purpose; token: string; now: Date },
): Promise<string | undefined> {
  const proof = await db
    .selectFrom('accountProofs')
    .select('email')
    .where('secretHash', '=', sha256(token))
    .where('purpose', '=', purpose)
    .where('expiresAt', '>', now)
    .executeTakeFirst();
  return proof?.email;
}

/** The same, and it is used up: of several at once, one gets it. */
export async function useProof(
  tx: Kysely<Schema>,
  { purpose, token, now }: { purpose: Purpose; token: string; now: Date },
): Promise<string | undefined> {
  const proof = await tx
    .deleteFrom('accountProofs')
    .where('secretHash', '=', sha256(token))
    .where('purpose', '=', purpose)
    .where('expiresAt', '>', now)
    .returning('email')
    .executeTakeFirst();
  return proof?.email;
}

/**
 * Counts a try of a code and says whether it is the right one. The row's lock counts: of any number of tries at once, five
 * are looked at. To be run outside a transaction that may be rolled back.
 * @returns the proof's id where the code is right
 */
export async function tryCode(
  db: Kysely<Schema>,
  { email, code, secrets, now }: { email: string; code: string; secrets: readonly string[]; now: Date },
): Promise<string | undefined> {
  const proof = await db
    .updateTable('accountProofs')
    .set((eb) => ({ tries: eb('tries', '+', 1) }))
    .where('purpose', '=', 'otp')
    .where('email', '=', email)
    .where('expiresAt', '>', now)
    .where('tries', '<', OTP_TRIES)
    .returning(['id', 'secretHash'])
    .executeTakeFirst();
  // The same work where there is none.
  const { id, secretHash } = proof ?? { id: newId(now), secretHash: '' };
  const isRight = secrets.map((secret) => equalTexts(hashCode(secret, id, code), secretHash)).includes(true);
  return isRight ? id : undefined;
}

/** Uses up a code that was right. @returns whether nobody was faster */
export async function useCode(tx: Kysely<Schema>, id: string): Promise<boolean> {
  const used = await tx
    .deleteFrom('accountProofs')
    .where('purpose', '=', 'otp')
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return used !== undefined;
}

/** Voids what was issued for a mailbox and this purpose. */
export async function voidProof(tx: Kysely<Schema>, purpose: Purpose, email: string): Promise<void> {
  await tx.deleteFrom('accountProofs').where('purpose', '=', purpose).where('email', '=', email).execute();
}

/** Removes what has expired, and the mails with it. */
export async function deleteExpiredProofs(db: Kysely<Schema>, now: Date): Promise<void> {
  await db.deleteFrom('accountProofs').where('expiresAt', '<=', now).execute();
  await db.deleteFrom('accountMails').where('expiresAt', '<=', now).execute();
}

function newCode(): string {
  return String(randomInt(10 ** OTP_DIGITS)).padStart(OTP_DIGITS, '0');
}

/** A code has too few digits for a plain hash: whoever read it could try them all. */
function hashCode(secret: string, id: string, code: string): string {
  return createHmac('sha256', deriveKey(secret, OTP_KEY)).update(`${id} ${code}`).digest('base64url');
}
