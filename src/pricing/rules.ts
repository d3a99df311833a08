// What a cart costs: pure arithmetic on integer minor units. The parts always sum to the whole.

export interface CartLine {
  variantId: string;
  sku: string;
  title: string;
  quantity: number;
  unitPrice: number;
}

export interface PricedLine extends CartLine {
  discount: number;
  lineTotal: number;
}

export interface Totals {
  lines: PricedLine[];
  subtotal: number;
  discount: number;
  shipping: number;
  tax: number;
  total: number;
}

/** Prices the lines of a cart. All amounts in integer minor units of one currency. */
export function priceCart(lines: readonly CartLine[]): Totals {
  const priced = lines.map((line) => ({ ...line, discount: 0, lineTotal: line.unitPrice * line.quantity }));
  const subtotal = priced.reduce((sum, line) => sum + line.lineTotal, 0);
  const discount = 0;
  const shipping = 0;
  const tax = 0;
  return { lines: priced, subtotal, discount, shipping, tax, total: subtotal - discount + shipping + tax };
}
