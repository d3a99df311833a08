// Whether a coupon fits, and that one that does not fit takes nothing off.
import { expect, test } from '@jest/globals';
import { type Coupon, judgeCoupon, priceWithCoupon } from '../../src/coupons/rules.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const BEFORE = new Date(NOW.getTime() - 1);
const AFTER = new Date(NOW.getTime() + 1);

const COUPON: Coupon = {
  id: 'c',
  code: 'TEN',
  kind: 'percentage',
  value: 10,
  currency: null,
  minimumSubtotal: 0,
  freeShipping: false,
  startsAt: null,
  endsAt: null,
  totalLimit: null,
  perCustomerLimit: null,
  used: 5,
  active: true,
};

test.each([
  ['without limits', {}, undefined],
  ['that was switched off', { active: false }, 'inactive'],
  ['of another currency', { currency: 'eur' }, 'inactive'],
  ['of this currency', { currency: 'usd' }, undefined],
  ['that begins in a moment', { startsAt: AFTER }, 'not_started'],
  ['that begins now', { startsAt: NOW }, undefined],
  ['that ends now', { endsAt: NOW }, 'expired'],
  ['that ends in a moment', { endsAt: AFTER }, undefined],
  ['whose window is over', { startsAt: BEFORE, endsAt: NOW }, 'expired'],
  ['that was used as often as it may', { totalLimit: 5 }, 'limit_reached'],
  ['that may be used once more', { totalLimit: 6 }, undefined],
  ['for more than the cart costs', { minimumSubtotal: 1_001 }, 'minimum_not_met'],
  ['for just what the cart costs', { minimumSubtotal: 1_000 }, undefined],
] as [string, Partial<Coupon>, string | undefined][])('a coupon %s', (_name, change, problem) => {
  expect(judgeCoupon({ ...COUPON, ...change }, { subtotal: 1_000, currency: 'usd', now: NOW })).toBe(problem);
});

test.each([
  ['that fits', {}, { discount: 100, total: 900, couponProblem: null }],
  ['that does not fit', { active: false }, { discount: 0, total: 1_000, couponProblem: 'inactive' }],
])('a basket with a coupon %s', (_name, change, expected) => {
  const shippingMethod = { id: 'standard', title: 'Standard', price: 0 };
  const settings = { shippingMethods: [shippingMethod], taxRates: [], taxIncluded: false };
  const lines = [{ variantId: 'v', sku: 's', title: 't', quantity: 2, unitPrice: 500, taxCategory: 'standard' }];
  const basket = { lines, shippingMethod, coupon: { ...COUPON, ...change } };
  expect(priceWithCoupon(settings, basket, { currency: 'usd', now: NOW })).toMatchObject(expected);
});
