// The audit over HTTP: admins read who has done what. Nobody writes here.
import { createRoute } from '@hono/zod-openapi';
import { requireActor } from '../http/caller.ts';
import { decodeIdCursor, pageById } from '../http/cursor.ts';
import type { AppDeps } from '../http/deps.ts';
import { jsonAnswer, staffSecurity } from '../http/openapi.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { actList, actListExample, auditQuery } from './schemas.ts';
import { listActs } from './store.ts';

const SCOPE = 'audit:read';

const listRoute = createRoute({
  method: 'get',
  path: '/admin/audit',
  tags: ['Audit'],
  summary: 'What was done, by whom and to whom, the newest first',
  security: staffSecurity(SCOPE),
  request: { query: auditQuery },
  responses: {
    200: jsonAnswer('A page of entries', actList, actListExample),
  },
});

export function auditRoutes(deps: AppDeps): AppRouter {
  const router = createRouter();
  router.openapi(listRoute, async (c) => {
    await requireActor(c, deps, 'admin', SCOPE);
    const { limit, cursor, ...filters } = c.req.valid('query');
    const rows = await listActs(deps.db, filters, { limit: limit + 1, after: decodeIdCursor(cursor) });
    const present = ({ createdAt, ...act }: (typeof rows)[number]) => ({ ...act, createdAt: createdAt.toISOString() });
    return c.json(pageById(rows, limit, present), 200);
  });
  return router;
}
