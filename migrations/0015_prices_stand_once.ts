// The prices of a submit are frozen in the order that is written in the same transaction: the checkout keeps no copy of them.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE checkouts DROP COLUMN prices`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE checkouts ADD COLUMN prices jsonb`.execute(db);
}
