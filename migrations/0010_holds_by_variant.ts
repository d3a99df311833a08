// The holds of a variant, whatever their status: the foreign key to `inventory` looks for all of them, and a partial index
// does not serve it. With the status in it, this one finds the live holds of a variant as the partial one did.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX holds_variant_id_idx`.execute(db);
  await sql`CREATE INDEX holds_variant_id_idx ON holds (variant_id, status)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX holds_variant_id_idx`.execute(db);
  await sql`CREATE INDEX holds_variant_id_idx ON holds (variant_id) WHERE status = 'HELD'`.execute(db);
}
