// Who opens the link in the mail says that the account is theirs: how the address was confirmed makes no difference any more.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE users DROP COLUMN confirmed_by_link_alone`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE users ADD COLUMN confirmed_by_link_alone boolean NOT NULL DEFAULT false`.execute(db);
}
