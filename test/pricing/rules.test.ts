import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatMoney, priceCart } from '../../src/pricing/rules.ts';

const line = fc.record({
  variantId: fc.uuid(),
  sku: fc.string(),
  title: fc.string(),
  quantity: fc.integer({ min: 1, max: 10_000 }),
  unitPrice: fc.integer({ min: 0, max: 10_000_000 }),
});

test('the parts of a cart sum to its total', () => {
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const priced = priceCart(lines);
      const sum = priced.lines.reduce((all, one) => all + one.lineTotal - one.discount, 0);
      expect(priced.subtotal).toBe(priced.lines.reduce((all, one) => all + one.unitPrice * one.quantity, 0));
      expect(priced.total).toBe(sum + priced.shipping + priced.tax);
    }),
  );
});

test('an amount is written with the decimals of its currency', () => {
  expect(formatMoney(4998, 'usd')).toBe('$49.98');
  expect(formatMoney(4998, 'jpy')).toBe('¥4,998');
  expect(formatMoney(4998, 'KWD', 'en-US')).toContain('4.998');
});
