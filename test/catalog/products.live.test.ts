// Product lists on the real database: every page, filter and sort against a plain computation over the same random shelf;
// how many statements a list costs; and that an index answers each filter.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CompiledQuery, sql } from 'kysely';
import { catalogRoutes } from '../../src/catalog/routes.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { clearShelf, fillShelf, randomProduct, type ShelfProduct, seededRandom } from './shelf.ts';

const SEED = 20_261_121;
const COUNT = 3_000;
/** PostgreSQL's way to say which index a plan uses. */
const INDEX_NAME = /"Index Name":\s*"([^"]+)"/g;

interface Item {
  id: string;
  price: number;
  inStock: boolean;
}
interface Page {
  items: Item[];
  nextCursor: string | null;
}

let database: OwnDatabase;
let statements: CompiledQuery[] = [];
let shelf: ShelfProduct[];
const clothing = randomUUID();
const shirts = randomUUID();
const kitchen = randomUUID();

beforeAll(async () => {
  database = await ownDatabase((event) => {
    statements.push(event.query);
  });
  const random = seededRandom(SEED);
  shelf = Array.from({ length: COUNT }, () => randomProduct(random, [shirts, kitchen, clothing]));
  await clearShelf(database.db);
  await database.db
    .insertInto('categories')
    .values([
      { id: clothing, slug: 'clothing', name: 'Clothing', parentId: null, position: 0 },
      { id: shirts, slug: 'shirts', name: 'Shirts', parentId: clothing, position: 0 },
      { id: kitchen, slug: 'kitchen', name: 'Kitchen', parentId: null, position: 1 },
      { id: randomUUID(), slug: 'attic', name: 'Attic', parentId: null, position: 2 },
    ])
    .execute();
  await fillShelf(database.db, shelf);
  await sql`ANALYZE`.execute(database.db);
});
afterAll(() => database.leave());

async function get(path: string): Promise<{ status: number; body: Page }> {
  const { app } = floor((deps) => catalogRoutes(deps), {}, { db: database.db });
  const response = await app.request(`/api/v1${path}`);
  const body: Page = JSON.parse(await response.text());
  return { status: response.status, body };
}

/** All pages of a list from a cursor on, one after the other. */
async function walk(path: string, from: string | null = null): Promise<Item[]> {
  const items: Item[] = [];
  let cursor = from;
  do {
    const next = cursor === null ? '' : `&cursor=${cursor}`;
    const { body }: { body: Page } = await get(`${path}${next}`);
    items.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return items;
}

const descending = (a: string, b: string) => (a === b ? 0 : a < b ? 1 : -1);
const orders: Record<string, (a: ShelfProduct, b: ShelfProduct) => number> = {
  newest: (a, b) => descending(a.createdAt, b.createdAt) || descending(a.id, b.id),
  price: (a, b) => a.price - b.price || -descending(a.id, b.id),
  '-price': (a, b) => b.price - a.price || descending(a.id, b.id),
  rating: (a, b) => b.rating - a.rating || descending(a.id, b.id),
};
const available = (product: ShelfProduct) => product.onHand > product.reserved;

describe.each(Object.keys(orders))('sorted by %s', (sort) => {
  test('the pages one after the other are the whole list, each product once, in order, however many are equal', async () => {
    const items = await walk(`/products?limit=97&sort=${sort}`);
    expect(items.map((item) => item.id)).toEqual(shelf.toSorted(orders[sort]).map((product) => product.id));
  });

  test('a product that is added or sold in between moves nothing else', async () => {
    const first = await get(`/products?limit=50&sort=${sort}`);
    const extra = { ...randomProduct(seededRandom(7), [kitchen]), brand: 'Late' };
    await fillShelf(database.db, [extra]);
    const rest = await walk(`/products?limit=100&sort=${sort}`, first.body.nextCursor);
    await sql`DELETE FROM inventory WHERE variant_id = ${extra.id}`.execute(database.db);
    await sql`DELETE FROM variants WHERE id = ${extra.id}`.execute(database.db);
    await sql`DELETE FROM products WHERE id = ${extra.id}`.execute(database.db);
    const seen = [...first.body.items, ...rest].map((item) => item.id).filter((id) => id !== extra.id);
    expect(seen).toEqual(shelf.toSorted(orders[sort]).map((product) => product.id));
  });
});

describe('the filter', () => {
  test.each<[string, (product: ShelfProduct) => boolean]>([
    ['category=clothing', (product) => product.categoryId !== kitchen],
    ['category=shirts', (product) => product.categoryId === shirts],
    ['category=nowhere', () => false],
    ['minPrice=1000', (product) => product.price >= 1000],
    ['maxPrice=999', (product) => product.price <= 999],
    ['minPrice=501&maxPrice=1000', (product) => product.price === 1000],
    ['size=xl', (product) => product.size === 'XL'],
    ['brand=ALBA', (product) => product.brand === 'Alba'],
    ['keyword=borea', (product) => product.brand === 'Borea'],
    ['keyword=things', () => true],
    ['inStock=true', available],
    ['inStock=false', (product) => !available(product)],
    [
      'category=clothing&size=M&brand=Borea&maxPrice=1000&inStock=true&keyword=thing',
      (product) =>
        product.categoryId !== kitchen &&
        product.size === 'M' &&
        product.brand === 'Borea' &&
        product.price <= 1000 &&
        available(product),
    ],
  ])('%s gives those products and no other', async (query, wanted) => {
    const items = await walk(`/products?limit=100&sort=price&${query}`);
    expect(items.map((item) => item.id)).toEqual(
      shelf
        .filter(wanted)
        .toSorted(orders.price)
        .map((product) => product.id),
    );
  });

  test('by category takes its id as well as its slug', async () => {
    const [bySlug, byId] = await Promise.all(
      ['clothing', clothing].map(async (name) => walk(`/products?limit=100&category=${name}`)),
    );
    expect(byId).toEqual(bySlug);
  });
});

test('/products/available is what can be bought now', async () => {
  const items = await walk('/products/available?limit=100');
  expect(items).toHaveLength(shelf.filter(available).length);
  expect(items.every((item) => item.inStock)).toBe(true);
});

test('/categories/slug/:slug/products is that branch of the tree', async () => {
  const items = await walk('/categories/slug/clothing/products?limit=100');
  expect(items).toHaveLength(shelf.filter((product) => product.categoryId !== kitchen).length);
  expect((await get('/categories/slug/nowhere/products')).status).toBe(404);
});

test('what is reserved is not available in the same moment', async () => {
  const product = shelf.find((candidate) => candidate.onHand - candidate.reserved === 1);
  const read = async () => (await get(`/products/${product?.id}`)).body;
  expect(await read()).toMatchObject({ inStock: true, variants: [{ available: 1 }] });
  await sql`UPDATE inventory SET reserved = reserved + 1 WHERE variant_id = ${product?.id}`.execute(database.db);
  expect(await read()).toMatchObject({ inStock: false, variants: [{ available: 0 }] });
  await sql`UPDATE inventory SET reserved = reserved - 1 WHERE variant_id = ${product?.id}`.execute(database.db);
});

test('archived products, and those without a variant on sale, are not there', async () => {
  const [archived, bare] = shelf;
  await sql`UPDATE products SET status = 'archived' WHERE id = ${archived?.id}`.execute(database.db);
  await sql`UPDATE variants SET status = 'archived' WHERE product_id = ${bare?.id}`.execute(database.db);
  const [one, other, items] = await Promise.all([
    get(`/products/${archived?.id}`),
    get(`/products/slug/p-${bare?.id}`),
    walk('/products?limit=100'),
  ]);
  await sql`UPDATE products SET status = 'active' WHERE id = ${archived?.id}`.execute(database.db);
  await sql`UPDATE variants SET status = 'active' WHERE product_id = ${bare?.id}`.execute(database.db);
  expect([one.status, other.status, items.length]).toEqual([404, 404, COUNT - 2]);
});

describe('a cursor', () => {
  const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const id = '01960000-0000-7000-8000-000000000001';
  test.each([
    ['that is noise', 'xyz'],
    ['that is no JSON', Buffer.from('{').toString('base64url')],
    ['of another shape', token({ id })],
    ['of another sort', token(['price', 5, id])],
    ['with a value that is no whole number', token(['newest', 1.5, id])],
    ['with a value beyond every date', token(['newest', 1e300, id])],
    ['with a negative value', token(['newest', -1, id])],
    ['with text for a value', token(['newest', "1'; DROP TABLE products", id])],
    ['with an id that is none', token(['newest', 1, 'x'])],
    ['with more than it should have', token(['newest', 1, id, 2])],
  ])('%s is refused', async (_name, cursor) => {
    const { status, body } = await get(`/products?cursor=${cursor}`);
    expect([status, body]).toMatchObject([422, { code: 'validation_failed', errors: [{ path: 'cursor' }] }]);
  });

  test.each(Object.keys(orders))(
    'at the far end of what sort %s can hold ends the list and breaks nothing',
    async (sort) => {
      const { status } = await get(`/products?sort=${sort}&cursor=${token([sort, Number.MAX_SAFE_INTEGER, id])}`);
      expect(status).toBe(200);
    },
  );
});

test.each([
  ['/products?limit=100', 1],
  ['/products?limit=100&category=clothing&size=M&keyword=thing&inStock=true&sort=rating', 2],
  ['/products/available?limit=100', 1],
  ['/categories/slug/clothing/products?limit=100', 2],
  ['/categories', 1],
])('%s costs %i statements, whatever it lists', async (path, count) => {
  statements = [];
  await get(path);
  expect(statements).toHaveLength(count);
});

test('a product with all that its page shows costs one statement', async () => {
  statements = [];
  await get(`/products/${shelf[0]?.id}`);
  expect(statements).toHaveLength(1);
});

test.each([
  ['sort=newest', 'products_newest_idx'],
  ['sort=price', 'products_price_idx'],
  ['sort=-price', 'products_price_idx'],
  ['sort=rating', 'products_rating_idx'],
  ['category=attic', 'products_category_id_idx'],
  ['minPrice=2600', 'products_price_idx'],
  ['maxPrice=400', 'products_price_idx'],
  ['brand=Nobody', 'products_brand_idx'],
  ['keyword=nothing', 'products_search_idx'],
  ['size=XXXL', 'variants_size_idx'],
  ['inStock=true', 'inventory_pkey'],
])('the list with %s is answered through %s', async (query, index) => {
  statements = [];
  await get(`/products?${query}`);
  const list = statements.at(-1);
  const plan = await database.db.transaction().execute(async (tx) => {
    // What remains when reading the whole table is no choice: the plan of a shop that is large.
    await sql`SET LOCAL enable_seqscan = off`.execute(tx);
    return await tx.executeQuery<Record<string, unknown>>({
      ...sql`SELECT`.compile(tx),
      sql: `EXPLAIN (FORMAT JSON) ${list?.sql}`,
      parameters: list?.parameters ?? [],
    });
  });
  const used = [...JSON.stringify(plan.rows).matchAll(INDEX_NAME)].map(([, name]) => name);
  expect(used).toContain(index);
});
