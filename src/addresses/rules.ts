// What an address needs in its country, beyond what it needs anywhere. Countries that are not named here take any postal code.

/** Of one customer: more are no address book. */
export const MOST_ADDRESSES = 50;

/**
 * Postal codes as their countries' post offices write them, spaces and hyphens as people do.
 * Source: Universal Postal Union, "Addressing systems" (https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions).
 */
const POSTAL_CODES: Readonly<Record<string, RegExp>> = {
  AT: /^\d{4}$/,
  AU: /^\d{4}$/,
  BE: /^\d{4}$/,
  BR: /^\d{5}-?\d{3}$/,
  CA: /^[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d$/i,
  CH: /^\d{4}$/,
  CN: /^\d{6}$/,
  CZ: /^\d{3} ?\d{2}$/,
  DE: /^\d{5}$/,
  DK: /^\d{4}$/,
  ES: /^\d{5}$/,
  FI: /^\d{5}$/,
  FR: /^\d{5}$/,
  GB: /^(GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})$/i,
  IE: /^[A-Z]\d[\dW] ?[A-Z\d]{4}$/i,
  IN: /^[1-9]\d{2} ?\d{3}$/,
  IT: /^\d{5}$/,
  JP: /^\d{3}-?\d{4}$/,
  MX: /^\d{5}$/,
  NL: /^[1-9]\d{3} ?[A-Z]{2}$/i,
  NO: /^\d{4}$/,
  NZ: /^\d{4}$/,
  PL: /^\d{2}-?\d{3}$/,
  PT: /^\d{4}-?\d{3}$/,
  SE: /^\d{3} ?\d{2}$/,
  SG: /^\d{6}$/,
  US: /^\d{5}(-\d{4})?$/,
};

/** Where a place is found by its state or province. */
const WITH_REGION: ReadonlySet<string> = new Set(['AU', 'CA', 'US']);

/** What is wrong with an address in its country, by field; empty when nothing is. */
export function judgeAddress({
  country,
  postalCode,
  region,
}: {
  country: string;
  postalCode: string;
  region?: string | null | undefined;
}): { path: 'postalCode' | 'region'; message: string }[] {
  const wrong: ReturnType<typeof judgeAddress> = [];
  if (POSTAL_CODES[country]?.test(postalCode) === false)
    wrong.push({ path: 'postalCode', message: `is no postal code of ${country}` });
  if (WITH_REGION.has(country) && !region)
    wrong.push({ path: 'region', message: `is required in ${country}: the state, province or territory` });
  return wrong;
}
