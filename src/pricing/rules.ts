// What a cart costs: pure arithmetic on integer minor units of one currency. The parts always sum to the whole, and no
// amount depends on the order of the lines. Everything that is priced, a cart on show or an order, is priced here.

export interface CartLine {
  variantId: string;
  sku: string;
  title: string;
  quantity: number;
  unitPrice: number;
  /** The category that its product is taxed under. */
  taxCategory: string;
}

/** `tax` is the line's part of the tax; it is contained in the price where prices include tax. */
export type Priced<Line extends CartLine> = Line & { discount: number; lineTotal: number; tax: number };

export interface Totals<Line extends CartLine = CartLine> {
  lines: Priced<Line>[];
  subtotal: number;
  discount: number;
  shipping: number;
  tax: number;
  total: number;
}

export interface ShippingMethod {
  id: string;
  title: string;
  price: number;
  /** Shipping costs nothing when the goods, after their discount, cost this much or more. */
  freeOver?: number | undefined;
}

/** What goods of a tax category cost on top (or contain) in a country, in percent with up to four decimals. */
export interface TaxRate {
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** A product's tax category, or `shipping`. */
  category: string;
  percent: number;
}

export interface PricingSettings {
  /** At least one; the first is the one of a submit that names none. */
  shippingMethods: readonly ShippingMethod[];
  taxRates: readonly TaxRate[];
  /** Prices contain their tax: it is shown, and not added. */
  taxIncluded: boolean;
}

/** What a coupon takes off: `value` is percent, or minor units. */
export interface CouponTerms {
  kind: 'percentage' | 'fixed';
  value: number;
  freeShipping: boolean;
}

export interface Basket<Line extends CartLine> {
  lines: readonly Line[];
  coupon?: CouponTerms | undefined;
  shippingMethod: ShippingMethod;
  /** Where it goes to, as far as that is known: no country, no tax. */
  country?: string | undefined;
}

/** Shipping is taxed under this category; without a rate of its own it is not. */
const SHIPPING_CATEGORY = 'shipping';
/** Percents count with four decimals. */
const PERCENT_UNIT = 10_000;
const WHOLE = 100 * PERCENT_UNIT;

/**
 * Prices a basket.
 * The coupon comes off the goods, never more than they cost, and is spread over the lines in proportion to them. Shipping
 * follows from what the goods cost after that. Tax is rounded once per rate, half up, over the sum of all that it applies to.
 * @returns total = subtotal - discount + shipping, + tax where prices do not contain it
 */
export function priceCart<Line extends CartLine>(settings: PricingSettings, basket: Basket<Line>): Totals<Line> {
  const { lines, coupon, shippingMethod, country } = basket;
  const subtotal = subtotalOf(lines);
  const discount = coupon === undefined ? 0 : discountOf(coupon, subtotal);
  const discounts = spread(discount, lines, lineTotalOf);
  const goods = lines.map((line) => ({ ...line, net: lineTotalOf(line) - (discounts.get(line) ?? 0) }));
  const shipping = lines.length === 0 ? 0 : shippingOf(shippingMethod, subtotal - discount, coupon);
  const parcel = { variantId: '', taxCategory: SHIPPING_CATEGORY, net: shipping };
  const taxes = taxesOf(settings, country, [...goods, parcel]);
  const tax = sum([...taxes.values()]);
  return {
    lines: lines.map((line, at) => ({
      ...line,
      lineTotal: lineTotalOf(line),
      discount: discounts.get(line) ?? 0,
      tax: taxes.get(goods[at] ?? parcel) ?? 0,
    })),
    subtotal,
    discount,
    shipping,
    tax,
    total: subtotal - discount + shipping + (settings.taxIncluded ? 0 : tax),
  };
}

/** What the lines cost before anything is taken off or put on. */
export function subtotalOf(lines: readonly CartLine[]): number {
  return sum(lines.map(lineTotalOf));
}

/** The method of this id; the shop's first one where none is named. Undefined when there is no such method. */
export function findShippingMethod(settings: PricingSettings, id: string | null): ShippingMethod | undefined {
  return id === null ? settings.shippingMethods[0] : settings.shippingMethods.find((method) => method.id === id);
}

/**
 * Divides an amount in proportion to weights (largest remainder): every part is the exact share, rounded down or up, and
 * the parts sum to the amount. Of equal remainders the earlier ones are rounded up; weights that are all 0 count as equal.
 * @throws RangeError for what is not a whole number from 0 on, and for an amount without anybody to give it to
 */
export function allocate(amount: number, weights: readonly number[]): number[] {
  if (![amount, ...weights].every((value) => Number.isSafeInteger(value) && value >= 0))
    throw new RangeError('amount and weights must be whole numbers from 0 on');
  if (weights.length === 0 && amount > 0) throw new RangeError('there is nothing to allocate the amount to');
  const counted = weights.some((weight) => weight > 0) ? weights : weights.map(() => 1);
  const whole = counted.reduce((all, weight) => all + BigInt(weight), 0n);
  const shares = counted.map((weight, at) => {
    const exact = BigInt(amount) * BigInt(weight);
    return { at, part: Number(exact / whole), rest: exact % whole };
  });
  const missing = amount - sum(shares.map(({ part }) => part));
  const byRest = shares.toSorted((a, b) => (a.rest === b.rest ? a.at - b.at : a.rest > b.rest ? -1 : 1));
  const roundedUp = new Set(byRest.slice(0, missing).map(({ at }) => at));
  return shares.map(({ at, part }) => (roundedUp.has(at) ? part + 1 : part));
}

function discountOf({ kind, value }: CouponTerms, subtotal: number): number {
  return kind === 'fixed' ? Math.min(value, subtotal) : portion(subtotal, value, 100);
}

function shippingOf(
  { price, freeOver = Number.POSITIVE_INFINITY }: ShippingMethod,
  goods: number,
  coupon?: CouponTerms,
): number {
  return coupon?.freeShipping === true || goods >= freeOver ? 0 : price;
}

interface Taxable {
  variantId: string;
  taxCategory: string;
  net: number;
}

function taxesOf(
  { taxRates, taxIncluded }: PricingSettings,
  country: string | undefined,
  taxables: readonly Taxable[],
): Map<Taxable, number> {
  const percentOf = ({ taxCategory }: Taxable) =>
    taxRates.find((rate) => rate.country === country && rate.category === taxCategory)?.percent ?? 0;
  const groups = [...Map.groupBy(taxables, percentOf)].map(([percent, group]) => {
    const rate = Math.round(percent * PERCENT_UNIT);
    const tax = portion(sum(group.map(({ net }) => net)), rate, taxIncluded ? WHOLE + rate : WHOLE);
    return spread(tax, group, ({ net }) => net);
  });
  return new Map(groups.flatMap((group) => [...group]));
}

/** Allocates over lines, in the order of their variants, so that no line's part depends on where it stands. */
function spread<Line extends { variantId: string }>(
  amount: number,
  lines: readonly Line[],
  weigh: (line: Line) => number,
): Map<Line, number> {
  const sorted = lines.toSorted((a, b) => (a.variantId < b.variantId ? -1 : 1));
  const parts = allocate(amount, sorted.map(weigh));
  return new Map(sorted.map((line, at) => [line, parts[at] ?? 0]));
}

function lineTotalOf({ unitPrice, quantity }: CartLine): number {
  return unitPrice * quantity;
}

/** amount * numerator / denominator, exact, rounded half up. */
function portion(amount: number, numerator: number, denominator: number): number {
  const [exact, by] = [BigInt(amount) * BigInt(numerator), BigInt(denominator)];
  return Number((2n * exact + by) / (2n * by));
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((all, amount) => all + amount, 0);
}

/** Making one costs a hundred times as much as using it. */
const moneyFormats = new Map<string, Intl.NumberFormat>();

/**
 * An amount as people read it.
 * @param amount integer minor units
 * @param currency ISO 4217, any case; its number of decimals comes from Intl (JPY has none)
 * @param locale BCP 47
 */
export function formatMoney(amount: number, currency: string, locale = 'en-US'): string {
  const key = `${locale} ${currency}`;
  const format = moneyFormats.get(key) ?? new Intl.NumberFormat(locale, { style: 'currency', currency });
  moneyFormats.set(key, format);
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 0;
  return format.format(amount / 10 ** decimals);
}
