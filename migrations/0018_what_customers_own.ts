// What belongs to a customer: one cart of their own, known by who they are and by no token, and the orders that they place.
// With it, the indexes that an admin finds orders by, and that find a guest's orders by their mail address.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // A guest's cart has a token and no customer, a customer's cart the other way round: no old token opens it.
  await sql`
    ALTER TABLE carts
      DROP CONSTRAINT carts_check,
      ADD CONSTRAINT carts_one_owner CHECK ((token_hash IS NULL) <> (customer_id IS NULL)),
      ADD CONSTRAINT carts_customer_id_key UNIQUE (customer_id)`.execute(db);
  await sql`DROP INDEX carts_customer_id_idx`.execute(db);

  // Not a reference: the order that is made of it has one, and is checked when it is placed.
  await sql`ALTER TABLE checkouts ADD COLUMN customer_id uuid`.execute(db);

  await sql`CREATE INDEX orders_placed_at_idx ON orders (placed_at DESC, id DESC)`.execute(db);
  await sql`CREATE INDEX orders_status_idx ON orders (status, placed_at DESC, id DESC)`.execute(db);
  await sql`CREATE INDEX orders_email_idx ON orders (lower(email), placed_at DESC, id DESC)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP INDEX orders_email_idx, orders_status_idx, orders_placed_at_idx`.execute(db);
  await sql`ALTER TABLE checkouts DROP COLUMN customer_id`.execute(db);
  await sql`CREATE INDEX carts_customer_id_idx ON carts (customer_id)`.execute(db);
  await sql`
    ALTER TABLE carts
      DROP CONSTRAINT carts_customer_id_key,
      DROP CONSTRAINT carts_one_owner,
      ADD CONSTRAINT carts_check CHECK (token_hash IS NOT NULL OR customer_id IS NOT NULL)`.execute(db);
}
