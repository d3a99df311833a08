// The audit read back. What is written to it is written by src/platform/audit.ts.
import type { Kysely } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';

/** Whose, what, and to whom or what; each as it is written in an entry. */
export interface ActFilters {
  actor?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
}

/** One page of entries, the newest first. @param page `after`: the id that the page before ended with */
export async function listActs(
  db: Kysely<Schema>,
  { actor, action, subject }: ActFilters,
  { limit, after }: { limit: number; after?: string | undefined },
) {
  return await db
    .selectFrom('auditEntries')
    .selectAll()
    .$if(actor !== undefined, (query) => query.where('actor', '=', actor ?? ''))
    .$if(action !== undefined, (query) => query.where('action', '=', action ?? ''))
    .$if(subject !== undefined, (query) => query.where('subject', '=', subject ?? ''))
    .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}
