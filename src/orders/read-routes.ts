// An order to look at: as it is now, and how it came there. For its owner (a guest by its access token) and for admins.
import { createRoute, z } from '@hono/zod-openapi';
import type { AppDeps } from '../http/deps.ts';
import { jsonAnswer, orderSecurity, problemResponses } from '../http/openapi.ts';
import { orderTokenQuery, requireOrderVisitor } from '../http/order-access.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { uuid } from '../http/schemas.ts';
import { orderAnswer, orderExample, presentOrder, presentTrack, trackAnswer, trackExample } from './schemas.ts';
import { findOrder, listEvents } from './store.ts';

const TAGS = ['Orders'];
const READ = 'orders:read';
const request = { params: z.object({ id: uuid }), query: orderTokenQuery };

const readOrder = createRoute({
  method: 'get',
  path: '/orders/{id}',
  tags: TAGS,
  summary: 'My order',
  security: orderSecurity(READ),
  request,
  responses: { 200: jsonAnswer('The order', orderAnswer, orderExample), ...problemResponses('not_found') },
});

const trackOrder = createRoute({
  method: 'get',
  path: '/orders/{id}/track',
  tags: TAGS,
  summary: 'The story of my order: every move of it, and its parcels',
  security: orderSecurity(READ),
  request,
  responses: { 200: jsonAnswer('Oldest first', trackAnswer, trackExample), ...problemResponses('not_found') },
});

export function readRoutes(deps: AppDeps): AppRouter {
  const router = createRouter();

  router.openapi(readOrder, async (c) => {
    const { id } = c.req.valid('param');
    await requireOrderVisitor(c, deps, id, READ);
    const order = await findOrder(deps.db, id);
    if (order === undefined) throw problem('not_found');
    return c.json(presentOrder(order), 200);
  });

  router.openapi(trackOrder, async (c) => {
    const { id } = c.req.valid('param');
    const { isOwner } = await requireOrderVisitor(c, deps, id, READ);
    const [order, events] = await Promise.all([findOrder(deps.db, id), listEvents(deps.db, id)]);
    if (order === undefined) throw problem('not_found');
    return c.json(presentTrack(order, events, { isOwner }), 200);
  });

  return router;
}
