// Mails that are due: one row per order and fact, written in the transaction of the move that it tells of.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE mails (
      id uuid PRIMARY KEY,
      order_id uuid NOT NULL REFERENCES orders (id),
      fact text NOT NULL CHECK (fact IN ('placed', 'paid', 'confirmed', 'expired', 'cancelled', 'refunded')),
      attempts integer NOT NULL DEFAULT 0,
      due_at timestamptz NOT NULL,
      sent_at timestamptz,
      last_error text,
      created_at timestamptz NOT NULL,
      UNIQUE (order_id, fact)
    )`.execute(db);
  await sql`CREATE INDEX mails_due_idx ON mails (due_at) WHERE sent_at IS NULL`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE mails`.execute(db);
}
