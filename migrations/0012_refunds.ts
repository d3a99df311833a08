// Money on its way back. A payment keeps what was captured of it and what was given back, never more than that (P4); a
// refund is a row before Stripe hears of it, so that none is lost and none is made twice.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE payments
      ADD COLUMN captured bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),
      ADD COLUMN refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0),
      ADD CONSTRAINT payments_refunded_within_captured CHECK (refunded <= captured)`.execute(db);
  await sql`
    UPDATE payments SET captured = orders.captured FROM orders
    WHERE orders.id = payments.order_id AND payments.intent_status = 'succeeded'
      AND payments.amount = orders.captured`.execute(db);
  // Null for a payment that names our order but is no attempt of ours: it only ever goes back.
  await sql`ALTER TABLE payments ALTER COLUMN attempt DROP NOT NULL`.execute(db);

  await sql`
    CREATE TABLE refunds (
      id uuid PRIMARY KEY,
      order_id uuid NOT NULL REFERENCES orders (id),
      payment_id uuid NOT NULL REFERENCES payments (id),
      amount bigint NOT NULL CHECK (amount > 0),
      currency text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
      reason text NOT NULL,
      status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'SUCCEEDED', 'FAILED')),
      stripe_refund_id text UNIQUE,
      failure text,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX refunds_order_id_idx ON refunds (order_id)`.execute(db);
  await sql`CREATE INDEX refunds_payment_id_idx ON refunds (payment_id)`.execute(db);

  await sql`ALTER TABLE stripe_events DROP CONSTRAINT stripe_events_outcome_check`.execute(db);
  await sql`
    ALTER TABLE stripe_events ADD CONSTRAINT stripe_events_outcome_check
      CHECK (outcome IN ('signalled', 'ignored', 'order_ended', 'order_unknown', 'late_payment'))`.execute(db);

  // A fact may happen to an order more than once: each refund has a mail of its own, and `reference` names the refund.
  await sql`ALTER TABLE mails ADD COLUMN reference text NOT NULL DEFAULT ''`.execute(db);
  await sql`ALTER TABLE mails DROP CONSTRAINT mails_order_id_fact_key`.execute(db);
  await sql`ALTER TABLE mails ADD CONSTRAINT mails_once_per_fact UNIQUE (order_id, fact, reference)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DELETE FROM mails WHERE reference <> ''`.execute(db);
  await sql`ALTER TABLE mails DROP CONSTRAINT mails_once_per_fact`.execute(db);
  await sql`ALTER TABLE mails ADD CONSTRAINT mails_order_id_fact_key UNIQUE (order_id, fact)`.execute(db);
  await sql`ALTER TABLE mails DROP COLUMN reference`.execute(db);
  await sql`UPDATE stripe_events SET outcome = 'order_ended' WHERE outcome = 'late_payment'`.execute(db);
  await sql`ALTER TABLE stripe_events DROP CONSTRAINT stripe_events_outcome_check`.execute(db);
  await sql`
    ALTER TABLE stripe_events ADD CONSTRAINT stripe_events_outcome_check
      CHECK (outcome IN ('signalled', 'ignored', 'order_ended', 'order_unknown'))`.execute(db);
  await sql`DROP TABLE refunds`.execute(db);
  await sql`DELETE FROM payments WHERE attempt IS NULL`.execute(db);
  await sql`ALTER TABLE payments ALTER COLUMN attempt SET NOT NULL`.execute(db);
  await sql`ALTER TABLE payments DROP COLUMN captured, DROP COLUMN refunded`.execute(db);
}
