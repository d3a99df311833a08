// Accounts whose address was confirmed by a mailed link alone, without the account's own login beside it: the owner of the mailbox
// has opened the link, but whoever made the account may be somebody else.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE users ADD COLUMN confirmed_by_link_alone boolean NOT NULL DEFAULT false`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE users DROP COLUMN confirmed_by_link_alone`.execute(db);
}
