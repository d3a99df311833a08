// Carts. A cart carries the id of the order that it will become (`next_order_id`): every submit of the same cart meets
// the same workflow. A checkout is what the shopper sent with the submit, and what became of it: the people's data that
// workflow histories must not carry, the frozen prices, and the refusal where there was one.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE carts (
      id uuid PRIMARY KEY,
      token_hash bytea UNIQUE,
      customer_id uuid REFERENCES users (id),
      status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'checkout', 'ordered')),
      next_order_id uuid NOT NULL UNIQUE,
      currency text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
      version integer NOT NULL DEFAULT 1,
      expires_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      CHECK (token_hash IS NOT NULL OR customer_id IS NOT NULL)
    )`.execute(db);
  await sql`CREATE INDEX carts_customer_id_idx ON carts (customer_id)`.execute(db);
  await sql`CREATE INDEX carts_expires_at_idx ON carts (expires_at) WHERE status = 'open'`.execute(db);

  await sql`
    CREATE TABLE cart_items (
      id uuid PRIMARY KEY,
      cart_id uuid NOT NULL REFERENCES carts (id) ON DELETE CASCADE,
      variant_id uuid NOT NULL REFERENCES variants (id),
      quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
      created_at timestamptz NOT NULL,
      UNIQUE (cart_id, variant_id)
    )`.execute(db);
  await sql`CREATE INDEX cart_items_variant_id_idx ON cart_items (variant_id)`.execute(db);

  await sql`
    CREATE TABLE checkouts (
      order_id uuid PRIMARY KEY,
      cart_id uuid NOT NULL REFERENCES carts (id),
      payment_method text NOT NULL CHECK (payment_method IN ('card', 'cod')),
      email text NOT NULL,
      shipping_address jsonb NOT NULL,
      note text,
      expected_total bigint CHECK (expected_total >= 0),
      prices jsonb,
      refusal jsonb,
      frozen_at timestamptz,
      closed_at timestamptz,
      created_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX checkouts_cart_id_idx ON checkouts (cart_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE checkouts, cart_items, carts`.execute(db);
}
