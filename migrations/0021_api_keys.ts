// Keys of machines, as hashes: a reader of the database can call as nobody. And users who have gone: the row stays for what refers
// to it, with nothing of the person in it.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE api_keys (
      id uuid PRIMARY KEY,
      name text NOT NULL,
      role text NOT NULL CHECK (role IN ('customer', 'inventory', 'admin')),
      key_hash text NOT NULL UNIQUE CHECK (key_hash ~ '^[A-Za-z0-9_-]{43}$'),
      created_by uuid NOT NULL REFERENCES users (id),
      expires_at timestamptz,
      last_used_at timestamptz,
      created_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX api_keys_created_by_idx ON api_keys (created_by)`.execute(db);

  await sql`ALTER TABLE users ADD COLUMN deleted_at timestamptz`.execute(db);
  // Found by how their address begins, and looked for when it is asked who the admins are.
  await sql`CREATE INDEX users_email_prefix_idx ON users (email text_pattern_ops)`.execute(db);
  await sql`CREATE INDEX users_staff_idx ON users (role) WHERE role <> 'customer'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX users_staff_idx, users_email_prefix_idx`.execute(db);
  await sql`ALTER TABLE users DROP COLUMN deleted_at`.execute(db);
  await sql`DROP TABLE api_keys`.execute(db);
}
