// What the catalog takes and gives: products in lists and in detail, categories, filters and sorts.
import { z } from '@hono/zod-openapi';
import {
  booleanParam,
  currency,
  integerParam,
  listOf,
  MAX_MONEY,
  money,
  pageQuery,
  text,
  uuid,
} from '../http/schemas.ts';

export const SORTS = ['newest', 'price', '-price', 'rating'] as const;

const amountParam = integerParam({ min: 0, max: MAX_MONEY }).optional();

/** The filters and sorts of every product list. A category brings its sub-categories with it. */
export const productQuery = pageQuery.extend({
  category: text({ max: 100 }).optional().openapi({ description: 'Slug or id; sub-categories are included' }),
  minPrice: amountParam,
  maxPrice: amountParam,
  size: text({ max: 20 }).optional().openapi({ example: 'M' }),
  // A 13-digit article number may pass a card's check.
  keyword: text({ max: 200, cards: 'keep' }).optional().openapi({ example: 'linen' }),
  brand: text({ max: 100 }).optional(),
  inStock: booleanParam.optional(),
  sort: z.enum(SORTS).default('newest'),
});

/** The same within one category or within what can be bought: their own filter is given by the path. */
export const categoryProductQuery = productQuery.omit({ category: true });
export const availableProductQuery = productQuery.omit({ inStock: true });

const image = z.object({ id: uuid, url: z.string(), alt: z.string(), width: z.int(), height: z.int() });
const summaryFields = {
  id: uuid,
  slug: z.string(),
  title: z.string(),
  brand: z.string(),
  categoryId: uuid,
  price: money.openapi({ description: 'Of the cheapest variant' }),
  currency,
  rating: z.number(),
  ratingCount: z.int(),
  inStock: z.boolean(),
};

const productSummary = z.object({ ...summaryFields, image: image.nullable() }).openapi('ProductSummary');
export const productList = listOf(productSummary).openapi('ProductList');

const variant = z.object({
  id: uuid,
  sku: z.string(),
  title: z.string(),
  options: z.record(z.string(), z.string()),
  price: money,
  available: z.int().openapi({ description: 'On hand less reserved, at this moment' }),
});
const faq = z.object({ question: z.string(), answer: z.string() });

export const productDetail = z
  .object({
    ...summaryFields,
    description: z.string(),
    image: image.nullable(),
    variants: z.array(variant),
    images: z.array(image),
    faqs: z.array(faq),
  })
  .openapi('Product');

export const category = z
  .object({
    id: uuid,
    slug: z.string(),
    name: z.string(),
    parentId: uuid.nullable(),
    get children() {
      return z.array(category);
    },
  })
  .openapi('Category');
export const categoryList = listOf(category).openapi('CategoryList');

const IMAGE = {
  id: '01960000-0000-7000-8000-000000000004',
  url: '/media/demo/stoneware-mug-1.svg',
  alt: 'A mug',
  width: 800,
  height: 800,
};
const SUMMARY = {
  id: '01960000-0000-7000-8000-000000000001',
  slug: 'stoneware-mug',
  title: 'Stoneware mug',
  brand: 'Tallow & Clay',
  categoryId: '01960000-0000-7000-8000-000000000002',
  price: 1800,
  currency: 'usd',
  rating: 4.5,
  ratingCount: 12,
  inStock: true,
  image: IMAGE,
};

export const productListExample = { items: [SUMMARY], nextCursor: null };
export const productExample = {
  ...SUMMARY,
  description: 'Thrown and glazed by hand.',
  variants: [
    {
      id: '01960000-0000-7000-8000-000000000003',
      sku: 'MUG-SAND',
      title: 'Sand',
      options: { colour: 'Sand' },
      price: 1800,
      available: 24,
    },
  ],
  images: [IMAGE],
  faqs: [{ question: 'Is it dishwasher safe?', answer: 'Yes.' }],
};
export const categoryExample = {
  id: '01960000-0000-7000-8000-000000000002',
  slug: 'kitchen',
  name: 'Kitchen',
  parentId: null,
  children: [],
};
export const categoryListExample = { items: [categoryExample], nextCursor: null };
