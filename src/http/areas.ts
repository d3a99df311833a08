// Every area's routes, mounted under /api/v1. A new area adds its line here and nowhere else.
import type { ForgetUser } from '../accounts/forgetting.ts';
import { keyRoutes } from '../accounts/key-routes.ts';
import { accountRoutes } from '../accounts/routes.ts';
import { userRoutes } from '../accounts/user-routes.ts';
import { addressRoutes } from '../addresses/routes.ts';
import { addressOf } from '../addresses/schemas.ts';
import { findAddress, forgetAddresses } from '../addresses/store.ts';
import { auditRoutes } from '../audit/routes.ts';
import { forgetCart } from '../cart/forgetting.ts';
import { createMergeCart } from '../cart/merging.ts';
import { cartRoutes } from '../cart/routes.ts';
import { catalogRoutes } from '../catalog/routes.ts';
import { findCoupon } from '../coupons/store.ts';
import { createClaimOrders } from '../orders/claiming.ts';
import { forgetCustomer } from '../orders/customer-store.ts';
import { orderRoutes } from '../orders/routes.ts';
import { paymentRoutes } from '../payments/routes.ts';
import type { AppDeps } from './deps.ts';
import type { AppRouter } from './router.ts';

/** Makes an area's router; its paths are relative to /api/v1 (`/orders/{id}`). */
export type Area = (deps: AppDeps) => AppRouter;

/** Carts show what their coupon takes off; how a coupon is found is the coupons' own business. */
const cartArea: Area = (deps) => cartRoutes(deps, findCoupon);

/** Whoever goes leaves their orders behind, as nobody's; their cart and their addresses go with them. */
const forgetElsewhere: ForgetUser = async (db, userId, now) => {
  await forgetCustomer(db, userId, now);
  await forgetCart(db, userId);
  await forgetAddresses(db, userId);
};

/** What a guest has becomes the customer's at a login; how, is the business of carts and orders. */
export const accountArea: Area = (deps) =>
  accountRoutes(deps, { mergeCart: createMergeCart(deps, findCoupon), claimOrders: createClaimOrders(deps) });

const userArea: Area = (deps) => userRoutes(deps, forgetElsewhere);

/** Orders go to an address that their customer keeps; how one is found is the addresses' own business. */
export const orderArea: Area = (deps) =>
  orderRoutes(deps, async (db, own) => {
    const address = await findAddress(db, own);
    return address && addressOf(address);
  });

export const AREAS: readonly Area[] = [
  accountArea,
  userArea,
  keyRoutes,
  addressRoutes,
  catalogRoutes,
  cartArea,
  orderArea,
  paymentRoutes,
  auditRoutes,
];
