// What an operator may say about prices: the ways to ship and the taxes, as the configuration takes them.
import { z } from 'zod';

/** Amounts beyond this are a mistake: a trillion minor units. */
const amount = z.int().min(0).max(1_000_000_000_000);

export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'must be a country in two upper-case letters (ISO 3166-1)');

const shippingMethod = z.strictObject({
  id: z.string().regex(/^[a-z0-9_-]{1,50}$/, 'must be lower-case letters, digits, - and _'),
  title: z.string().min(1).max(100),
  price: amount,
  freeOver: amount.optional(),
});

export const shippingMethods = z
  .array(shippingMethod)
  .min(1)
  .refine((methods) => areUnique(methods.map(({ id }) => id)), 'two have the same id');

const taxRate = z.strictObject({
  country: countryCode,
  category: z.string().min(1).max(50),
  percent: z.number().min(0).max(100).multipleOf(0.0001),
});

export const taxRates = z
  .array(taxRate)
  .refine(
    (rates) => areUnique(rates.map(({ country, category }) => `${country} ${category}`)),
    'two are for the same country and category',
  );

function areUnique(keys: string[]): boolean {
  return new Set(keys).size === keys.length;
}
