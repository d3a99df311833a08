// Coupons: percentage (value in percent) or fixed (value in minor units), with their limits. `used` counts live and
// committed uses; its CHECK is what keeps a total limit under any concurrency (P7).
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE coupons (
      id uuid PRIMARY KEY,
      code text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('percentage', 'fixed')),
      value bigint NOT NULL CHECK (value > 0),
      currency text CHECK (currency ~ '^[a-z]{3}$'),
      minimum_subtotal bigint NOT NULL DEFAULT 0 CHECK (minimum_subtotal >= 0),
      free_shipping boolean NOT NULL DEFAULT false,
      starts_at timestamptz,
      ends_at timestamptz,
      total_limit integer CHECK (total_limit > 0),
      per_customer_limit integer CHECK (per_customer_limit > 0),
      used integer NOT NULL DEFAULT 0,
      active boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      CHECK (kind <> 'percentage' OR value <= 100),
      CHECK (kind <> 'fixed' OR currency IS NOT NULL),
      CHECK (ends_at > starts_at),
      CONSTRAINT coupons_never_over_limit CHECK (0 <= used AND used <= total_limit)
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX coupons_code_key ON coupons (upper(code))`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`DROP TABLE coupons`.execute(db);
}
