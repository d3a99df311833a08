// Whether a coupon can be used, and what a cart costs with it. The limit of uses per customer is not judged here: who the
// customer is shows at the submit, and only the hold of a use can decide it (P7).
import type { CouponProblem } from '../orders/rules.ts';
import {
  type Basket,
  type CartLine,
  type CouponTerms,
  type PricingSettings,
  priceCart,
  subtotalOf,
  type Totals,
} from '../pricing/rules.ts';

export interface Coupon extends CouponTerms {
  id: string;
  /** As the shop writes it; customers may type it in any case. */
  code: string;
  /** Of `value` and `minimumSubtotal`; null where the amounts are of any currency. */
  currency: string | null;
  minimumSubtotal: number;
  startsAt: Date | null;
  endsAt: Date | null;
  totalLimit: number | null;
  perCustomerLimit: number | null;
  /** How many uses are held or committed. */
  used: number;
  active: boolean;
}

/**
 * Says why this coupon cannot be used for goods of this subtotal (minor units, before any discount), if it cannot. One for
 * another currency counts as inactive. It is good from `startsAt` on and until just before `endsAt`.
 */
export function judgeCoupon(
  coupon: Coupon,
  { subtotal, currency, now }: { subtotal: number; currency: string; now: Date },
): CouponProblem | undefined {
  const { startsAt, endsAt, totalLimit } = coupon;
  if (!coupon.active || (coupon.currency !== null && coupon.currency !== currency)) return 'inactive';
  if (startsAt !== null && now < startsAt) return 'not_started';
  if (endsAt !== null && now >= endsAt) return 'expired';
  if (totalLimit !== null && coupon.used >= totalLimit) return 'limit_reached';
  if (subtotal < coupon.minimumSubtotal) return 'minimum_not_met';
  return undefined;
}

/** Prices a basket with its coupon, or without it where it does not fit, and then says why. */
export function priceWithCoupon<Line extends CartLine>(
  settings: PricingSettings,
  basket: Omit<Basket<Line>, 'coupon'> & { coupon: Coupon | undefined },
  { currency, now }: { currency: string; now: Date },
): Totals<Line> & { couponProblem: CouponProblem | null } {
  const { coupon } = basket;
  const problem = coupon && judgeCoupon(coupon, { subtotal: subtotalOf(basket.lines), currency, now });
  const totals = priceCart(settings, { ...basket, coupon: problem === undefined ? coupon : undefined });
  return { ...totals, couponProblem: problem ?? null };
}
