// Every area's routes, mounted under /api/v1. A new area adds its line here and nowhere else.
import { cartRoutes } from '../cart/routes.ts';
import { catalogRoutes } from '../catalog/routes.ts';
import { orderRoutes } from '../orders/routes.ts';
import { paymentRoutes } from '../payments/routes.ts';
import type { AppDeps } from './deps.ts';
import type { AppRouter } from './router.ts';

/** Makes an area's router; its paths are relative to /api/v1 (`/orders/{id}`). */
export type Area = (deps: AppDeps) => AppRouter;

export const AREAS: readonly Area[] = [catalogRoutes, cartRoutes, orderRoutes, paymentRoutes];
