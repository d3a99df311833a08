// Orders by whose they are, in SQL: a customer's history, all orders for the shop's staff, guests' orders that become a
// customer's, and customers' orders that become nobody's. Lists go by keyset, newest first: a page costs the same wherever it lies.
import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import type { Schema } from '../platform/database-schema.ts';
import { presentUserId } from '../platform/present-user.ts';
import { forgetCheckouts } from './checkout-store.ts';
import type { OrderStatus } from './rules.ts';
import { type ListedOrder, selectOrders } from './store.ts';

export interface OrderFilters {
  status?: OrderStatus | undefined;
  /** The id of who placed it, or their mail address in lower case. */
  customer?: { id: string } | { email: string } | undefined;
  /** Placed then or later, and before then. */
  from?: Date | undefined;
  to?: Date | undefined;
  number?: string | undefined;
}

/** Where a page ends: microseconds since 1970, which is what the column holds, and the id, which decides between equals. */
export interface OrderPosition {
  placedAt: number;
  id: string;
}

const PLACED_AT_MICROSECONDS = sql<number>`(extract(epoch FROM orders.placed_at) * 1000000)::bigint`;

/** @returns at most `limit` orders, each with its position as `sortValue` and `id` */
export async function listOrders(
  db: Kysely<Schema>,
  filters: OrderFilters,
  { limit, after }: { limit: number; after?: OrderPosition | undefined },
): Promise<(ListedOrder & { sortValue: number })[]> {
  return selectOrders(db)
    .where((eb) => eb.and(conditions(filters)))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(orders.placed_at, orders.id) <
          ('epoch'::timestamptz + ${after?.placedAt}::bigint * interval '1 microsecond', ${after?.id}::uuid)`,
      ),
    )
    .select(PLACED_AT_MICROSECONDS.as('sortValue'))
    .orderBy('orders.placedAt', 'desc')
    .orderBy('orders.id', 'desc')
    .limit(limit)
    .execute();
}

/** Each filter as a condition that an index answers. */
function conditions({ status, customer, from, to, number }: OrderFilters): Expression<SqlBool>[] {
  const list: Expression<SqlBool>[] = [];
  if (status !== undefined) list.push(sql`orders.status = ${status}`);
  if (from !== undefined) list.push(sql`orders.placed_at >= ${from}`);
  if (to !== undefined) list.push(sql`orders.placed_at < ${to}`);
  if (number !== undefined) list.push(sql`orders.number = ${number}`);
  if (customer === undefined) return list;
  list.push('id' in customer ? sql`orders.customer_id = ${customer.id}` : sql`lower(orders.email) = ${customer.email}`);
  return list;
}

/**
 * The orders that guests have placed with this mail address, in any case, become the customer's. They are locked in the order
 * of their ids, so that two who claim at once do not wait for each other. A repeat does nothing, and a customer who has gone gets none.
 */
export async function claimGuestOrders(
  db: Kysely<Schema>,
  { userId, email }: { userId: string; email: string },
  now: Date,
): Promise<void> {
  await db
    .updateTable('orders')
    .set({ customerId: presentUserId(userId), updatedAt: now })
    .where('id', 'in', (guests) =>
      guests
        .selectFrom('orders')
        .select('id')
        .where(sql<string>`lower(email)`, '=', email.toLowerCase())
        .where('customerId', 'is', null)
        .where('disownedAt', 'is', null)
        .orderBy('id')
        .forUpdate(),
    )
    .execute();
}

/**
 * The customer's orders are nobody's from here on, and come to nobody again. They stay, with what the law wants kept; what was sent
 * with them does not. Checkouts come before orders, as wherever both are locked.
 * @param now when the account ends
 */
export async function forgetCustomer(db: Kysely<Schema>, userId: string, now: Date): Promise<void> {
  await forgetCheckouts(db, userId);
  await db.updateTable('orders').set({ customerId: null, disownedAt: now }).where('customerId', '=', userId).execute();
}

/** Whether the order was placed by a guest, who has its access token: one whose customer has gone has none. */
export function isGuests({ customerId, disownedAt }: Pick<ListedOrder, 'customerId' | 'disownedAt'>): boolean {
  return customerId === null && disownedAt === null;
}
