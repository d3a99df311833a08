// Mails of accounts in SQL. A mail holds its recipient and its secret encrypted, for as long as it waits; when it is sent, or
// its time is over, nothing of them is left.
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { ACCOUNT_MAILS } from '../notifications/rules.ts';
import type { Schema } from '../platform/database-schema.ts';
import { seal, unseal } from '../platform/sealing.ts';

const KEY_PURPOSE = 'account mails';

const content = z.object({ kind: z.enum(ACCOUNT_MAILS), to: z.string(), secret: z.string() });

/** What a mail is made of: its kind, who gets it, and the token or code that it carries (empty where it carries none). */
export type AccountMail = z.infer<typeof content>;

/** @param id the row's */
export function sealMail(secrets: readonly string[], id: string, mail: AccountMail): Buffer {
  return seal(secrets, KEY_PURPOSE, id, JSON.stringify(mail));
}

/** @throws when the secret that it was sealed under is no longer listed */
export function unsealMail(secrets: readonly string[], { id, sealed }: DueAccountMail): AccountMail {
  const plain = unseal(secrets, KEY_PURPOSE, id, sealed);
  if (plain === undefined) throw new Error('no secret of TOKEN_SECRET opens this mail');
  return content.parse(JSON.parse(plain));
}

export interface DueAccountMail {
  id: string;
  sealed: Buffer;
  attempts: number;
}

/**
 * Takes mails that are due for one try, as `claimMails` of the orders' does: nobody else gets them before their next due time.
 * What has expired is never given: it is cleared instead.
 * @param firstPause seconds until the second try; doubled with each further one, up to longestPause
 */
export async function claimAccountMails(
  db: Kysely<Schema>,
  { limit, firstPause, longestPause, now }: { limit: number; firstPause: number; longestPause: number; now: Date },
): Promise<DueAccountMail[]> {
  const { rows } = await sql<DueAccountMail>`
    WITH expired AS (
      UPDATE account_mails SET sealed = NULL, last_error = coalesce(last_error, 'expired')
      WHERE sealed IS NOT NULL AND expires_at <= ${now}
    )
    UPDATE account_mails SET attempts = attempts + 1, due_at = ${now}::timestamptz
      + least(${firstPause}::float8 * power(2, least(attempts, 30)), ${longestPause}::float8) * interval '1 second'
    WHERE id IN (
      SELECT id FROM account_mails WHERE sealed IS NOT NULL AND due_at <= ${now} AND expires_at > ${now}
      ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    RETURNING id, sealed, attempts`.execute(db);
  return rows;
}

/** It is sent, and its secret gone. */
export async function markAccountMailSent(db: Kysely<Schema>, id: string, now: Date): Promise<void> {
  await db
    .updateTable('accountMails')
    .set({ sentAt: now, sealed: null, lastError: null })
    .where('id', '=', id)
    .execute();
}

/** Keeps why the try failed; the next one comes at the time that the claim has set. */
export async function markAccountMailFailed(db: Kysely<Schema>, id: string, reason: string): Promise<void> {
  await db.updateTable('accountMails').set({ lastError: reason }).where('id', '=', id).execute();
}
