// The catalog of the demo shop as a shopper's program sees it: shapes, the tree, pictures.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { catalogRoutes } from '../../src/catalog/routes.ts';
import { productDetail, productList } from '../../src/catalog/schemas.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());

function request(path: string, environment: Record<string, string> = {}) {
  return floor((deps) => catalogRoutes(deps), environment, { db: database.db }).app.request(path);
}

async function read(path: string): Promise<unknown> {
  const response = await request(`/api/v1${path}`);
  expect(response.status).toBe(200);
  return await response.json();
}

async function firstProduct(environment?: Record<string, string>) {
  const response = await request('/api/v1/products?limit=1&sort=price', environment);
  const [product] = productList.parse(await response.json()).items;
  if (product === undefined) throw new Error('the demo shop has no product');
  return product;
}

describe('a product', () => {
  test('in a list is in the shape that clients rely on', async () => {
    const product = await firstProduct();
    expect(Object.keys(product).toSorted()).toEqual([
      'brand',
      'categoryId',
      'currency',
      'id',
      'image',
      'inStock',
      'price',
      'rating',
      'ratingCount',
      'slug',
      'title',
    ]);
    expect(product).toMatchObject({
      price: expect.any(Number),
      currency: 'usd',
      rating: 0,
      inStock: expect.any(Boolean),
    });
  });

  test('is the same by id and by slug, with variants, pictures and questions', async () => {
    const { id, slug } = await firstProduct();
    const [byId, bySlug] = await Promise.all([read(`/products/${id}`), read(`/products/slug/${slug}`)]);
    expect(byId).toEqual(bySlug);
    const detail = productDetail.parse(byId);
    expect(detail.variants.map((variant) => Number.isInteger(variant.available))).toContain(true);
    expect(detail.images.length).toBeGreaterThan(0);
    expect(detail.price).toBe(Math.min(...detail.variants.map((variant) => variant.price)));
  });

  test.each([
    '/products/01960000-0000-7000-8000-00000000dead',
    '/products/slug/nothing-here',
    '/products/5',
    '/categories/slug/%00',
  ])('that is not there is 404: %s', async (path) => {
    const response = await request(`/api/v1${path}`);
    expect(await response.json()).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('the categories', () => {
  test('are a tree, each with all below it', async () => {
    expect(await read('/categories')).toMatchObject({
      items: expect.arrayContaining([
        expect.objectContaining({
          slug: 'clothing',
          parentId: null,
          children: expect.arrayContaining([expect.objectContaining({ slug: 'tops', children: [] })]),
        }),
      ]),
      nextCursor: null,
    });
  });

  test('are found by slug and by id', async () => {
    const bySlug = await read('/categories/slug/clothing');
    expect(bySlug).toMatchObject({ slug: 'clothing', children: expect.any(Array) });
    const { id } = Object(bySlug);
    expect(await read(`/categories/${id}`)).toEqual(bySlug);
  });
});

describe('a picture', () => {
  test('comes with its type, for good, and as something that a browser only looks at', async () => {
    const { image } = await firstProduct();
    const response = await request(image?.url ?? '');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toMatch(/^<svg /);
  });

  test.each(['/media/nothing.svg', '/media/%00', '/media/..%2f..%2fpackage.json'])(
    'that is not there is 404: %s',
    async (path) => {
      expect(await (await request(path)).json()).toMatchObject({ status: 404, code: 'not_found' });
    },
  );

  test('has its address under the public one where that is configured', async () => {
    const { image } = await firstProduct({ PUBLIC_URL: 'https://api.shop.test' });
    expect(image?.url).toMatch(/^https:\/\/api\.shop\.test\/media\//);
  });
});
