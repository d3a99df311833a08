// What is scarce in the shop: variants of which there are too few, and coupons for too few uses. They are written into the
// seeded shop by SQL before the first shopper comes, because it has no API for its staff to do that yet.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { withClient } from '../../src/local/postgres.ts';
import { bulkVariants } from '../load/tables.ts';

export interface Goods {
  /** Ids of variants of which there is enough for everybody, in the order of their sku. */
  plenty: string[];
  /** Ids of variants with few units. */
  scarce: string[];
  /** Codes of coupons with few uses. */
  coupons: string[];
}

/** So many shoppers meet at one scarce variant (one in four of them wants it), and at one scarce coupon. */
const SHOPPERS_PER_VARIANT = 60;
const SHOPPERS_PER_COUPON = 100;
const UNITS = 5;
const USES = 3;
/** Minor units. */
const PRICE = 1_900;
const PERCENT_OFF = 15;

/** @param orders how many shoppers will come */
export async function stockShop(databaseUrl: string, orders: number): Promise<Goods> {
  const plenty = await bulkVariants(databaseUrl, 'twenty');
  return withClient(databaseUrl, async (client) => {
    const scarce = Array.from({ length: Math.ceil(orders / SHOPPERS_PER_VARIANT) }, () => randomUUID());
    for (const [at, id] of scarce.entries()) await addVariant(client, id, `SCARCE-${at + 1}`);
    const coupons = Array.from({ length: Math.ceil(orders / SHOPPERS_PER_COUPON) }, (_, at) => `SCARCE-${at + 1}`);
    for (const code of coupons) {
      await client.query(
        "INSERT INTO coupons (id, code, kind, value, total_limit) VALUES ($1, $2, 'percentage', $3, $4)",
        [randomUUID(), code, PERCENT_OFF, USES],
      );
    }
    return { plenty, scarce, coupons };
  });
}

/** With its first units in the ledger, as the seed does it. */
async function addVariant(client: pg.Client, id: string, sku: string): Promise<void> {
  await client.query(
    `INSERT INTO variants (id, product_id, sku, title, price)
     SELECT $1, product_id, $2, $2, $3 FROM variants WHERE sku = 'BULK'`,
    [id, sku, PRICE],
  );
  await client.query('INSERT INTO inventory (variant_id, on_hand) VALUES ($1, $2)', [id, UNITS]);
  await client.query(
    `INSERT INTO stock_movements (variant_id, kind, quantity, reason, created_at)
     VALUES ($1, 'received', $2, 'chaos', now())`,
    [id, UNITS],
  );
}
