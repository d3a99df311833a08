// Who repeats a request whose answer was lost is told what the first was told: a move that somebody asked for remembers by
// which request, and knows its repeat by that.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Null for a move that nobody asked for, or without an Idempotency-Key.
  await sql`ALTER TABLE order_events ADD COLUMN request_key text`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE order_events DROP COLUMN request_key`.execute(db);
}
