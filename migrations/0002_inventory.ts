// Stock: what is on hand and reserved of each variant, the holds that the reserved count is the sum of, and the ledger of
// every change of the on-hand count. Promise P2 rests on the CHECK of `inventory`; no code can oversell past it.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE inventory (
      variant_id uuid PRIMARY KEY REFERENCES variants (id),
      on_hand integer NOT NULL DEFAULT 0,
      reserved integer NOT NULL DEFAULT 0,
      low_stock_threshold integer NOT NULL DEFAULT 0 CHECK (low_stock_threshold >= 0),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT inventory_never_oversold CHECK (0 <= reserved AND reserved <= on_hand)
    ) WITH (fillfactor = 50)`.execute(db);

  await sql`
    CREATE TABLE holds (
      id uuid PRIMARY KEY,
      variant_id uuid NOT NULL REFERENCES inventory (variant_id),
      order_id uuid,
      quantity integer NOT NULL CHECK (quantity > 0),
      status text NOT NULL DEFAULT 'HELD' CHECK (status IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED')),
      expires_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      settled_at timestamptz,
      CONSTRAINT holds_once_per_order_and_variant UNIQUE (order_id, variant_id)
    )`.execute(db);
  await sql`CREATE INDEX holds_variant_id_idx ON holds (variant_id) WHERE status = 'HELD'`.execute(db);
  await sql`CREATE INDEX holds_due_idx ON holds (expires_at) WHERE status = 'HELD'`.execute(db);

  await sql`
    CREATE TABLE stock_movements (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      variant_id uuid NOT NULL REFERENCES inventory (variant_id),
      kind text NOT NULL CHECK (kind IN ('received', 'reduced', 'set', 'sold', 'restocked')),
      quantity integer NOT NULL CHECK (quantity <> 0),
      order_id uuid,
      reason text,
      created_at timestamptz NOT NULL,
      CONSTRAINT stock_movements_once_per_order_step UNIQUE (order_id, variant_id, kind)
    )`.execute(db);
  await sql`CREATE INDEX stock_movements_variant_id_idx ON stock_movements (variant_id, id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE stock_movements, holds, inventory`.execute(db);
}
