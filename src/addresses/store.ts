// Customers' addresses in SQL. Whoever writes one holds the row of its customer, so that writes of one customer line up, and
// exactly one of their addresses is the default after each.
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import { MOST_ADDRESSES } from './rules.ts';

export type AddressRow = Omit<Selectable<Schema['addresses']>, 'customerId' | 'createdAt' | 'updatedAt'>;

const COLUMNS = [
  'id',
  'name',
  'line1',
  'line2',
  'city',
  'region',
  'postalCode',
  'country',
  'phone',
  'isDefault',
] as const;

/** Which address, and whose: somebody else's is not there. */
export interface OwnAddress {
  id: string;
  customerId: string;
}

/** Newest first, at most `limit`. @param after the id of the last one of the page before */
export async function listAddresses(
  db: Kysely<Schema>,
  customerId: string,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<AddressRow[]> {
  return db
    .selectFrom('addresses')
    .select(COLUMNS)
    .where('customerId', '=', customerId)
    .$if(after !== undefined, (query) => query.where('id', '<', after ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

export async function findAddress(db: Kysely<Schema>, { id, customerId }: OwnAddress): Promise<AddressRow | undefined> {
  return db
    .selectFrom('addresses')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('customerId', '=', customerId)
    .executeTakeFirst();
}

/** The customer has gone, and their addresses with them. */
export async function forgetAddresses(db: Kysely<Schema>, customerId: string): Promise<void> {
  await db.deleteFrom('addresses').where('customerId', '=', customerId).execute();
}

/**
 * Makes the writes of one customer's addresses wait for each other until the transaction ends.
 * @returns whether the customer is still there
 */
export async function lockAddresses(tx: Kysely<Schema>, customerId: string): Promise<boolean> {
  const customer = tx.selectFrom('users').select('id').where('id', '=', customerId).where('deletedAt', 'is', null);
  return (await customer.forNoKeyUpdate().executeTakeFirst()) !== undefined;
}

/** Adds an address, with the addresses locked, unless there are as many as may be. The first is the default, whatever is wanted. */
export async function insertAddress(
  tx: Kysely<Schema>,
  {
    now,
    ...address
  }: Omit<AddressRow, 'line2' | 'region' | 'phone'> &
    OwnAddress & { line2?: string | undefined; region?: string | undefined; phone?: string | undefined; now: Date },
): Promise<AddressRow | undefined> {
  const { customerId } = address;
  const { count, hasDefault } = await countAddresses(tx, customerId);
  if (count >= MOST_ADDRESSES) return undefined;
  if (address.isDefault) await dropDefault(tx, customerId);
  const isDefault = address.isDefault || !hasDefault;
  return tx
    .insertInto('addresses')
    .values({ ...address, isDefault, createdAt: now, updatedAt: now })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}

/** Changes an address, with the addresses locked. One that becomes the default takes the place of the one before. */
export async function updateAddress(
  tx: Kysely<Schema>,
  { id, customerId }: OwnAddress,
  changes: { [Column in keyof Omit<AddressRow, 'id'>]?: AddressRow[Column] | undefined },
  now: Date,
): Promise<AddressRow> {
  if (changes.isDefault === true) await dropDefault(tx, customerId);
  return tx
    .updateTable('addresses')
    .set({ ...changes, updatedAt: now })
    .where('id', '=', id)
    .where('customerId', '=', customerId)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}

/** Removes an address, with the addresses locked; false when there is none. After the default, the newest one is the default. */
export async function deleteAddress(tx: Kysely<Schema>, { id, customerId }: OwnAddress, now: Date): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('addresses')
    .where('id', '=', id)
    .where('customerId', '=', customerId)
    .returning('isDefault')
    .executeTakeFirst();
  if (deleted?.isDefault === true) await makeNewestDefault(tx, customerId, now);
  return deleted !== undefined;
}

async function makeNewestDefault(tx: Kysely<Schema>, customerId: string, now: Date): Promise<void> {
  await tx
    .updateTable('addresses')
    .set({ isDefault: true, updatedAt: now })
    .where('id', '=', (eb) =>
      eb.selectFrom('addresses').select('id').where('customerId', '=', customerId).orderBy('id', 'desc').limit(1),
    )
    .execute();
}

async function countAddresses(tx: Kysely<Schema>, customerId: string): Promise<{ count: number; hasDefault: boolean }> {
  return tx
    .selectFrom('addresses')
    .select(({ fn }) => [
      fn.countAll<number>().as('count'),
      sql<boolean>`coalesce(bool_or(is_default), false)`.as('hasDefault'),
    ])
    .where('customerId', '=', customerId)
    .executeTakeFirstOrThrow();
}

async function dropDefault(tx: Kysely<Schema>, customerId: string): Promise<void> {
  await tx
    .updateTable('addresses')
    .set({ isDefault: false })
    .where('customerId', '=', customerId)
    .where('isDefault', '=', true)
    .execute();
}
