// Lists of orders, newest first: a customer's own, and all of the shop's for its admins.
import { createRoute, z } from '@hono/zod-openapi';
import { requireActor, requirePerson } from '../http/caller.ts';
import { decodeCursor, pageOf } from '../http/cursor.ts';
import type { AppDeps } from '../http/deps.ts';
import { jsonAnswer, SECURITY, staffSecurity } from '../http/openapi.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { pageQuery } from '../http/schemas.ts';
import { listOrders, type OrderFilters } from './customer-store.ts';
import { allOrdersQuery, orderExample, ordersAnswer, presentOrder } from './schemas.ts';

const READ = 'orders:read';
const { accessToken: _accessToken, ...example } = orderExample;
const list = {
  method: 'get' as const,
  tags: ['Orders'],
  responses: {
    200: jsonAnswer('A page of orders, newest first', ordersAnswer, { items: [example], nextCursor: null }),
  },
};

const history = createRoute({
  ...list,
  path: '/orders',
  summary: 'My orders',
  security: SECURITY.person,
  request: { query: pageQuery },
});

const all = createRoute({
  ...list,
  path: '/orders/all',
  summary: 'All orders',
  security: staffSecurity(READ),
  request: { query: allOrdersQuery },
});

const cursorPosition = z.tuple([z.int().min(0), z.uuid()]);

export function listRoutes(deps: AppDeps): AppRouter {
  const router = createRouter();

  router.openapi(history, async (c) => {
    const { userId: id } = await requirePerson(c, deps);
    return c.json(await page({ customer: { id } }, c.req.valid('query')), 200);
  });

  router.openapi(all, async (c) => {
    await requireActor(c, deps, 'admin', READ);
    const { limit, cursor, ...filters } = c.req.valid('query');
    return c.json(await page(filters, { limit, cursor }), 200);
  });

  async function page(filters: OrderFilters, { limit, cursor }: z.output<typeof pageQuery>) {
    const after = cursor === undefined ? undefined : positionOf(cursor);
    const rows = await listOrders(deps.db, filters, { limit: limit + 1, after });
    return pageOf(rows, {
      limit,
      position: ({ sortValue, id }) => [sortValue, id],
      present: (row) => presentOrder(row),
    });
  }

  return router;
}

function positionOf(cursor: string) {
  const [placedAt, id] = decodeCursor(cursorPosition, cursor);
  return { placedAt, id };
}
