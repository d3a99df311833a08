// Users over HTTP: everybody's own profile, and the list from which admins give roles and shut people out.
import { createRoute, z } from '@hono/zod-openapi';
import { doneBy } from '../http/acts.ts';
import { requireActor, requireLogin, requirePerson, requireRole } from '../http/caller.ts';
import { dropCookie, SESSION_COOKIE } from '../http/cookies.ts';
import { decodeIdCursor, pageById } from '../http/cursor.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import {
  emptyBody,
  idempotencyHeader,
  jsonAnswer,
  jsonBody,
  problemResponses,
  SECURITY,
  staffSecurity,
} from '../http/openapi.ts';
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
const READ = 'users:read';
const MS_PER_SECOND = 1000;
/** A session that somebody has found open must not be enough to end an account: who ends it has just logged in. */
const FRESH_SECONDS = 900;

const mine = { path: '/users/me', tags: TAGS, security: SECURITY.person };
const one = { path: '/users/{id}', tags: TAGS };
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
  security: staffSecurity(READ),
  request: { query: memberQuery },
  responses: {
    200: jsonAnswer('A page of users', memberList, memberListExample),
  },
});
const readOne = createRoute({
  ...one,
  security: staffSecurity(READ),
  method: 'get',
  summary: 'One user',
  request: { params: oneRequest.params },
  responses: {
    200: jsonAnswer('The user', memberAnswer, memberExample),
    ...problemResponses('not_found'),
  },
});
// A key that changed users could give its maker back what was taken from them: this needs a person.
const decideOne = createRoute({
  ...one,
  security: SECURITY.person,
  method: 'patch',
  summary: "Change a user's role, or shut them out",
  description:
    'For an admin who is a person. Holds from their next request on, and for the API keys that they have made. The sessions of whoever is shut out end.',
  request: { ...oneRequest, body: jsonBody(decisionBody, decisionExample) },
  responses: {
    200: jsonAnswer('The user', memberAnswer, { ...memberExample, ...decisionExample }),
    ...problemResponses('not_found', 'last_admin'),
  },
});
const deleteOne = createRoute({
  ...one,
  security: SECURITY.person,
  method: 'delete',
  summary: "End a user's account",
  description: 'For an admin who is a person. As when they end it themselves.',
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
    const { userId } = await requirePerson(c, deps);
    return c.json(presentUser(there(await findUser(db, userId))), 200);
  });

  router.openapi({ ...changeMe, middleware }, async (c) => {
    const { userId } = await requirePerson(c, deps);
    const { name } = c.req.valid('json');
    return c.json(presentUser(there(await renameUser(db, userId, name, clock()))), 200);
  });

  router.openapi({ ...deleteMe, middleware }, async (c) => {
    const { userId, sessionId } = await requireLogin(c, deps);
    const since = new Date(clock().getTime() - FRESH_SECONDS * MS_PER_SECOND);
    if (!(await isSessionSince(db, sessionId, since))) {
      throw problem('forbidden', { detail: 'Log in again, and end the account then.' });
    }
    there(await forgetUser(db, userId, forgetElsewhere, doneBy(c, deps)));
    dropCookie(c, SESSION_COOKIE, config);
    return c.body(null, 204);
  });

  router.openapi(listRoute, async (c) => {
    await requireActor(c, deps, 'admin', READ);
    const { limit, cursor, email } = c.req.valid('query');
    const rows = await listUsers(db, { limit: limit + 1, after: decodeIdCursor(cursor), email });
    return c.json(pageById(rows, limit, presentMember), 200);
  });

  router.openapi(readOne, async (c) => {
    await requireActor(c, deps, 'admin', READ);
    return c.json(presentMember(there(await findUser(db, c.req.valid('param').id))), 200);
  });

  router.openapi({ ...decideOne, middleware }, async (c) => {
    await requireRole(c, deps, 'admin');
    const decided = await decideUser(db, c.req.valid('param').id, c.req.valid('json'), doneBy(c, deps));
    return c.json(presentMember(there(decided)), 200);
  });

  router.openapi({ ...deleteOne, middleware }, async (c) => {
    await requireRole(c, deps, 'admin');
    there(await forgetUser(db, c.req.valid('param').id, forgetElsewhere, doneBy(c, deps)));
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
