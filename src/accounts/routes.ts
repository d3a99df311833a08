// Accounts over HTTP: log in with a password, and out.

import { APIError } from '@better-auth/core/error';
import { createRoute } from '@hono/zod-openapi';
import { actOf } from '../http/acts.ts';
import { requireLogin, SESSION_COOKIE } from '../http/caller.ts';
import { dropCookie, keepCookie } from '../http/cookies.ts';
import type { AppDeps } from '../http/deps.ts';
import { emptyBody, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { accessToken } from '../platform/auth.ts';
import { createAuth, openSession, wrongCredentials } from './auth.ts';
import { recordingRefusals } from './refused-logins.ts';
import { ACCESS_TOKEN_SECONDS, SESSION_SECONDS } from './rules.ts';
import { logInBody, logInExample, loginAnswer, loginExample } from './schemas.ts';
import { deleteSession } from './store.ts';

const TAGS = ['Accounts'];
const MS_PER_SECOND = 1000;
const UNAUTHORIZED = 401;

const logIn = createRoute({
  method: 'post',
  path: '/auth/login',
  tags: TAGS,
  summary: 'Log in with a password',
  description:
    'The answer for a wrong password and for an unknown address is the same. Each login is a session of its own.',
  security: SECURITY.public,
  request: { body: jsonBody(logInBody, logInExample) },
  responses: {
    200: jsonAnswer('Who it is, and the tokens; browsers get the cookie `session` as well', loginAnswer, loginExample),
    ...problemResponses('unauthenticated', 'validation_failed'),
  },
});

const logOut = createRoute({
  method: 'post',
  path: '/auth/logout',
  tags: TAGS,
  summary: 'Log out',
  description: 'Ends this session at once, everywhere. Others of the same person go on.',
  security: SECURITY.customer,
  request: { body: emptyBody },
  responses: { 204: { description: 'The session is over' }, ...problemResponses('unauthenticated', 'forbidden') },
});

export function accountRoutes(deps: AppDeps): AppRouter {
  const { db, config, clock, limits } = deps;
  const auth = createAuth(deps);
  const router = createRouter();

  router.openapi(logIn, async (c) => {
    const body = c.req.valid('json');
    const { session, result } = await limits.logIn(c, body.email, () =>
      recordingRefusals(c, deps, body.email, () =>
        openSession(clock(), () => auth.api.signInEmail({ body })).catch(refused),
      ),
    );
    const { id, email, name, role, emailVerified } = result.user;
    const subject = `user:${id}`;
    await deps.record({ ...actOf(c, deps, { action: 'login', subject }), actor: subject });
    keepCookie(c, SESSION_COOKIE, session.token, SESSION_SECONDS, config);
    const tokenEnd = new Date(session.now.getTime() + ACCESS_TOKEN_SECONDS * MS_PER_SECOND);
    return c.json(
      {
        user: { id, email, name, role, emailVerified },
        accessToken: accessToken(config.TOKEN_SECRET, session.id, tokenEnd),
        refreshToken: session.token,
        expiresIn: ACCESS_TOKEN_SECONDS,
      },
      200,
    );
  });

  router.openapi(logOut, async (c) => {
    const { sessionId, userId } = await requireLogin(c, deps);
    await deleteSession(db, sessionId);
    await deps.record(actOf(c, deps, { action: 'logout', subject: `user:${userId}` }));
    dropCookie(c, SESSION_COOKIE, config);
    return c.body(null, 204);
  });

  return router;
}

/** The library's refusal as ours; every other failure stays what it is. */
function refused(error: unknown): never {
  throw error instanceof APIError && error.statusCode === UNAUTHORIZED ? wrongCredentials() : error;
}
