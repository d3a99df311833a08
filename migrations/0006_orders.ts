// Orders, their lines and their events. One cart has at most one live order (P1), refunded never exceeds captured (P4),
// and every move of the status is one row of order_events, numbered per order.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE SEQUENCE order_numbers START 100001`.execute(db);
  await sql`
    CREATE TABLE orders (
      id uuid PRIMARY KEY,
      number text NOT NULL UNIQUE,
      cart_id uuid NOT NULL REFERENCES carts (id),
      customer_id uuid REFERENCES users (id),
      status text NOT NULL CHECK (status IN ('PENDING', 'AWAITING_CONFIRMATION', 'PAID', 'CONFIRMED', 'PROCESSING',
        'SHIPPED', 'DELIVERED', 'CANCELLED', 'EXPIRED', 'REFUNDED')),
      payment_status text NOT NULL CHECK (payment_status IN ('NONE', 'PENDING', 'FAILED', 'PAID', 'PARTIALLY_REFUNDED',
        'REFUNDED', 'COD_DUE', 'COD_COLLECTED')),
      payment_method text NOT NULL CHECK (payment_method IN ('card', 'cod')),
      email text NOT NULL,
      shipping_address jsonb NOT NULL,
      note text,
      currency text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
      subtotal bigint NOT NULL CHECK (subtotal >= 0),
      discount bigint NOT NULL CHECK (discount >= 0),
      shipping bigint NOT NULL CHECK (shipping >= 0),
      tax bigint NOT NULL CHECK (tax >= 0),
      total bigint NOT NULL CHECK (total >= 0),
      captured bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),
      refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0),
      coupon_code text,
      cancel_reason text,
      placed_at timestamptz NOT NULL,
      expires_at timestamptz,
      updated_at timestamptz NOT NULL,
      CONSTRAINT orders_refunded_within_captured CHECK (refunded <= captured)
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX orders_one_live_per_cart ON orders (cart_id) WHERE status NOT IN ('EXPIRED', 'CANCELLED')`.execute(
    db,
  );
  await sql`CREATE INDEX orders_cart_id_idx ON orders (cart_id)`.execute(db);
  await sql`CREATE INDEX orders_customer_id_idx ON orders (customer_id, placed_at DESC, id DESC)`.execute(db);

  await sql`
    CREATE TABLE order_items (
      order_id uuid NOT NULL REFERENCES orders (id),
      position integer NOT NULL,
      variant_id uuid NOT NULL REFERENCES variants (id),
      sku text NOT NULL,
      title text NOT NULL,
      quantity integer NOT NULL CHECK (quantity > 0),
      unit_price bigint NOT NULL CHECK (unit_price >= 0),
      discount bigint NOT NULL CHECK (discount >= 0),
      line_total bigint NOT NULL CHECK (line_total >= 0),
      PRIMARY KEY (order_id, position),
      UNIQUE (order_id, variant_id)
    )`.execute(db);
  await sql`CREATE INDEX order_items_variant_id_idx ON order_items (variant_id)`.execute(db);

  await sql`
    CREATE TABLE order_events (
      order_id uuid NOT NULL REFERENCES orders (id),
      sequence integer NOT NULL CHECK (sequence > 0),
      from_status text,
      to_status text NOT NULL,
      actor text NOT NULL,
      note text,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (order_id, sequence)
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE order_events, order_items, orders`.execute(db);
  await sql`DROP SEQUENCE order_numbers`.execute(db);
}
