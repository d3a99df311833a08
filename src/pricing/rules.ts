// What a cart costs: pure arithmetic on integer minor units. The parts always sum to the whole.

export interface CartLine {
  variantId: string;
  sku: string;
  title: string;
  quantity: number;
  unitPrice: number;
}

export type Priced<Line extends CartLine> = Line & { discount: number; lineTotal: number };

export interface Totals<Line extends CartLine = CartLine> {
  lines: Priced<Line>[];
  subtotal: number;
  discount: number;
  shipping: number;
  tax: number;
  total: number;
}

/** Prices the lines of a cart, whatever else they carry. All amounts in integer minor units of one currency. */
export function priceCart<Line extends CartLine>(lines: readonly Line[]): Totals<Line> {
  const priced = lines.map((line) => ({ ...line, discount: 0, lineTotal: line.unitPrice * line.quantity }));
  const subtotal = priced.reduce((sum, line) => sum + line.lineTotal, 0);
  const discount = 0;
  const shipping = 0;
  const tax = 0;
  return { lines: priced, subtotal, discount, shipping, tax, total: subtotal - discount + shipping + tax };
}

/**
 * An amount as people read it.
 * @param amount integer minor units
 * @param currency ISO 4217, any case; its number of decimals comes from Intl (JPY has none)
 * @param locale BCP 47
 */
export function formatMoney(amount: number, currency: string, locale = 'en-US'): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency: currency.toUpperCase() });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 0;
  return format.format(amount / 10 ** decimals);
}
