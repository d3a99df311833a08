// API keys in SQL, for the admins who make and revoke them; what a key is worth in a request is read in src/platform/api-keys.ts.
import { type Kysely, sql } from 'kysely';
import { appendAct, type By } from '../platform/audit.ts';
import type { Database } from '../platform/database.ts';
import type { Schema } from '../platform/database-schema.ts';
import { MAX_KEYS, type Scope, type StaffRole } from './rules.ts';

const COLUMNS = ['id', 'name', 'role', 'scopes', 'expiresAt', 'lastUsedAt', 'createdBy', 'createdAt'] as const;

/** One lock for all who make keys: each counts those of the others. The number means nothing. */
const LOCK = 7_203_115;

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

/**
 * Makes a key. @param keyHash of the key that whoever asked for it is shown
 * @returns undefined when there are as many as there may be
 */
export async function insertKey(
  db: Database,
  key: Omit<KeyRow, 'lastUsedAt'> & { keyHash: string },
  by: By,
): Promise<KeyRow | undefined> {
  return db.transaction().execute(async (tx) => {
    const { id, name, role, scopes } = key;
    await sql`SELECT pg_advisory_xact_lock(${LOCK})`.execute(tx);
    if ((await countLiving(tx, by.now)) >= MAX_KEYS) return undefined;
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

async function countLiving(tx: Kysely<Schema>, now: Date): Promise<number> {
  const { living } = await tx
    .selectFrom('apiKeys')
    .select(sql<number>`count(*)::integer`.as('living'))
    .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', now)]))
    .executeTakeFirstOrThrow();
  return living;
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
