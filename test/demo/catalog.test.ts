// The demo shop keeps what was promised about it: others buy by these skus and coupon codes.
import { describe, expect, test } from '@jest/globals';
import { DEMO_CURRENCY, demoCategories, demoCoupons, demoProducts } from '../../src/demo/catalog.ts';

const variants = demoProducts.flatMap((product) => product.variants);
const stock = new Map(variants.map(({ sku, onHand }) => [sku, onHand]));
const bulkSkus = ['BULK', ...Array.from({ length: 20 }, (_, n) => `BULK-${String(n + 1).padStart(2, '0')}`)];
const twice = (values: string[]) => values.filter((value, index) => values.indexOf(value) !== index);

describe('demo shop', () => {
  test('there are at least 24 products in at least 5 top categories, and every category has products or children', () => {
    expect(demoProducts.length).toBeGreaterThanOrEqual(24);
    expect(demoCategories.filter(({ parentSlug }) => parentSlug === null).length).toBeGreaterThanOrEqual(5);
    const used = new Set([...demoProducts.map((p) => p.categorySlug), ...demoCategories.map((c) => c.parentSlug)]);
    expect(demoCategories.filter(({ slug }) => !used.has(slug))).toEqual([]);
  });

  test('the categories are a tree, parents first, with at least one sub-category, and each product is in one of them', () => {
    const slugs = demoCategories.map(({ slug }) => slug);
    const early = demoCategories.filter(
      ({ parentSlug }, index) => parentSlug !== null && !slugs.slice(0, index).includes(parentSlug),
    );
    expect(early).toEqual([]);
    expect(demoCategories.some(({ parentSlug }) => parentSlug !== null)).toBe(true);
    expect(demoProducts.filter(({ categorySlug }) => !slugs.includes(categorySlug))).toEqual([]);
  });

  test('slugs, titles, skus and coupon codes are unique, and fit into a URL', () => {
    const slugs = [...demoProducts, ...demoCategories].map(({ slug }) => slug);
    expect(twice(slugs)).toEqual([]);
    expect(slugs.filter((slug) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug))).toEqual([]);
    expect(twice(demoProducts.map(({ title }) => title))).toEqual([]);
    expect(twice(variants.map(({ sku }) => sku))).toEqual([]);
    expect(twice(demoCoupons.map(({ code }) => code))).toEqual([]);
  });

  test('LAST-ONE is the last one, SOLD-OUT is sold out, and each BULK sku has a million', () => {
    expect(stock.get('LAST-ONE')).toBe(1);
    expect(stock.get('SOLD-OUT')).toBe(0);
    expect(bulkSkus.map((sku) => stock.get(sku))).toEqual(Array.from({ length: 21 }, () => 1_000_000));
  });

  test('every other variant has at least 10 pieces, and fewer than a million', () => {
    const special = new Set(['LAST-ONE', 'SOLD-OUT', ...bulkSkus]);
    const others = variants.filter(({ sku }) => !special.has(sku));
    expect(others.length).toBeGreaterThan(40);
    expect(others.filter(({ onHand }) => !Number.isInteger(onHand) || onHand < 10 || onHand >= 1_000_000)).toEqual([]);
  });

  test('every price is whole minor units above the least that Stripe charges in usd (50)', () => {
    expect(DEMO_CURRENCY).toBe('usd');
    expect(variants.filter(({ price }) => !Number.isInteger(price) || price < 50)).toEqual([]);
  });

  test('garments come in S to XXL, and no size is anything else', () => {
    const garments = demoProducts.filter(({ categorySlug }) => ['tops', 'outerwear'].includes(categorySlug));
    for (const { variants: own } of garments) {
      expect(new Set(own.map(({ options }) => options['size']))).toEqual(new Set(['S', 'M', 'L', 'XL', 'XXL']));
    }
    const found = variants.flatMap(({ options }) => options['size'] ?? []);
    expect(found.filter((size) => !['S', 'M', 'L', 'XL', 'XXL'].includes(size))).toEqual([]);
  });

  test('within a product no two variants offer the same choice', () => {
    for (const { slug, variants: own } of demoProducts) {
      expect([slug, twice(own.map(({ title }) => title))]).toEqual([slug, []]);
    }
  });

  test('every product reads like one: brand, description, a question answered, a picture with an alternative text', () => {
    for (const { brand, description, faqs, images, slug } of demoProducts) {
      expect([slug, brand.length > 2, description.length > 80]).toEqual([slug, true, true]);
      expect(faqs.length).toBeGreaterThan(0);
      expect(faqs.filter(({ question, answer }) => !question.endsWith('?') || answer.length < 5)).toEqual([]);
      expect(images.length).toBeGreaterThan(0);
      expect(images.filter(({ alt }) => alt.length < 5)).toEqual([]);
    }
  });

  test('the coupons are the promised ones', () => {
    const free = { minimumSubtotal: 0, freeShipping: false, startsAt: null, endsAt: null, totalLimit: null };
    expect(Object.fromEntries(demoCoupons.map(({ code, ...coupon }) => [code, coupon]))).toEqual({
      WELCOME10: { ...free, kind: 'percentage', value: 10, currency: null, perCustomerLimit: 1 },
      FIVEOFF: { ...free, kind: 'fixed', value: 500, currency: 'usd', minimumSubtotal: 3000, perCustomerLimit: null },
      ONLYONE: expect.objectContaining({ totalLimit: 1, value: expect.any(Number) }),
      FREE100: { ...free, kind: 'percentage', value: 100, currency: null, freeShipping: true, perCustomerLimit: null },
      EXPIRED: expect.objectContaining({ endsAt: expect.stringMatching(/^2025-.*Z$/) }),
    });
  });
});
