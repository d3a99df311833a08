// The catalog's SQL. A list is one statement whatever it shows, and availability is read where it is kept (on hand less
// reserved), so that it is never stale. Lists go by keyset: a page costs the same wherever it lies.
import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { Schema } from '../platform/database-schema.ts';
import type { CategoryRow } from './rules.ts';

type Database = Kysely<Schema>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export type Sort = 'newest' | 'price' | '-price' | 'rating';

export interface ProductFilters {
  /** The category and its sub-categories, by id. */
  categoryIds?: string[] | undefined;
  minPrice?: number | undefined;
  maxPrice?: number | undefined;
  size?: string | undefined;
  keyword?: string | undefined;
  brand?: string | undefined;
  inStock?: boolean | undefined;
}

/** Where a page ends: the sort's value as an integer (see SORT_KEYS), and the id, which decides between equals. */
export interface Position {
  value: number;
  id: string;
}

/**
 * Each sort's column, its value as an integer for the cursor, and the way back from that integer. Microseconds and
 * hundredths, because that is what the columns hold: a rounded value would skip or repeat products at a page's end.
 */
const SORT_KEYS = {
  newest: {
    column: sql.ref('products.createdAt'),
    integer: sql<number>`(extract(epoch FROM products.created_at) * 1000000)::bigint`,
    restore: (value: number) => sql`'epoch'::timestamptz + ${value}::bigint * interval '1 microsecond'`,
    direction: 'desc',
  },
  price: price('asc'),
  '-price': price('desc'),
  rating: {
    column: sql.ref('products.rating'),
    integer: sql<number>`(products.rating * 100)::bigint`,
    restore: (value: number) => sql`${value}::bigint / 100::numeric`,
    direction: 'desc',
  },
} as const satisfies Record<Sort, unknown>;

function price<D extends 'asc' | 'desc'>(direction: D) {
  const column = sql.ref('products.price');
  return { column, integer: sql<number>`products.price`, restore: (value: number) => sql`${value}::bigint`, direction };
}

/** Something of this product can be bought now. */
const IN_STOCK = sql<boolean>`EXISTS (
  SELECT FROM variants JOIN inventory ON inventory.variant_id = variants.id
  WHERE variants.product_id = products.id AND variants.status = 'active' AND inventory.on_hand > inventory.reserved)`;

/**
 * One page of products that are on sale, in the given order.
 * @param after the end of the page before
 * @returns at most `limit` products, each with its position
 */
export async function listProducts(
  db: Database,
  filters: ProductFilters,
  { sort, limit, after }: { sort: Sort; limit: number; after?: Position | undefined },
) {
  const key = SORT_KEYS[sort];
  const beyond = key.direction === 'asc' ? sql`>` : sql`<`;
  return await onSale(db)
    .where((eb) => eb.and(conditions(filters)))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(${key.column}, products.id) ${beyond} (${key.restore(after?.value ?? 0)}, ${after?.id}::uuid)`,
      ),
    )
    .select(key.integer.as('sortValue'))
    .orderBy(key.column, key.direction)
    .orderBy('products.id', key.direction)
    .limit(limit)
    .execute();
}

/** One product that is on sale, with all that its page shows, in one statement. */
export async function findProduct(db: Database, by: { id: string } | { slug: string }) {
  return await onSale(db)
    .where((eb) => ('id' in by ? eb('products.id', '=', by.id) : eb('products.slug', '=', by.slug)))
    .select((eb) => [
      'products.description',
      jsonArrayFrom(
        eb
          .selectFrom('variants')
          .leftJoin('inventory', 'inventory.variantId', 'variants.id')
          .whereRef('variants.productId', '=', 'products.id')
          .where('variants.status', '=', 'active')
          .select(['variants.id', 'variants.sku', 'variants.title', 'variants.options', 'variants.price'])
          .select(sql<number>`coalesce(inventory.on_hand - inventory.reserved, 0)`.as('available'))
          .orderBy('variants.position')
          .orderBy('variants.id'),
      ).as('variants'),
      jsonArrayFrom(
        eb
          .selectFrom('productImages')
          .whereRef('productImages.productId', '=', 'products.id')
          .select([
            'productImages.id',
            'productImages.mediaKey as key',
            'productImages.alt',
            'productImages.width',
            'productImages.height',
          ])
          .orderBy('productImages.position')
          .orderBy('productImages.id'),
      ).as('images'),
      jsonArrayFrom(
        eb
          .selectFrom('productFaqs')
          .whereRef('productFaqs.productId', '=', 'products.id')
          .select(['question', 'answer'])
          .orderBy('position')
          .orderBy('id'),
      ).as('faqs'),
    ])
    .executeTakeFirst();
}

/** The category by slug or id, with all below it. Empty when there is none. UNION ends a cycle that should not be there. */
export async function categoryWithDescendants(db: Database, slugOrId: string): Promise<string[]> {
  const id = UUID.test(slugOrId) ? slugOrId : null;
  const { rows } = await sql<{ id: string }>`
    WITH RECURSIVE branch AS (
      SELECT id FROM categories WHERE slug = ${slugOrId} OR id = ${id}::uuid
      UNION
      SELECT categories.id FROM categories JOIN branch ON categories.parent_id = branch.id
    )
    SELECT id FROM branch`.execute(db);
  return rows.map((row) => row.id);
}

/** All categories, in the order in which a shop shows them. */
export async function listCategories(db: Database): Promise<CategoryRow[]> {
  return await db
    .selectFrom('categories')
    .select(['id', 'slug', 'name', 'parentId'])
    .orderBy('position')
    .orderBy('id')
    .execute();
}

/** A picture's bytes and type. */
export async function findMedia(db: Database, key: string) {
  return await db.selectFrom('media').select(['contentType', 'bytes']).where('key', '=', key).executeTakeFirst();
}

/** Products that can be shown: active, with an active variant (else there is no price), each with its first picture. */
function onSale(db: Database) {
  return db
    .selectFrom('products')
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('productImages')
          .whereRef('productImages.productId', '=', 'products.id')
          .select(['id', 'mediaKey', 'alt', 'width', 'height'])
          .orderBy('position')
          .orderBy('id')
          .limit(1)
          .as('cover'),
      (join) => join.onTrue(),
    )
    .where('products.status', '=', 'active')
    .where('products.price', 'is not', null)
    .select([
      'products.id',
      'products.slug',
      'products.title',
      'products.brand',
      'products.categoryId',
      'products.currency',
      'products.ratingCount',
      'cover.id as coverId',
      'cover.mediaKey as coverKey',
      'cover.alt as coverAlt',
      'cover.width as coverWidth',
      'cover.height as coverHeight',
    ])
    .select([
      sql<number>`products.price`.as('price'),
      sql<number>`products.rating::float8`.as('rating'),
      IN_STOCK.as('inStock'),
    ]);
}

/** Each filter as a condition that an index answers (proven by a test on the plans). */
function conditions(filters: ProductFilters): Expression<SqlBool>[] {
  const { categoryIds, minPrice, maxPrice, size, keyword, brand, inStock } = filters;
  const list: Expression<SqlBool>[] = [];
  if (categoryIds) list.push(sql`products.category_id = ANY(${categoryIds}::uuid[])`);
  if (minPrice !== undefined) list.push(sql`products.price >= ${minPrice}::bigint`);
  if (maxPrice !== undefined) list.push(sql`products.price <= ${maxPrice}::bigint`);
  if (brand !== undefined) list.push(sql`lower(products.brand) = lower(${brand})`);
  if (keyword !== undefined) list.push(sql`products.search @@ websearch_to_tsquery('english', ${keyword})`);
  if (size !== undefined) {
    list.push(sql`products.id IN (SELECT product_id FROM variants
      WHERE lower(options ->> 'size') = lower(${size}) AND variants.status = 'active')`);
  }
  if (inStock !== undefined) list.push(inStock ? IN_STOCK : sql`NOT ${IN_STOCK}`);
  return list;
}
