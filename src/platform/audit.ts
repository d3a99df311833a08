// What people and machines have done that somebody may have to answer for: logins, changes of roles, what admins do with users,
// keys and orders, refunds.
// The table takes rows and never changes or loses one: its triggers refuse that, whoever asks.
import type { Kysely } from 'kysely';
import type { Schema } from './database-schema.ts';
import { newId } from './ids.ts';
import type { Write } from './writes.ts';

/** One entry of the audit. */
export interface Act {
  /** `user:<id>`, `key:<id>`, `customer` (an order's own, by its token or its login), `system`, or `anonymous`. */
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

/** Who does something, in which request, and when; what is done is for whoever does it to say. */
export type By = Pick<Act, 'actor' | 'requestId' | 'now'>;

/** Appends an act to the audit. */
export type RecordAct = (act: Act) => Promise<void>;

/** Appends an act; within a transaction, it is there when what it tells of is. */
export async function appendAct(db: Kysely<Schema>, act: Act): Promise<void> {
  await actWrite(db, act).execute();
}

/** The same, to be written in one statement with what it tells of. */
export function actWrite(db: Kysely<Schema>, { now, ...act }: Act): Write {
  return db.insertInto('auditEntries').values({ ...act, id: newId(now), createdAt: now });
}
