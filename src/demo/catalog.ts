// The demo shop, as plain data: what a newcomer sees first, and what tests and measurements buy. The skus LAST-ONE,
// SOLD-OUT, BULK and BULK-01 to BULK-20 and the coupons are a contract: others rely on their names, stock and limits.
import { clothing } from './products/clothing.ts';
import { kitchen } from './products/kitchen.ts';
import { outdoors } from './products/outdoors.ts';
import { pantry } from './products/pantry.ts';
import { stationery } from './products/stationery.ts';
import type { DemoCategory, DemoCoupon, DemoProduct } from './types.ts';

export type { DemoProduct };

/** ISO 4217, in lower case as Stripe writes it. */
export const DEMO_CURRENCY = 'usd';

/** Parents before their children. */
export const demoCategories: DemoCategory[] = [
  { slug: 'clothing', name: 'Clothing', parentSlug: null },
  { slug: 'tops', name: 'Shirts & Jumpers', parentSlug: 'clothing' },
  { slug: 'outerwear', name: 'Coats & Jackets', parentSlug: 'clothing' },
  { slug: 'kitchen', name: 'Kitchen', parentSlug: null },
  { slug: 'stationery', name: 'Stationery', parentSlug: null },
  { slug: 'outdoors', name: 'Outdoors', parentSlug: null },
  { slug: 'pantry', name: 'Pantry', parentSlug: null },
];

export const demoProducts: DemoProduct[] = [...clothing, ...kitchen, ...stationery, ...outdoors, ...pantry];

const unlimited = {
  minimumSubtotal: 0,
  freeShipping: false,
  startsAt: null,
  endsAt: null,
  totalLimit: null,
  perCustomerLimit: null,
};

export const demoCoupons: DemoCoupon[] = [
  { ...unlimited, code: 'WELCOME10', kind: 'percentage', value: 10, currency: null, perCustomerLimit: 1 },
  { ...unlimited, code: 'FIVEOFF', kind: 'fixed', value: 500, currency: DEMO_CURRENCY, minimumSubtotal: 3000 },
  { ...unlimited, code: 'ONLYONE', kind: 'percentage', value: 20, currency: null, totalLimit: 1 },
  { ...unlimited, code: 'FREE100', kind: 'percentage', value: 100, currency: null, freeShipping: true },
  {
    ...unlimited,
    code: 'EXPIRED',
    kind: 'percentage',
    value: 15,
    currency: null,
    startsAt: '2025-01-01T00:00:00.000Z',
    endsAt: '2025-02-01T00:00:00.000Z',
  },
];
