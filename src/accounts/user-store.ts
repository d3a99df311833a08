// Users in SQL: their profiles, what admins decide about them, and how one of them is forgotten. Whatever is decided is in the
// audit with it, in one transaction.
import type { Kysely } from 'kysely';
import { appendAct, type By } from '../platform/audit.ts';
import type { Database } from '../platform/database.ts';
import type { Schema } from '../platform/database-schema.ts';
import { type ForgetUser, forgetPerson } from './forgetting.ts';
import { PERSON, type Person, type Role } from './rules.ts';
import { deleteSessionsOf } from './session-store.ts';

const COLUMNS = [...PERSON, 'active', 'createdAt'] as const;

export interface User extends Person {
  active: boolean;
  createdAt: Date;
}

/** What an admin may decide about a user. */
export interface Decision {
  role?: Role | undefined;
  active?: boolean | undefined;
}

/** A user who has not gone. */
export async function findUser(db: Kysely<Schema>, id: string): Promise<User | undefined> {
  return present(db).where('id', '=', id).executeTakeFirst();
}

/**
 * One page of users, the newest first.
 * @param page `after`: the id that the page before ended with; `email`: how their addresses begin
 */
export async function listUsers(
  db: Kysely<Schema>,
  { limit, after, email }: { limit: number; after?: string | undefined; email?: string | undefined },
): Promise<User[]> {
  return present(db)
    .$if(email !== undefined, (query) => query.where('email', 'like', `${escaped(email ?? '').toLowerCase()}%`))
    .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** Changes one's own profile. @returns undefined when the user has gone meanwhile */
export async function renameUser(db: Kysely<Schema>, id: string, name: string, now: Date): Promise<User | undefined> {
  return db
    .updateTable('users')
    .set({ name, updatedAt: now })
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .returning(COLUMNS)
    .executeTakeFirst();
}

/**
 * Gives a user another role, or lets them in or shuts them out: their sessions end then.
 * @returns the user, `last_admin` when nobody would be left to administer the shop, undefined when there is no such user
 */
export async function decideUser(
  db: Database,
  id: string,
  { role, active }: Decision,
  by: By,
): Promise<User | 'last_admin' | undefined> {
  return deciding(db, id, async (tx, before, isLastAdmin) => {
    const after = { ...before, role: role ?? before.role, active: active ?? before.active };
    if (isLastAdmin && !administers(after)) return 'last_admin';
    const { now } = by;
    await tx
      .updateTable('users')
      .set({ role: after.role, active: after.active, updatedAt: now })
      .where('id', '=', id)
      .execute();
    if (!after.active) await deleteSessionsOf(tx, id);
    const subject = `user:${id}`;
    if (after.role !== before.role) {
      await appendAct(tx, { ...by, action: 'role_changed', subject, details: { from: before.role, to: after.role } });
    }
    if (after.active !== before.active) {
      await appendAct(tx, { ...by, action: after.active ? 'user_activated' : 'user_deactivated', subject });
    }
    return after;
  });
}

/**
 * Ends a user's account: they are forgotten.
 * @param forget what else is to be forgotten, or cut loose, in the same transaction
 * @returns whether they were there; `last_admin` as for `decideUser`
 */
export async function forgetUser(
  db: Database,
  id: string,
  forget: ForgetUser,
  by: By,
): Promise<boolean | 'last_admin'> {
  const forgotten = await deciding(db, id, async (tx, person, isLastAdmin) => {
    if (isLastAdmin) return 'last_admin';
    await tx.deleteFrom('accountProofs').where('email', '=', person.email).execute();
    await forgetPerson(tx, id, forget, by.now);
    await appendAct(tx, { ...by, action: 'user_deleted', subject: `user:${id}` });
    return true;
  });
  return forgotten ?? false;
}

/** Whether the session was opened after that moment. */
export async function isSessionSince(db: Kysely<Schema>, sessionId: string, since: Date): Promise<boolean> {
  const session = await db
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', sessionId)
    .where('createdAt', '>', since)
    .executeTakeFirst();
  return session !== undefined;
}

/** Users who have not gone. */
function present(db: Kysely<Schema>) {
  return db.selectFrom('users').select(COLUMNS).where('deletedAt', 'is', null);
}

/**
 * Decides about a user in a transaction that has locked them; and if they administer the shop, all who do, in the order of their
 * ids: two of them who dismiss each other at once come one after the other, and nobody else waits for an admin.
 * @param decide is told whether nobody else administers the shop
 * @returns undefined when there is no such user
 */
async function deciding<T>(
  db: Database,
  id: string,
  decide: (tx: Kysely<Schema>, user: User, isLastAdmin: boolean) => Promise<T>,
): Promise<T | undefined> {
  for (;;) {
    const decided = await db.transaction().execute(async (tx) => {
      const seen = await present(tx).where('id', '=', id).executeTakeFirst();
      const admins = seen !== undefined && administers(seen) ? await lockAdmins(tx) : [];
      const user = seen && (await present(tx).where('id', '=', id).forUpdate().executeTakeFirst());
      if (user === undefined) return { answer: undefined };
      // They have become an admin meanwhile. The others must be locked before them, so it begins again.
      if (administers(user) && !admins.includes(id)) return undefined;
      return { answer: await decide(tx, user, admins.length === 1 && administers(user)) };
    });
    if (decided !== undefined) return decided.answer;
  }
}

async function lockAdmins(tx: Kysely<Schema>): Promise<string[]> {
  const admins = await tx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('active', '=', true)
    .orderBy('id')
    .forUpdate()
    .execute();
  return admins.map((admin) => admin.id);
}

function administers({ role, active }: Pick<User, 'role' | 'active'>): boolean {
  return role === 'admin' && active;
}

/** As a literal beginning: LIKE's own signs mean nothing in it. */
function escaped(beginning: string): string {
  return beginning.replace(/[\\%_]/g, (sign) => `\\${sign}`);
}
