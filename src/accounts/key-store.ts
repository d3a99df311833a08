// API keys in SQL, for the admins who make and revoke them; what a key is worth in a request is read in src/platform/api-keys.ts.
import type { Kysely } from 'kysely';
import { type Act, appendAct } from '../platform/audit.ts';
import type { Database } from '../platform/database.ts';
import type { Schema } from '../platform/database-schema.ts';
import type { Scope, StaffRole } from './rules.ts';

const COLUMNS = ['id', 'name', 'role', 'scopes', 'expiresAt', 'lastUsedAt', 'createdBy', 'createdAt'] as const;

export interface KeyRow {
  id: string;
  name: string;
  role: StaffRole;
  scopes: Scope[];
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  createdBy: string;
  createdAt: Date;
}

type By = Pick<Act, 'actor' | 'requestId' | 'now'>;

/** Makes a key. @param keyHash of the key that whoever asked for it is shown */
export async function insertKey(
  db: Database,
  key: Omit<KeyRow, 'lastUsedAt'> & { keyHash: string },
  by: By,
): Promise<KeyRow> {
  return db.transaction().execute(async (tx) => {
    const { id, name, role, scopes } = key;
    const made = await tx.insertInto('apiKeys').values(key).returning(COLUMNS).executeTakeFirstOrThrow();
    await appendAct(tx, {
      ...by,
      action: 'api_key_created',
      subject: `key:${id}`,
      details: { name, role, scopes: scopes.join(' ') },
    });
    return made;
  });
}

/** One page of keys, the newest first. @param page `after`: the id that the page before ended with */
export async function listKeys(
  db: Kysely<Schema>,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<KeyRow[]> {
  return db
    .selectFrom('apiKeys')
    .select(COLUMNS)
    .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** Revokes a key: it is none from the next request on. @returns whether there was one */
export async function deleteKey(db: Database, id: string, by: By): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const gone = await tx.deleteFrom('apiKeys').where('id', '=', id).returning(['name', 'role']).executeTakeFirst();
    if (gone === undefined) return false;
    await appendAct(tx, { ...by, action: 'api_key_revoked', subject: `key:${id}`, details: gone });
    return true;
  });
}
