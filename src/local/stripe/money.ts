// What Stripe takes as money: the currencies it knows and the least and most that it charges.
// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
import { invalid } from './errors.ts';

const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

/** In minor units. Currencies that are not here have no minimum of their own: one unit will do. */
const MINIMUMS = new Map(
  Object.entries({
    usd: 50,
    aed: 200,
    aud: 50,
    bgn: 100,
    brl: 50,
    cad: 50,
    chf: 50,
    czk: 1500,
    dkk: 250,
    eur: 50,
    gbp: 30,
    hkd: 400,
    huf: 17_500,
    inr: 50,
    jpy: 50,
    mxn: 1000,
    myr: 200,
    nok: 300,
    nzd: 50,
    pln: 200,
    ron: 200,
    sek: 300,
    sgd: 50,
    thb: 1000,
  }),
);
const MAXIMUM = 99_999_999;

/** @returns the currency in lower case, which is how Stripe gives it back */
export function checkedCurrency(currency: string): string {
  const code = currency.toLowerCase();
  if (CURRENCIES.has(code)) return code;
  throw invalid(`Invalid currency: ${code}. See https://stripe.com/docs/currencies`, undefined, 'currency');
}

/** @throws {Refusal} `amount_too_small` or `amount_too_large` */
export function checkAmount(amount: number, currency: string): void {
  const minimum = MINIMUMS.get(currency) ?? 1;
  if (amount < minimum) {
    throw invalid(
      `Amount must be at least ${minimum} in the smallest unit of ${currency}`,
      'amount_too_small',
      'amount',
    );
  }
  if (amount > MAXIMUM) {
    throw invalid(
      `Amount must be no more than ${MAXIMUM} in the smallest unit of ${currency}`,
      'amount_too_large',
      'amount',
    );
  }
}
