// Orders whose customer's account has ended. They are nobody's, which is not the same as a guest's: they come to no account again.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE orders
      ADD COLUMN disowned_at timestamptz,
      ADD CONSTRAINT orders_disowned_are_nobodys CHECK (disowned_at IS NULL OR customer_id IS NULL)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE orders DROP COLUMN disowned_at`.execute(db);
}
