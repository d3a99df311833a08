// Coupons for tests of their uses, and all that the database holds of one.
import { sql } from 'kysely';
import type { Database } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import { NOW } from '../support/rows.ts';

/** A new coupon of ten percent, without limits unless told. Gives its id. */
export async function newCoupon(
  db: Database,
  limits: { totalLimit?: number; perCustomerLimit?: number; active?: boolean } = {},
): Promise<string> {
  const id = newId(NOW);
  const code = `T-${id.slice(-12)}`;
  await db
    .insertInto('coupons')
    .values({ id, code, kind: 'percentage', value: 10, ...limits })
    .execute();
  return id;
}

export interface Uses {
  /** The coupon's counter. */
  used: number;
  /** How many of its redemptions are held or committed. */
  live: number;
  /** How many redemptions stand where. */
  statuses: Record<string, number>;
}

/** The counter and what it is the sum of, in one snapshot. */
export async function usesOf(db: Database, couponId: string): Promise<Uses> {
  const { rows } = await sql<Uses>`
    SELECT used,
      (SELECT count(*)::integer FROM coupon_redemptions
        WHERE coupon_id = coupons.id AND status IN ('HELD', 'COMMITTED')) AS live,
      (SELECT coalesce(jsonb_object_agg(status, n), '{}') FROM (
        SELECT status, count(*)::integer AS n FROM coupon_redemptions WHERE coupon_id = coupons.id GROUP BY status
      ) AS counted) AS statuses
    FROM coupons WHERE id = ${couponId}`.execute(db);
  const [uses] = rows;
  if (uses === undefined) throw new Error(`no coupon ${couponId}`);
  return uses;
}
