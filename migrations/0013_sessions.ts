// Who is logged in, and what a person was sent to prove something (a code, a link): the tables of the library that logs
// people in, in our names. No token stands in them, only its SHA-256, and the CHECK refuses anything shorter: a reader of
// the database can log in as nobody.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE sessions (
      id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      token_hash text NOT NULL UNIQUE CHECK (token_hash ~ '^[A-Za-z0-9_-]{43}$'),
      expires_at timestamptz NOT NULL,
      ip_address text,
      user_agent text,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX sessions_user_id_idx ON sessions (user_id)`.execute(db);
  await sql`CREATE INDEX sessions_expires_at_idx ON sessions (expires_at)`.execute(db);

  await sql`
    CREATE TABLE verifications (
      id uuid PRIMARY KEY,
      identifier text NOT NULL,
      value text NOT NULL,
      expires_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX verifications_identifier_idx ON verifications (identifier)`.execute(db);
  await sql`CREATE INDEX verifications_expires_at_idx ON verifications (expires_at)`.execute(db);

  // The library asks for the address as it is written in lower case, so that is how it is kept, and the index is on it.
  await sql`UPDATE users SET email = lower(email)`.execute(db);
  await sql`DROP INDEX users_email_key`.execute(db);
  await sql`
    ALTER TABLE users
      ADD CONSTRAINT users_email_lower CHECK (email = lower(email)),
      ADD CONSTRAINT users_email_key UNIQUE (email)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE users DROP CONSTRAINT users_email_lower, DROP CONSTRAINT users_email_key`.execute(db);
  await sql`CREATE UNIQUE INDEX users_email_key ON users (lower(email))`.execute(db);
  await sql`DROP TABLE verifications, sessions`.execute(db);
}
