// The catalog over HTTP: product lists, one product, the category tree.
import { createRoute, z } from '@hono/zod-openapi';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { AppDeps } from '../http/deps.ts';
import { jsonAnswer, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { text, uuid } from '../http/schemas.ts';
import { presentProduct, presentSummary } from './present.ts';
import { categoryTree } from './rules.ts';
import {
  availableProductQuery,
  category,
  categoryExample,
  categoryList,
  categoryListExample,
  categoryProductQuery,
  productDetail,
  productExample,
  productList,
  productListExample,
  productQuery,
} from './schemas.ts';
import {
  categoryWithDescendants,
  findProduct,
  listCategories,
  listProducts,
  type ProductFilters,
  type Sort,
} from './store.ts';

type CatalogDeps = Pick<AppDeps, 'db'> & { config: Pick<AppDeps['config'], 'PUBLIC_URL'> };
type PageQuery = ProductFilters & {
  category?: string | undefined;
  sort: Sort;
  limit: number;
  cursor?: string | undefined;
};

const read = { method: 'get' as const, security: SECURITY.public };
const products = { ...read, tags: ['Products'] };
const categories = { ...read, tags: ['Categories'] };
const byId = z.object({ id: uuid });
const bySlug = z.object({ slug: text({ max: 200 }) });
const aList = {
  200: jsonAnswer('A page of products', productList, productListExample),
};
const aProduct = { 200: jsonAnswer('The product', productDetail, productExample), ...problemResponses('not_found') };
const aCategory = {
  200: jsonAnswer('The category with all below it', category, categoryExample),
  ...problemResponses('not_found'),
};

const listRoute = createRoute({
  ...products,
  path: '/products',
  summary: 'Products on sale, filtered and sorted',
  request: { query: productQuery },
  responses: aList,
});
const availableRoute = createRoute({
  ...products,
  path: '/products/available',
  summary: 'Products that can be bought now',
  request: { query: availableProductQuery },
  responses: aList,
});
const bySlugRoute = createRoute({
  ...products,
  path: '/products/slug/{slug}',
  summary: 'One product by its slug',
  request: { params: bySlug },
  responses: aProduct,
});
const byIdRoute = createRoute({
  ...products,
  path: '/products/{id}',
  summary: 'One product',
  request: { params: byId },
  responses: aProduct,
});
const categoriesRoute = createRoute({
  ...categories,
  path: '/categories',
  summary: 'The tree of categories',
  responses: { 200: jsonAnswer('The top categories, each with all below it', categoryList, categoryListExample) },
});
const categoryBySlugRoute = createRoute({
  ...categories,
  path: '/categories/slug/{slug}',
  summary: 'One category by its slug',
  request: { params: bySlug },
  responses: aCategory,
});
const categoryProductsRoute = createRoute({
  ...categories,
  path: '/categories/slug/{slug}/products',
  summary: 'Products of a category and of those below it',
  request: { params: bySlug, query: categoryProductQuery },
  responses: { ...aList, ...problemResponses('not_found') },
});
const categoryByIdRoute = createRoute({
  ...categories,
  path: '/categories/{id}',
  summary: 'One category',
  request: { params: byId },
  responses: aCategory,
});

/** Everything that a shopper may read of the catalog. */
export function catalogRoutes(deps: CatalogDeps): AppRouter {
  const router = createRouter();
  router.openapi(listRoute, async (c) => {
    const query = c.req.valid('query');
    const categoryIds = query.category === undefined ? undefined : await branch(deps, query.category);
    return c.json(await page(deps, { ...query, categoryIds }), 200);
  });
  router.openapi(availableRoute, async (c) => {
    const query = c.req.valid('query');
    const categoryIds = query.category === undefined ? undefined : await branch(deps, query.category);
    return c.json(await page(deps, { ...query, categoryIds, inStock: true }), 200);
  });
  router.openapi(bySlugRoute, async (c) => c.json(await product(deps, c.req.valid('param')), 200));
  router.openapi(byIdRoute, async (c) => c.json(await product(deps, c.req.valid('param')), 200));
  router.openapi(categoriesRoute, async (c) => {
    const { roots } = categoryTree(await listCategories(deps.db));
    return c.json({ items: roots, nextCursor: null }, 200);
  });
  router.openapi(categoryBySlugRoute, async (c) => c.json(await oneCategory(deps, c.req.valid('param')), 200));
  router.openapi(categoryProductsRoute, async (c) => {
    const categoryIds = await branch(deps, c.req.valid('param').slug);
    if (categoryIds.length === 0) throw problem('not_found', { detail: 'There is no such category.' });
    return c.json(await page(deps, { ...c.req.valid('query'), categoryIds }), 200);
  });
  router.openapi(categoryByIdRoute, async (c) => c.json(await oneCategory(deps, c.req.valid('param')), 200));
  return router;
}

function branch({ db }: CatalogDeps, slugOrId: string): Promise<string[]> {
  return categoryWithDescendants(db, slugOrId);
}

async function page({ db, config }: CatalogDeps, { sort, limit, cursor, ...filters }: PageQuery) {
  const after = cursor === undefined ? undefined : position(sort, cursor);
  const rows = await listProducts(db, filters, { sort, limit: limit + 1, after });
  return pageOf(rows, {
    limit,
    position: ({ sortValue, id }) => [sort, sortValue, id],
    present: (row) => presentSummary(row, config.PUBLIC_URL),
  });
}

/** A cursor carries the sort that it was made under: under another one it would point nowhere. */
function position(sort: Sort, cursor: string) {
  const [, value, id] = decodeCursor(z.tuple([z.literal(sort), z.int().min(0), z.uuid()]), cursor);
  return { value, id };
}

async function product({ db, config }: CatalogDeps, by: { id: string } | { slug: string }) {
  const row = await findProduct(db, by);
  if (row === undefined) throw problem('not_found', { detail: 'There is no such product.' });
  return presentProduct(row, config.PUBLIC_URL);
}

async function oneCategory({ db }: CatalogDeps, by: { id: string } | { slug: string }) {
  const { nodes } = categoryTree(await listCategories(db));
  const node = 'id' in by ? nodes.get(by.id) : [...nodes.values()].find(({ slug }) => slug === by.slug);
  if (node === undefined) throw problem('not_found', { detail: 'There is no such category.' });
  return node;
}
