// What was done, by whom and to whom. Rows come and stay: a trigger refuses every change, the owner's too, so that neither the
// shop nor whoever has broken into it can rewrite what it did.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE audit_entries (
      id uuid PRIMARY KEY,
      actor text NOT NULL,
      action text NOT NULL CHECK (action ~ '^[a-z]+(_[a-z]+)*$'),
      subject text,
      details jsonb NOT NULL DEFAULT '{}',
      request_id text,
      created_at timestamptz NOT NULL
    )`.execute(db);
  // Ids are made of the time: by id is by time.
  await sql`CREATE INDEX audit_entries_actor_idx ON audit_entries (actor, id)`.execute(db);
  await sql`CREATE INDEX audit_entries_action_idx ON audit_entries (action, id)`.execute(db);
  await sql`CREATE INDEX audit_entries_subject_idx ON audit_entries (subject, id)`.execute(db);
  await sql`
    CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the audit is only ever added to' USING ERRCODE = 'insufficient_privilege';
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`.execute(db);
  // Also where a session says that it replays what another database has done.
  await sql`ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_append_only`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE audit_entries`.execute(db);
  await sql`DROP FUNCTION refuse_audit_change()`.execute(db);
}
