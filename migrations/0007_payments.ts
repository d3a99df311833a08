// Payments: one row per attempt to pay an order with Stripe, and every event that Stripe sent us, once (P6).
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE payments (
      id uuid PRIMARY KEY,
      order_id uuid NOT NULL REFERENCES orders (id),
      attempt integer NOT NULL CHECK (attempt > 0),
      intent_id text NOT NULL UNIQUE,
      client_secret text NOT NULL,
      amount bigint NOT NULL CHECK (amount >= 0),
      currency text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
      intent_status text NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      UNIQUE (order_id, attempt)
    )`.execute(db);

  await sql`
    CREATE TABLE stripe_events (
      id text PRIMARY KEY,
      type text NOT NULL,
      object_id text,
      order_id uuid,
      payload jsonb NOT NULL,
      outcome text CHECK (outcome IN ('signalled', 'ignored', 'order_ended', 'order_unknown')),
      received_at timestamptz NOT NULL,
      handled_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX stripe_events_unhandled_idx ON stripe_events (received_at) WHERE handled_at IS NULL`.execute(
    db,
  );
  await sql`CREATE INDEX stripe_events_order_id_idx ON stripe_events (order_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE stripe_events, payments`.execute(db);
}
