// Every area's routes, mounted under /api/v1. A new area adds its line here and nowhere else.
import { accountRoutes } from '../accounts/routes.ts';
import { cartRoutes } from '../cart/routes.ts';
import { catalogRoutes } from '../catalog/routes.ts';
import { findCoupon } from '../coupons/store.ts';
import { orderRoutes } from '../orders/routes.ts';
import { paymentRoutes } from '../payments/routes.ts';
import type { AppDeps } from './deps.ts';
import type { AppRouter } from './router.ts';

/** Makes an area's router; its paths are relative to /api/v1 (`/orders/{id}`). */
export type Area = (deps: AppDeps) => AppRouter;

/** Carts show what their coupon takes off; how a coupon is found is the coupons' own business. */
const cartArea: Area = (deps) => cartRoutes(deps, findCoupon);

/** What a guest has stays a guest's. */
const accountArea: Area = (deps) =>
  accountRoutes(deps, { mergeCart: () => Promise.resolve(), claimOrders: () => Promise.resolve() });

export const AREAS: readonly Area[] = [accountArea, catalogRoutes, cartArea, orderRoutes, paymentRoutes];
