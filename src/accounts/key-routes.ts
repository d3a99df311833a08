// API keys over HTTP: admins make them for machines, see when they were last used, and revoke them.
import { createRoute, z } from '@hono/zod-openapi';
import { doneBy } from '../http/acts.ts';
import { requireRole } from '../http/caller.ts';
import { decodeIdCursor, pageById } from '../http/cursor.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import { emptyBody, idempotencyHeader, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { pageQuery, uuid } from '../http/schemas.ts';
import { hashApiKey, newApiKey } from '../platform/api-keys.ts';
import { newId } from '../platform/ids.ts';
import { deleteKey, insertKey, type KeyRow, listKeys } from './key-store.ts';
import { MAX_KEYS, SCOPES_OF } from './rules.ts';
import {
  type keyAnswer,
  keyExample,
  keyList,
  newKeyAnswer,
  newKeyBody,
  newKeyBodyExample,
  newKeyExample,
} from './user-schemas.ts';

// A key that could make keys could not be revoked: it would have made another.
const common = { tags: ['API keys'], security: SECURITY.person };

const listRoute = createRoute({
  ...common,
  method: 'get',
  path: '/api-keys',
  summary: 'The keys of machines, the newest first',
  description: 'For an admin who is a person.',
  request: { query: pageQuery },
  responses: {
    200: jsonAnswer('A page of keys', keyList, { items: [keyExample], nextCursor: null }),
  },
});
const revoke = createRoute({
  ...common,
  method: 'delete',
  path: '/api-keys/{id}',
  summary: 'Revoke a key at once',
  description: 'For an admin who is a person.',
  request: { params: z.object({ id: uuid }), headers: idempotencyHeader, body: emptyBody },
  responses: {
    204: { description: 'The key is none any more' },
    ...problemResponses('not_found'),
  },
});

export function keyRoutes(deps: AppDeps): AppRouter {
  const { db, clock } = deps;
  const router = createRouter();
  const create = createRoute({
    ...common,
    method: 'post',
    path: '/api-keys',
    summary: 'Make a key for a machine',
    description:
      'For an admin who is a person. The key is sent as X-API-Key. It may do what its role may, on routes of its scopes: each is an area, to read (`orders:read`) or to write. Other routes answer 403 and name the scope that they need. It may never do more than its maker may at that moment, and is none while they are shut out. At most 100 keys may live at once.',
    request: { headers: idempotencyHeader, body: jsonBody(newKeyBody(clock), newKeyBodyExample) },
    responses: {
      201: jsonAnswer('The key, which is not shown again', newKeyAnswer, newKeyExample),
      ...problemResponses('limit_reached'),
    },
  });

  router.openapi({ ...create, middleware: idempotent(deps) }, async (c) => {
    const { userId: createdBy } = await requireRole(c, deps, 'admin');
    const { name, role, scopes, expiresAt } = c.req.valid('json');
    const by = doneBy(c, deps);
    const key = newApiKey();
    const fields = {
      id: newId(by.now),
      name,
      role,
      scopes: scopes ?? [...SCOPES_OF[role]],
      createdBy,
      createdAt: by.now,
    };
    const until = expiresAt === undefined ? null : new Date(expiresAt);
    const made = await insertKey(db, { ...fields, keyHash: hashApiKey(key), expiresAt: until }, by);
    if (made === undefined) {
      throw problem('limit_reached', { detail: `At most ${MAX_KEYS} API keys may live at once: revoke one first.` });
    }
    return c.json({ ...presentKey(made), key }, 201);
  });

  router.openapi(listRoute, async (c) => {
    await requireRole(c, deps, 'admin');
    const { limit, cursor } = c.req.valid('query');
    const rows = await listKeys(db, { limit: limit + 1, after: decodeIdCursor(cursor) });
    return c.json(pageById(rows, limit, presentKey), 200);
  });

  router.openapi({ ...revoke, middleware: idempotent(deps) }, async (c) => {
    await requireRole(c, deps, 'admin');
    if (!(await deleteKey(db, c.req.valid('param').id, doneBy(c, deps)))) throw problem('not_found');
    return c.body(null, 204);
  });

  return router;
}

function presentKey({ expiresAt, lastUsedAt, createdAt, ...key }: KeyRow): z.input<typeof keyAnswer> {
  return {
    ...key,
    expiresAt: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  };
}
