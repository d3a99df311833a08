// Keys that machines call with. A key is random and shown once; the database keeps its hash, what it
// may do and when it was last used.
import { randomBytes } from 'node:crypto';
import { lesserRole, type Role, type Scope } from '../accounts/rules.ts';
import type { Database } from './database.ts';
import { sha256 } from './digests.ts';

/** Tells whoever finds one in a file or a log what it is. */
const PREFIX = 'perdure_';
const KEY_BYTES = 32;
/** How exactly it is known when a key was last used: each write of it would be one more for every request. */
const LAST_USED_EVERY_MS = 60_000;

/** A key that may be used now. */
export interface ApiKey {
  id: string;
  /** Never more than its maker's is now. */
  role: Role;
  scopes: readonly Scope[];
  lastUsedAt: Date | null;
}

/** A new key, for whoever asked for it only. */
export function newApiKey(): string {
  return `${PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`;
}

/** What the database keeps of it. */
export function hashApiKey(key: string): string {
  return sha256(key);
}

/** The key, if there is such a one, its time is not over and its maker is active: as long as they are not, it is none. One query. */
export async function findApiKey(db: Database, key: string, now: Date): Promise<ApiKey | undefined> {
  const found = await db
    .selectFrom('apiKeys')
    .innerJoin('users', 'users.id', 'apiKeys.createdBy')
    .select(['apiKeys.id', 'apiKeys.role', 'apiKeys.scopes', 'apiKeys.lastUsedAt', 'users.role as makerRole'])
    .where('apiKeys.keyHash', '=', hashApiKey(key))
    .where((eb) => eb.or([eb('apiKeys.expiresAt', 'is', null), eb('apiKeys.expiresAt', '>', now)]))
    .where('users.active', '=', true)
    .where('users.deletedAt', 'is', null)
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const { makerRole, ...apiKey } = found;
  return { ...apiKey, role: lesserRole(apiKey.role, makerRole) };
}

/** Notes that the key is used, at most once a minute; of many uses at once only the first writes. */
export async function noteUse(db: Database, { id, lastUsedAt }: ApiKey, now: Date): Promise<void> {
  const before = new Date(now.getTime() - LAST_USED_EVERY_MS);
  if (lastUsedAt !== null && lastUsedAt > before) return;
  await db
    .updateTable('apiKeys')
    .set({ lastUsedAt: now })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('lastUsedAt', 'is', null), eb('lastUsedAt', '<=', before)]))
    .execute();
}
