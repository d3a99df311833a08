// Mails that are due, in SQL. A row is written in the transaction of the move that it tells of; the mailer sends it later.
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import type { Write } from '../platform/writes.ts';
import type { MailFact } from './rules.ts';

/** One mail per order, fact and what it refers to (a refund's id); a repeat changes nothing. */
export function addMail(
  db: Kysely<Schema>,
  mail: { id: string; orderId: string; fact: MailFact; reference?: string; now: Date },
): Write {
  const { now, ...columns } = mail;
  return db
    .insertInto('mails')
    .values({ ...columns, dueAt: now, createdAt: now })
    .onConflict((conflict) => conflict.columns(['orderId', 'fact', 'reference']).doNothing());
}

export interface DueMail {
  id: string;
  orderId: string;
  fact: MailFact;
  /** What the fact is about, where it can happen more than once: a refund's id. Otherwise empty. */
  reference: string;
  attempts: number;
}

/**
 * Takes the mails that are due, oldest first, for one try: nobody else gets them before their next due time, which grows
 * with the number of tries, so that a try that died is made again by itself.
 * @param maxAttempts a mail that was tried this often stays unsent, with the reason of its last try
 * @param firstPause seconds until the second try; doubled with each further one, up to longestPause
 */
export async function claimMails(
  db: Kysely<Schema>,
  claim: { limit: number; firstPause: number; longestPause: number; maxAttempts: number; now: Date },
): Promise<DueMail[]> {
  return db
    .updateTable('mails')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      dueAt: sql<Date>`${claim.now}::timestamptz
        + least(${claim.firstPause}::float8 * power(2, least(attempts, 30)), ${claim.longestPause}::float8) * interval '1 second'`,
    }))
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('mails')
        .select('id')
        .where('sentAt', 'is', null)
        .where('dueAt', '<=', claim.now)
        .where('attempts', '<', claim.maxAttempts)
        .orderBy('dueAt')
        .limit(claim.limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'orderId', 'fact', 'reference', 'attempts'])
    .execute();
}

export async function markMailSent(db: Kysely<Schema>, id: string, now: Date): Promise<void> {
  await db.updateTable('mails').set({ sentAt: now, lastError: null }).where('id', '=', id).execute();
}

/** Keeps why the try failed; the next one comes at the time that the claim has set. */
export async function markMailFailed(db: Kysely<Schema>, id: string, reason: string): Promise<void> {
  await db.updateTable('mails').set({ lastError: reason }).where('id', '=', id).execute();
}
