// Users and their sessions in SQL, beside what the login library does itself.
import type { Kysely } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';

export async function isActiveUser(db: Kysely<Schema>, userId: string): Promise<boolean> {
  const user = await db.selectFrom('users').select('active').where('id', '=', userId).executeTakeFirst();
  return user?.active === true;
}

/** Ends the session: from here on, neither its tokens nor its cookie are anybody's. */
export async function deleteSession(db: Kysely<Schema>, sessionId: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', sessionId).execute();
}
