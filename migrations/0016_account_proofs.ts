// Refresh tokens that were used, what a person was sent to prove a mailbox (a code, a link), and the mails that carry it. A
// reader of the database can do nothing with any of it: tokens and codes stand here as hashes, mails encrypted until they are sent.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE used_refresh_tokens (
      token_hash text PRIMARY KEY CHECK (token_hash ~ '^[A-Za-z0-9_-]{43}$'),
      session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
      used_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX used_refresh_tokens_session_id_idx ON used_refresh_tokens (session_id, used_at)`.execute(db);

  // For any address, whether somebody has an account under it or not: writing must not tell one from the other.
  await sql`
    CREATE TABLE account_proofs (
      purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'otp', 'known_address')),
      email text NOT NULL CHECK (email = lower(email)),
      id uuid NOT NULL,
      secret_hash text NOT NULL UNIQUE CHECK (secret_hash ~ '^[A-Za-z0-9_-]{43}$'),
      tries integer NOT NULL DEFAULT 0 CONSTRAINT account_proofs_five_tries CHECK (tries BETWEEN 0 AND 5),
      expires_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (purpose, email)
    )`.execute(db);
  await sql`CREATE INDEX account_proofs_expires_at_idx ON account_proofs (expires_at)`.execute(db);

  await sql`
    CREATE TABLE account_mails (
      id uuid PRIMARY KEY,
      sealed bytea,
      attempts integer NOT NULL DEFAULT 0,
      due_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      sent_at timestamptz,
      last_error text,
      created_at timestamptz NOT NULL,
      CONSTRAINT account_mails_cleared_when_sent CHECK (sent_at IS NULL OR sealed IS NULL)
    )`.execute(db);
  await sql`CREATE INDEX account_mails_due_idx ON account_mails (due_at) WHERE sealed IS NOT NULL`.execute(db);
  await sql`CREATE INDEX account_mails_expires_at_idx ON account_mails (expires_at)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE account_mails, account_proofs, used_refresh_tokens`.execute(db);
}
