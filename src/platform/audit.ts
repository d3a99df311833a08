// What people and machines have done that somebody may have to answer for: logins, changes of roles, writes of admins, refunds.
// The table takes rows and never changes or loses one: its triggers refuse that, whoever asks.
import type { Kysely } from 'kysely';
import type { Schema } from './database-schema.ts';
import { newId } from './ids.ts';

/** One entry of the audit. */
export interface Act {
  /** `user:<id>`, `key:<id>`, or `anonymous`. */
  actor: string;
  /** What was done, in snake_case: `login`, `login_failed`, `role_changed`. */
  action: string;
  /** Whom or what it was done to: `user:<id>`, `order:<id>`. */
  subject?: string;
  /** Whatever else an auditor wants to know. Never a secret, a token or a password, and nothing that a person may want erased. */
  details?: Record<string, string | number | boolean | null>;
  requestId?: string;
  now: Date;
}

/** Appends an act to the audit. */
export type RecordAct = (act: Act) => Promise<void>;

/** Appends an act; within a transaction, it is there when what it tells of is. */
export async function appendAct(db: Kysely<Schema>, { now, ...act }: Act): Promise<void> {
  await db
    .insertInto('auditEntries')
    .values({ ...act, id: newId(now), createdAt: now })
    .execute();
}
