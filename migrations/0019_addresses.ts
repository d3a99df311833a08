// The addresses that a customer keeps. Never two of them are the default: the index refuses it, whoever comes at once.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE addresses (
      id uuid PRIMARY KEY,
      customer_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      name text NOT NULL,
      line1 text NOT NULL,
      line2 text,
      city text NOT NULL,
      region text,
      postal_code text NOT NULL,
      country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
      phone text,
      is_default boolean NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX addresses_customer_id_idx ON addresses (customer_id, id DESC)`.execute(db);
  await sql`CREATE UNIQUE INDEX addresses_one_default ON addresses (customer_id) WHERE is_default`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE addresses`.execute(db);
}
