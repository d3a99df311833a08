// Answers under Idempotency-Keys hold tokens of guests' orders and Stripe's client secrets: they are encrypted before they come
// here. What was kept in clear goes; its keys begin anew. Before the first release, so no older process writes beside this.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DELETE FROM idempotency_keys`.execute(db);
  await sql`ALTER TABLE idempotency_keys DROP COLUMN body, ADD COLUMN sealed bytea`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DELETE FROM idempotency_keys`.execute(db);
  await sql`ALTER TABLE idempotency_keys DROP COLUMN sealed, ADD COLUMN body jsonb`.execute(db);
}
