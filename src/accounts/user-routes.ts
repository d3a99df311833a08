// Users over HTTP: everybody's own profile, and the list from which admins give roles and shut people out.
import { createRoute, z } from '@hono/zod-openapi';
import { actOf } from '../http/acts.ts';
import { requireActor, requireLogin, requireRole, SESSION_COOKIE } from '../http/caller.ts';
import { dropCookie } from '../http/cookies.ts';
import { decodeIdCursor, pageById } from '../http/cursor.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import { emptyBody, idempotencyHeader, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { uuid } from '../http/schemas.ts';
import type { ForgetUser } from './forgetting.ts';
import { presentUser, userAnswer } from './schemas.ts';
import {
  decisionBody,
  decisionExample,
  memberAnswer,
  memberExample,
  memberList,
  memberListExample,
  memberQuery,
  profileBody,
  profileExample,
  userExample,
} from './user-schemas.ts';
import { decideUser, findUser, forgetUser, isSessionSince, listUsers, renameUser, type User } from './user-store.ts';

const TAGS = ['Users'];
const MS_PER_SECOND = 1000;
/** A session that somebody has found open must not be enough to end an account: who ends it has just logged in. */
const FRESH_SECONDS = 900;

const mine = { path: '/users/me', tags: TAGS, security: SECURITY.customer };
const one = { path: '/users/{id}', tags: TAGS, security: SECURITY.admin };
const oneRequest = { params: z.object({ id: uuid }), headers: idempotencyHeader };

const readMe = createRoute({
  ...mine,
  method: 'get',
  summary: 'My profile',
  responses: {
    200: jsonAnswer('Who I am', userAnswer, userExample),
  },
});
const changeMe = createRoute({
  ...mine,
  method: 'patch',
  summary: 'Change my profile',
  request: { headers: idempotencyHeader, body: jsonBody(profileBody, profileExample) },
  responses: {
    200: jsonAnswer('Who I am now', userAnswer, { ...userExample, ...profileExample }),
  },
});
const deleteMe = createRoute({
  ...mine,
  method: 'delete',
  summary: 'End my account',
  description:
    'Nothing of the person stays in the account, its cart is gone and every session ends. Orders stay, as the law asks, but belong to no account, now or later. The login must be younger than 15 minutes: otherwise 403, log in again.',
  request: { headers: idempotencyHeader, body: emptyBody },
  responses: {
    204: { description: 'The account is gone' },
    ...problemResponses('last_admin'),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/users',
  tags: TAGS,
  summary: 'Users, the newest first',
  security: SECURITY.admin,
  request: { query: memberQuery },
  responses: {
    200: jsonAnswer('A page of users', memberList, memberListExample),
  },
});
const readOne = createRoute({
  ...one,
  method: 'get',
  summary: 'One user',
  request: { params: oneRequest.params },
  responses: {
    200: jsonAnswer('The user', memberAnswer, memberExample),
    ...problemResponses('not_found'),
  },
});
const decideOne = createRoute({
  ...one,
  method: 'patch',
  summary: "Change a user's role, or shut them out",
  description: 'Holds from their next request on. The sessions of whoever is shut out end.',
  request: { ...oneRequest, body: jsonBody(decisionBody, decisionExample) },
  responses: {
    200: jsonAnswer('The user', memberAnswer, { ...memberExample, ...decisionExample }),
    ...problemResponses('not_found', 'last_admin'),
  },
});
const deleteOne = createRoute({
  ...one,
  method: 'delete',
  summary: "End a user's account",
  description: 'As when they end it themselves.',
  request: { ...oneRequest, body: emptyBody },
  responses: {
    204: { description: 'The account is gone' },
    ...problemResponses('not_found', 'last_admin'),
  },
});

/** @param forgetElsewhere what becomes of a user's traces in other areas when the account ends */
export function userRoutes(deps: AppDeps, forgetElsewhere: ForgetUser): AppRouter {
  const { db, clock, config } = deps;
  const router = createRouter();
  const middleware = idempotent(deps);

  router.openapi(readMe, async (c) => {
    const { userId } = await requireRole(c, deps, 'customer');
    return c.json(presentUser(there(await findUser(db, userId))), 200);
  });

  router.openapi({ ...changeMe, middleware }, async (c) => {
    const { userId } = await requireRole(c, deps, 'customer');
    const { name } = c.req.valid('json');
    return c.json(presentUser(there(await renameUser(db, userId, name, clock()))), 200);
  });

  router.openapi({ ...deleteMe, middleware }, async (c) => {
    const { userId, sessionId } = await requireLogin(c, deps);
    const since = new Date(clock().getTime() - FRESH_SECONDS * MS_PER_SECOND);
    if (!(await isSessionSince(db, sessionId, since))) {
      throw problem('forbidden', { detail: 'Log in again, and end the account then.' });
    }
    there(await forgetUser(db, userId, forgetElsewhere, actOf(c, deps, { action: 'user_deleted' })));
    dropCookie(c, SESSION_COOKIE, config);
    return c.body(null, 204);
  });

  router.openapi(listRoute, async (c) => {
    await requireActor(c, deps, 'admin');
    const { limit, cursor, email } = c.req.valid('query');
    const rows = await listUsers(db, { limit: limit + 1, after: decodeIdCursor(cursor), email });
    return c.json(pageById(rows, limit, presentMember), 200);
  });

  router.openapi(readOne, async (c) => {
    await requireActor(c, deps, 'admin');
    return c.json(presentMember(there(await findUser(db, c.req.valid('param').id))), 200);
  });

  router.openapi({ ...decideOne, middleware }, async (c) => {
    await requireActor(c, deps, 'admin');
    const act = actOf(c, deps, { action: 'user_changed' });
    return c.json(presentMember(there(await decideUser(db, c.req.valid('param').id, c.req.valid('json'), act))), 200);
  });

  router.openapi({ ...deleteOne, middleware }, async (c) => {
    await requireActor(c, deps, 'admin');
    const act = actOf(c, deps, { action: 'user_deleted' });
    there(await forgetUser(db, c.req.valid('param').id, forgetElsewhere, act));
    return c.body(null, 204);
  });

  return router;
}

/** What the store has found or done. @throws not_found; last_admin */
function there<T extends User | true>(found: T | 'last_admin' | false | undefined): T {
  if (found === 'last_admin') throw problem('last_admin');
  if (found === undefined || found === false) throw problem('not_found', { detail: 'There is no such user.' });
  return found;
}

function presentMember(user: User): z.input<typeof memberAnswer> {
  return { ...presentUser(user), active: user.active, createdAt: user.createdAt.toISOString() };
}
