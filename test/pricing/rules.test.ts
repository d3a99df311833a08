// Prices, whatever is in the basket: the parts sum to the whole, nothing is negative, and no order of lines changes an amount.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  allocate,
  type Basket,
  type CartLine,
  formatMoney,
  type PricingSettings,
  priceCart,
} from '../../src/pricing/rules.ts';

const amount = fc.integer({ min: 0, max: 10_000_000 });
const category = fc.constantFrom('standard', 'reduced', 'books');
const country = fc.constantFrom('DE', 'GB');

/** Often small, so that lines of the same price compete for the last unit. */
const price = fc.oneof(fc.integer({ min: 1, max: 3 }), amount);

const line = fc.record({
  variantId: fc.uuid(),
  sku: fc.string(),
  title: fc.string(),
  quantity: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 10_000 })),
  unitPrice: price,
  taxCategory: category,
});
const lines = fc.uniqueArray(line, { selector: ({ variantId }) => variantId, maxLength: 12 });

const coupon = fc.oneof(
  fc.record({
    kind: fc.constant('percentage' as const),
    value: fc.integer({ min: 1, max: 100 }),
    freeShipping: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('fixed' as const),
    value: fc.integer({ min: 1, max: 10_000_000 }),
    freeShipping: fc.boolean(),
  }),
);

const shippingMethod = fc.record(
  { id: fc.constant('parcel'), title: fc.constant('Parcel'), price: amount, freeOver: amount },
  { requiredKeys: ['id', 'title', 'price'] },
);

const rate = fc.record({
  country,
  category: fc.oneof(category, fc.constant('shipping')),
  percent: fc.integer({ min: 0, max: 1_000_000 }).map((units) => units / 10_000),
});

const settings: fc.Arbitrary<PricingSettings> = fc.record({
  shippingMethods: fc.tuple(shippingMethod),
  taxRates: fc.uniqueArray(rate, { selector: (one) => `${one.country} ${one.category}` }),
  taxIncluded: fc.boolean(),
});

const basket: fc.Arbitrary<Basket<CartLine>> = fc.record(
  { lines, coupon, shippingMethod, country },
  { requiredKeys: ['lines', 'shippingMethod'] },
);

const sum = (amounts: readonly number[]) => amounts.reduce((all, one) => all + one, 0);

describe('a part of an amount', () => {
  const weights = fc.array(amount, { minLength: 1, maxLength: 20 });

  test('is the exact share, rounded down or up, and the parts sum to the amount', () => {
    fc.assert(
      fc.property(amount, weights, (whole, by) => {
        const parts = allocate(whole, by);
        const total = sum(by);
        expect(sum(parts)).toBe(whole);
        for (const [at, part] of parts.entries()) {
          const share = total === 0 ? whole / by.length : (whole * (by[at] ?? 0)) / total;
          expect(Math.abs(part - share)).toBeLessThan(1);
        }
      }),
    );
  });

  test('grows with its weight, and equal weights differ by one at most, the earlier one first', () => {
    fc.assert(
      fc.property(amount, weights, (whole, by) => {
        const parts = allocate(whole, by).map((part, at) => ({ at, part, weight: by[at] ?? 0 }));
        const pairs = parts.flatMap((a) => parts.map((b) => [a, b] as const));
        const heavier = pairs.filter(([a, b]) => a.weight > b.weight);
        const equal = pairs.filter(([a, b]) => a.weight === b.weight && a.at < b.at);
        expect(heavier.filter(([a, b]) => a.part < b.part)).toEqual([]);
        expect(equal.filter(([a, b]) => a.part - b.part !== 0 && a.part - b.part !== 1)).toEqual([]);
      }),
    );
  });

  test.each([
    [100, [1, 1, 1], [34, 33, 33]],
    [5, [3, 3, 1], [2, 2, 1]],
    [2, [0, 0, 0], [1, 1, 0]],
    [7, [0, 1], [0, 7]],
    [0, [], []],
    [900_719_925_474_099, [9_007_199_254_740_991, 9_007_199_254_740_991], [450_359_962_737_050, 450_359_962_737_049]],
  ])('of %p by %p is %p', (whole, by, parts) => {
    expect(allocate(whole, by)).toEqual(parts);
  });

  test.each([
    [-1, [1]],
    [1.5, [1]],
    [1, [-1]],
    [1, []],
  ])('of %p by %p is no amount', (whole, by) => {
    expect(() => allocate(whole, by)).toThrow(RangeError);
  });
});

test('the parts of a cart sum to its total', () => {
  fc.assert(
    fc.property(settings, basket, (shop, cart) => {
      const priced = priceCart(shop, cart);
      expect(priced.subtotal).toBe(sum(priced.lines.map(({ unitPrice, quantity }) => unitPrice * quantity)));
      expect(priced.subtotal).toBe(sum(priced.lines.map(({ lineTotal }) => lineTotal)));
      expect(priced.discount).toBe(sum(priced.lines.map(({ discount }) => discount)));
      const onTop = shop.taxIncluded ? 0 : priced.tax;
      expect(priced.total).toBe(priced.subtotal - priced.discount + priced.shipping + onTop);
      // What the lines do not carry of the tax is the shipping's.
      const shippingTax = priced.tax - sum(priced.lines.map(({ tax }) => tax));
      expect(shippingTax).toBeGreaterThanOrEqual(0);
      expect(shippingTax).toBeLessThanOrEqual(priced.shipping);
    }),
  );
});

test('no line costs less than nothing, and none is taxed higher than it costs', () => {
  fc.assert(
    fc.property(settings, basket, (shop, cart) => {
      const priced = priceCart(shop, cart);
      for (const { lineTotal, discount, tax } of priced.lines) {
        expect(Math.min(discount, tax, lineTotal - discount, lineTotal - discount - tax)).toBeGreaterThanOrEqual(0);
      }
      expect(Math.min(priced.total, priced.shipping, priced.tax)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('no amount depends on the order of the lines', () => {
  const shuffled = basket.chain((cart) =>
    fc.shuffledSubarray([...cart.lines], { minLength: cart.lines.length }).map((other) => ({ cart, other })),
  );
  fc.assert(
    fc.property(settings, shuffled, (shop, { cart, other }) => {
      const inOrder = (priced: ReturnType<typeof priceCart>) => ({
        ...priced,
        lines: priced.lines.toSorted((a, b) => (a.variantId < b.variantId ? -1 : 1)),
      });
      expect(inOrder(priceCart(shop, { ...cart, lines: other }))).toEqual(inOrder(priceCart(shop, cart)));
    }),
  );
});

/** What a coupon takes off, not yet rounded. */
function exactDiscount({ coupon: terms }: Basket<CartLine>, subtotal: number): number {
  if (terms === undefined) return 0;
  return terms.kind === 'fixed' ? Math.min(terms.value, subtotal) : (subtotal * terms.value) / 100;
}

test('a discount is what the coupon says, and never more than the goods cost', () => {
  fc.assert(
    fc.property(settings, basket, (shop, cart) => {
      const { subtotal, discount } = priceCart(shop, cart);
      expect(Math.abs(discount - exactDiscount(cart, subtotal))).toBeLessThanOrEqual(0.5);
      expect(discount).toBeLessThanOrEqual(subtotal);
    }),
  );
});

test('all tax of one rate is rounded once, over the sum', () => {
  fc.assert(
    fc.property(settings, basket, (shop, cart) => {
      const rates = shop.taxRates.map((one) => ({ ...one, country: 'DE', percent: 19 }));
      const priced = priceCart({ ...shop, taxRates: rates }, { ...cart, country: 'DE' });
      const taxed = new Set(rates.map((one) => one.category));
      const goods = priced.lines.filter(({ taxCategory }) => taxed.has(taxCategory));
      const base = sum(goods.map(({ lineTotal, discount }) => lineTotal - discount));
      const whole = base + (taxed.has('shipping') ? priced.shipping : 0);
      const exact = shop.taxIncluded ? (whole * 19) / 119 : (whole * 19) / 100;
      expect(Math.abs(priced.tax - exact)).toBeLessThanOrEqual(0.501);
    }),
  );
});

/** A shop in which everything has its price, and a cart of 3 x 3.33 and 1 x 0.01. */
const SHOP: PricingSettings = {
  shippingMethods: [{ id: 'standard', title: 'Standard', price: 499, freeOver: 1_000 }],
  taxRates: [
    { country: 'DE', category: 'standard', percent: 19 },
    { country: 'DE', category: 'books', percent: 7 },
    { country: 'DE', category: 'shipping', percent: 19 },
  ],
  taxIncluded: false,
};
const of = (variantId: string, unitPrice: number, quantity: number, taxCategory = 'standard'): CartLine => ({
  variantId,
  sku: variantId,
  title: variantId,
  unitPrice,
  quantity,
  taxCategory,
});
const [standard] = SHOP.shippingMethods;
if (standard === undefined) throw new Error('no shipping method');
const CART = { lines: [of('a', 333, 3), of('b', 1, 1, 'books')], shippingMethod: standard };
const amounts = (shop: PricingSettings, cart: Basket<CartLine>) => {
  const { lines: _lines, ...rest } = priceCart(shop, cart);
  return rest;
};

test.each([
  ['at the threshold shipping is free', {}, { subtotal: 1_000, discount: 0, shipping: 0, tax: 0, total: 1_000 }],
  [
    'the threshold counts what the goods cost after the discount',
    { coupon: { kind: 'fixed', value: 1, freeShipping: false } },
    { subtotal: 1_000, discount: 1, shipping: 499, tax: 0, total: 1_498 },
  ],
  [
    'a coupon may make shipping free',
    { coupon: { kind: 'percentage', value: 100, freeShipping: true } },
    { subtotal: 1_000, discount: 1_000, shipping: 0, tax: 0, total: 0 },
  ],
  ['a cart without lines ships nothing', { lines: [] }, { subtotal: 0, discount: 0, shipping: 0, tax: 0, total: 0 }],
  [
    'tax goes by country and category, half a unit up',
    { country: 'DE' },
    { subtotal: 1_000, discount: 0, shipping: 0, tax: 190, total: 1_190 },
  ],
  [
    'tax is taken on what is left after the discount, and on shipping where shipping has a rate',
    { country: 'DE', coupon: { kind: 'fixed', value: 500, freeShipping: false } },
    { subtotal: 1_000, discount: 500, shipping: 499, tax: 190, total: 1_189 },
  ],
  ['no rate, no tax', { country: 'GB' }, { subtotal: 1_000, discount: 0, shipping: 0, tax: 0, total: 1_000 }],
] as [string, Partial<Basket<CartLine>>, object][])('%s', (_name, change, expected) => {
  expect(amounts(SHOP, { ...CART, ...change })).toEqual(expected);
});

test('of two lines that cost the same, the same one gets the last unit wherever it stands', () => {
  const equal = [of('a', 5, 1), of('b', 5, 1)];
  const oneOff = { kind: 'fixed', value: 1, freeShipping: false } as const;
  for (const inSomeOrder of [equal, equal.toReversed()]) {
    const priced = priceCart(SHOP, { ...CART, coupon: oneOff, lines: inSomeOrder }).lines;
    expect(priced.find(({ variantId }) => variantId === 'a')?.discount).toBe(1);
  }
});

test('where prices include tax it is shown and not added', () => {
  expect(amounts({ ...SHOP, taxIncluded: true }, { ...CART, country: 'DE' })).toEqual({
    subtotal: 1_000,
    discount: 0,
    shipping: 0,
    tax: 160,
    total: 1_000,
  });
});

test('an amount is written with the decimals of its currency', () => {
  expect(formatMoney(4998, 'usd')).toBe('$49.98');
  expect(formatMoney(4998, 'jpy')).toBe('¥4,998');
  expect(formatMoney(4998, 'KWD', 'en-US')).toContain('4.998');
});
