// What the addresses' routes take and give.
import { z } from '@hono/zod-openapi';
import { type address, addressFields } from '../http/address.ts';
import { listOf, uuid } from '../http/schemas.ts';
import { judgeAddress } from './rules.ts';
import type { AddressRow } from './store.ts';

/** A new address, which must be one of its country. */
export const newAddressBody = z
  .strictObject({
    ...addressFields,
    isDefault: z
      .boolean()
      .default(false)
      .openapi({ description: 'Instead of the one that is; the first one always is' }),
  })
  .superRefine((sent, context) => {
    for (const { path, message } of judgeAddress(sent)) context.addIssue({ code: 'custom', path: [path], message });
  });

/** What is to be changed; null takes a field out. Whether it fits is judged together with what stays. */
export const addressChanges = z
  .strictObject({
    ...addressFields,
    line2: addressFields.line2.nullable(),
    region: addressFields.region.nullable(),
    phone: addressFields.phone.nullable(),
    isDefault: z
      .boolean()
      .openapi({ description: 'True makes it the default; the default itself cannot be made none' }),
  })
  .partial();

export const addressAnswer = z.object({ id: uuid, ...addressFields, isDefault: z.boolean() }).openapi('SavedAddress');

export const addressesAnswer = listOf(addressAnswer).openapi('SavedAddressList');

/** An address as it goes out, without the fields that are not there. */
export function presentAddress(row: AddressRow): z.input<typeof addressAnswer> {
  return { id: row.id, ...addressOf(row), isDefault: row.isDefault };
}

/** Where to ship. */
export function addressOf({ line2, region, phone, ...row }: AddressRow): z.output<typeof address> {
  const { name, line1, city, postalCode, country } = row;
  return {
    name,
    line1,
    ...(line2 !== null && { line2 }),
    city,
    ...(region !== null && { region }),
    postalCode,
    country,
    ...(phone !== null && { phone }),
  };
}

export const newAddressExample: z.input<typeof newAddressBody> = {
  name: 'Ada Lovelace',
  line1: '12 St James Square',
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
};

export const addressExample: z.input<typeof addressAnswer> = {
  id: '01960000-0000-7000-8000-000000000040',
  ...newAddressExample,
  isDefault: true,
};
