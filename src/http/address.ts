// A postal address as it comes in and goes out, for every area that has one.
import { z } from '@hono/zod-openapi';
import { personName, phoneNumber, text } from './schemas.ts';

const regionNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** What Intl names although ISO 3166-1 assigns it to no country: groups, the unknown one, those made up, reserved and withdrawn. */
const NO_COUNTRIES = new Set(
  'AC AN BU CP CQ CS DD DG DY EA EU EZ FX HV IC NH NT QO QU RH SU TA TP UK UN VD XA XB XK YD YU ZR ZZ'.split(' '),
);

/** ISO 3166-1 alpha-2, as Intl knows it. */
const country = z
  .string()
  .refine(
    (code) => /^[A-Z]{2}$/.test(code) && !NO_COUNTRIES.has(code) && regionNames.of(code) !== undefined,
    'must be a country in two upper-case letters (ISO 3166-1)',
  );

/** The fields, for what is an address and more. */
export const addressFields = {
  name: personName({ max: 200 }),
  line1: text({ max: 200 }),
  line2: text({ max: 200 }).optional(),
  city: text({ max: 100 }),
  region: text({ max: 100 }).optional(),
  postalCode: text({ max: 20 }),
  country,
  phone: phoneNumber.optional(),
};

export const address = z.strictObject(addressFields).openapi('Address');
