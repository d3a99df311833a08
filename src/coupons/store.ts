// Coupons and their uses in SQL. P7 rests here: a use is counted with the coupon's row locked, in the same transaction as
// the redemption that it is. Redemptions are locked before their coupons, and several coupons in the order of their ids.
import { type Kysely, sql } from 'kysely';
import type { CouponProblem } from '../orders/rules.ts';
import type { Schema } from '../platform/database-schema.ts';
import type { Coupon } from './rules.ts';

const COUPON_COLUMNS = [
  'id',
  'code',
  'kind',
  'value',
  'currency',
  'minimumSubtotal',
  'freeShipping',
  'startsAt',
  'endsAt',
  'totalLimit',
  'perCustomerLimit',
  'active',
] as const;

/** @param by the code in any case, or the id; `exceptOrder` names an order whose own use is not counted in `used` */
export async function findCoupon(
  db: Kysely<Schema>,
  by: ({ code: string } | { id: string }) & { exceptOrder?: string },
): Promise<Coupon | undefined> {
  const { exceptOrder = null } = by;
  const own = sql<number>`(SELECT count(*)::integer FROM coupon_redemptions
    WHERE coupon_id = coupons.id AND order_id = ${exceptOrder} AND status IN ('HELD', 'COMMITTED'))`;
  return db
    .selectFrom('coupons')
    .select(COUPON_COLUMNS)
    .select(sql<number>`coupons.used - ${own}`.as('used'))
    .where((eb) => ('id' in by ? eb('id', '=', by.id) : eb(sql`upper(code)`, '=', sql`upper(${by.code})`)))
    .executeTakeFirst();
}

/**
 * Holds one use of the coupon for an order. A repeat finds the use that the order has taken, whatever became of it.
 * @param use.customer the mail address, in any case
 * @param use.expiresAt when the use is given back by itself
 * @returns why there is none to hold; undefined when it is held
 */
export async function holdCouponUse(
  tx: Kysely<Schema>,
  use: { orderId: string; couponId: string; customer: string; expiresAt: Date; now: Date },
): Promise<CouponProblem | undefined> {
  const { orderId, couponId, expiresAt, now } = use;
  const customer = use.customer.toLowerCase();
  const coupon = await lockCoupon(tx, couponId);
  if (coupon === undefined) return 'unknown';
  const taken = tx.selectFrom('couponRedemptions').select('orderId').where('orderId', '=', orderId);
  if ((await taken.executeTakeFirst()) !== undefined) return undefined;
  const problem = await countUse(tx, coupon, customer);
  if (problem !== undefined) return problem;
  await tx.insertInto('couponRedemptions').values({ orderId, couponId, customer, expiresAt, createdAt: now }).execute();
  return undefined;
}

/**
 * The order is paid for or confirmed: its use stays. A use that has expired meanwhile is taken again where the limits allow.
 * @returns false when the order's use is gone; true when it stands, or the order has no coupon
 */
export async function commitCouponUse(tx: Kysely<Schema>, orderId: string, now: Date): Promise<boolean> {
  const use = await tx
    .selectFrom('couponRedemptions')
    .select(['couponId', 'customer', 'status'])
    .where('orderId', '=', orderId)
    .forUpdate()
    .executeTakeFirst();
  if (use === undefined || use.status === 'COMMITTED') return true;
  if (use.status === 'RELEASED') return false;
  if (use.status === 'EXPIRED') {
    const coupon = await lockCoupon(tx, use.couponId);
    if (coupon === undefined || (await countUse(tx, coupon, use.customer)) !== undefined) return false;
  }
  await tx
    .updateTable('couponRedemptions')
    .set({ status: 'COMMITTED', settledAt: now })
    .where('orderId', '=', orderId)
    .execute();
  return true;
}

/**
 * Gives the order's use back. A repeat, or an order without a coupon, does nothing.
 * @param from what is given back: a held use unless told; a committed one only by who cancels a complete order
 */
export async function releaseCouponUse(
  tx: Kysely<Schema>,
  orderId: string,
  now: Date,
  from: 'HELD' | 'COMMITTED' = 'HELD',
): Promise<void> {
  const released = await tx
    .updateTable('couponRedemptions')
    .set({ status: 'RELEASED', settledAt: now })
    .where('orderId', '=', orderId)
    .where('status', '=', from)
    .returning('couponId')
    .execute();
  await uncount(tx, released);
}

/** Whether any held use's time is over: one look at an index that has the held ones only. */
export async function isAnyCouponUseDue(db: Kysely<Schema>, now: Date): Promise<boolean> {
  const due = await db
    .selectFrom('couponRedemptions')
    .select('orderId')
    .where('status', '=', 'HELD')
    .where('expiresAt', '<=', now)
    .limit(1)
    .executeTakeFirst();
  return due !== undefined;
}

/**
 * Ends the held uses whose time is over, and gives them back. What another transaction is just settling is left to it.
 * @returns how many were ended; as many as `limit` means that there may be more
 */
export async function expireCouponUses(
  tx: Kysely<Schema>,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  const expired = await tx
    .updateTable('couponRedemptions')
    .set({ status: 'EXPIRED', settledAt: now })
    .where('orderId', 'in', (due) =>
      due
        .selectFrom('couponRedemptions')
        .select('orderId')
        .where('status', '=', 'HELD')
        .where('expiresAt', '<=', now)
        .orderBy('expiresAt')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning('couponId')
    .execute();
  await uncount(tx, expired);
  return expired.length;
}

type LockedCoupon = Pick<Coupon, 'id' | 'used' | 'totalLimit' | 'perCustomerLimit'>;

async function lockCoupon(tx: Kysely<Schema>, id: string): Promise<LockedCoupon | undefined> {
  return tx
    .selectFrom('coupons')
    .select(['id', 'used', 'totalLimit', 'perCustomerLimit'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Counts one more use of a locked coupon, within its limits. Statements after the lock see all uses counted before it. */
async function countUse(
  tx: Kysely<Schema>,
  { id, used, totalLimit, perCustomerLimit }: LockedCoupon,
  customer: string,
): Promise<CouponProblem | undefined> {
  if (totalLimit !== null && used >= totalLimit) return 'limit_reached';
  if (perCustomerLimit !== null && (await usesOf(tx, id, customer)) >= perCustomerLimit)
    return 'customer_limit_reached';
  await tx
    .updateTable('coupons')
    .set((eb) => ({ used: eb('used', '+', 1) }))
    .where('id', '=', id)
    .execute();
  return undefined;
}

async function usesOf(tx: Kysely<Schema>, couponId: string, customer: string): Promise<number> {
  const { count } = await tx
    .selectFrom('couponRedemptions')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('couponId', '=', couponId)
    .where('customer', '=', customer)
    .where('status', 'in', ['HELD', 'COMMITTED'])
    .executeTakeFirstOrThrow();
  return count;
}

async function uncount(tx: Kysely<Schema>, givenBack: readonly { couponId: string }[]): Promise<void> {
  const byCoupon = Map.groupBy(givenBack, ({ couponId }) => couponId);
  const inOrder = [...byCoupon].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [id, uses] of inOrder) {
    await tx
      .updateTable('coupons')
      .set((eb) => ({ used: eb('used', '-', uses.length) }))
      .where('id', '=', id)
      .execute();
  }
}
