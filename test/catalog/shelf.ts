// Fills a test's catalog: products with the values that a test cares about, and thousands of them for plans.
import { sql } from 'kysely';
import type { Database } from '../../src/platform/database.ts';

export interface ShelfProduct {
  id: string;
  categoryId: string;
  createdAt: string;
  rating: number;
  price: number;
  size: string;
  brand: string;
  onHand: number;
  reserved: number;
}

/** Empties the shelves: categories, products and all that belongs to them. */
export async function clearShelf(db: Database): Promise<void> {
  await sql`TRUNCATE categories CASCADE`.execute(db);
}

/** Writes products, each with one variant and its stock, in a few statements. */
export async function fillShelf(db: Database, products: readonly ShelfProduct[]): Promise<void> {
  const rows = JSON.stringify(products);
  const record = sql`jsonb_to_recordset(${rows}::jsonb) AS p("id" uuid, "categoryId" uuid, "createdAt" timestamptz,
    "rating" numeric, "price" bigint, "size" text, "brand" text, "onHand" integer, "reserved" integer)`;
  await sql`INSERT INTO products (id, category_id, slug, title, brand, currency, rating, created_at, description)
    SELECT id, "categoryId", 'p-' || id, 'Thing ' || brand, brand, 'usd', rating, "createdAt", 'made for ' || size FROM ${record}`.execute(
    db,
  );
  await sql`INSERT INTO variants (id, product_id, sku, title, options, price)
    SELECT id, id, 'sku-' || id, size, jsonb_build_object('size', size), price FROM ${record}`.execute(db);
  await sql`INSERT INTO inventory (variant_id, on_hand, reserved) SELECT id, "onHand", reserved FROM ${record}`.execute(
    db,
  );
}

/** A random generator with a seed (mulberry32), so that a failure can be seen again. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A product of random values out of small ranges, so that many are equal in what lists sort by. */
export function randomProduct(random: () => number, categories: readonly string[]): ShelfProduct {
  const pick = <T>(values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0];
  const onHand = Math.floor(random() * 3);
  const hex = () =>
    Math.floor(random() * 0xffffffff)
      .toString(16)
      .padStart(8, '0');
  return {
    id: `${hex()}-0000-4000-8000-${hex()}${hex().slice(4)}`,
    categoryId: categories[Math.floor(random() * categories.length)] ?? '',
    createdAt: `2026-01-0${pick(['1', '2'])} 10:00:00.12345${pick(['6', '7'])}+00`,
    rating: pick([0, 3.5, 4.25, 5]),
    price: pick([500, 1000, 1000, 2500]),
    size: pick(['S', 'M', 'XL']),
    brand: pick(['Alba', 'Borea']),
    onHand,
    reserved: Math.floor(random() * (onHand + 1)),
  };
}
