// Coupons in carts and orders: which coupon a cart carries, and every use of one. A use is held, committed or given back
// like stock; `coupons.used` is the number of those that are held or committed. With it, what a price is made of besides:
// the way to ship, and the category that a product is taxed under.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE carts ADD COLUMN coupon_id uuid REFERENCES coupons (id)`.execute(db);
  await sql`CREATE INDEX carts_coupon_id_idx ON carts (coupon_id)`.execute(db);

  // `customer` is the mail address in lower case: limits per customer hold for guests, too.
  await sql`
    CREATE TABLE coupon_redemptions (
      order_id uuid PRIMARY KEY,
      coupon_id uuid NOT NULL REFERENCES coupons (id),
      customer text NOT NULL,
      status text NOT NULL DEFAULT 'HELD' CHECK (status IN ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED')),
      expires_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      settled_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX coupon_redemptions_customer_idx ON coupon_redemptions (coupon_id, customer)`.execute(db);
  await sql`CREATE INDEX coupon_redemptions_due_idx ON coupon_redemptions (expires_at) WHERE status = 'HELD'`.execute(
    db,
  );

  await sql`ALTER TABLE products ADD COLUMN tax_category text NOT NULL DEFAULT 'standard'`.execute(db);
  await sql`ALTER TABLE checkouts ADD COLUMN shipping_method text`.execute(db);
  await sql`ALTER TABLE orders ADD COLUMN shipping_method text`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE orders DROP COLUMN shipping_method`.execute(db);
  await sql`ALTER TABLE checkouts DROP COLUMN shipping_method`.execute(db);
  await sql`ALTER TABLE products DROP COLUMN tax_category`.execute(db);
  await sql`DROP TABLE coupon_redemptions`.execute(db);
  await sql`ALTER TABLE carts DROP COLUMN coupon_id`.execute(db);
}
