// Accounts over HTTP: register, log in with a password, stay logged in, and out.

import { createRoute } from '@hono/zod-openapi';
import { getCookie } from 'hono/cookie';
import { doneBy } from '../http/acts.ts';
import { refuseForeignWrite, requireLogin } from '../http/caller.ts';
import { dropCookie, SESSION_COOKIE } from '../http/cookies.ts';
import type { AppDeps } from '../http/deps.ts';
import { emptyBody, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { appendAct } from '../platform/audit.ts';
import { hashPassword } from '../platform/passwords.ts';
import { createLogins } from './auth.ts';
import { insertPerson, setPassword } from './credential-store.ts';
import { otpRoutes } from './otp-routes.ts';
import { passwordRoutes } from './password-routes.ts';
import { issueProof } from './proof-store.ts';
import { refuseWeakPassword } from './refusals.ts';
import { PROOFS } from './rules.ts';
import {
  logInBody,
  logInExample,
  loginAnswer,
  loginExample,
  refreshBody,
  refreshExample,
  registerBody,
  registerExample,
} from './schemas.ts';
import { deleteSession, insertSession, refreshSession } from './session-store.ts';
import { verificationRoutes } from './verification-routes.ts';
import { createWelcome, type Guests, type Welcome } from './welcome.ts';

const TAGS = ['Accounts'];
/** The exchange that this one is the twin of is done by then. */
const RETRY_AFTER_SECONDS = 1;

const register = createRoute({
  method: 'post',
  path: '/auth/register',
  tags: TAGS,
  summary: 'Register with a password',
  description:
    'Logs in at once; a link to confirm the address comes by mail. An address that cannot be registered is refused as any wrong field is, at the same cost, and without a reason: whoever has an account under it is told by mail, nobody else is. Passwords that are guessed first, and those that contain the address, are refused.',
  security: SECURITY.public,
  request: { body: jsonBody(registerBody, registerExample) },
  responses: {
    201: jsonAnswer('Who it is, and the tokens; browsers get the cookie `session` as well', loginAnswer, {
      ...loginExample,
      user: { ...loginExample.user, emailVerified: false },
    }),
  },
});

const logIn = createRoute({
  method: 'post',
  path: '/auth/login',
  tags: TAGS,
  summary: 'Log in with a password',
  description:
    "The answer for a wrong password and for an unknown address is the same. Each login is a session of its own. The cart whose token comes with it goes into the customer's, and orders that were made as a guest under their confirmed address are theirs.",
  security: SECURITY.public,
  request: { body: jsonBody(logInBody, logInExample) },
  responses: {
    200: jsonAnswer('Who it is, and the tokens; browsers get the cookie `session` as well', loginAnswer, loginExample),
    ...problemResponses('unauthenticated'),
  },
});

const refresh = createRoute({
  method: 'post',
  path: '/auth/refresh',
  tags: TAGS,
  summary: 'Exchange a refresh token for a new pair',
  description:
    'The refresh token comes in the body or as the cookie `session`, and works once: the answer carries the next one, which lives for 7 days. One that was used before ends the session with all its tokens, because somebody else has it. A twin of a request that is just under way gets 409 and no token; the session goes on.',
  security: SECURITY.public,
  request: {
    body: { required: false, content: { 'application/json': { schema: refreshBody, example: refreshExample } } },
  },
  responses: {
    200: jsonAnswer('The next pair', loginAnswer, loginExample),
    ...problemResponses('unauthenticated', 'forbidden', 'request_in_progress'),
  },
});

const logOut = createRoute({
  method: 'post',
  path: '/auth/logout',
  tags: TAGS,
  summary: 'Log out',
  description: 'Ends this session at once, everywhere. Others of the same person go on.',
  security: SECURITY.person,
  request: { body: emptyBody },
  responses: { 204: { description: 'The session is over' } },
});

/** @param guests what becomes of a guest's cart and orders when they log in */
export function accountRoutes(deps: AppDeps, guests: Guests): AppRouter {
  const welcome = createWelcome(deps, guests);
  const router = createRouter();
  addRegistration(router, deps, welcome);
  addSessions(router, deps, welcome);
  router.route('/', passwordRoutes(deps, welcome));
  router.route('/', verificationRoutes(deps, welcome));
  router.route('/', otpRoutes(deps, welcome));
  return router;
}

function addRegistration(router: AppRouter, { db, config, clock, limits }: AppDeps, welcome: Welcome): void {
  router.openapi(register, async (c) => {
    const { email, password, name } = c.req.valid('json');
    refuseWeakPassword('password', password, email);
    await limits.mailsFrom(c);
    await limits.mailsTo(email, 'verify_email');
    // What costs time comes before anything is known of the address.
    const hash = await hashPassword(password);
    const now = clock();
    const opened = await db.transaction().execute(async (tx) => {
      const user = await insertPerson(tx, { email, name, emailVerified: false, now });
      const purpose = user === undefined ? 'known_address' : 'verify_email';
      await issueProof(tx, { purpose, email, secrets: config.TOKEN_SECRET, ttl: PROOFS[purpose].ttl, now });
      if (user === undefined) return undefined;
      await setPassword(tx, user.id, hash, now);
      return { user, session: await insertSession(tx, user.id, now) };
    });
    if (opened === undefined) {
      throw problem('validation_failed', {
        detail: 'This registration is not possible. If the address is yours, look into its mailbox.',
        errors: [{ path: 'email', message: 'cannot be registered' }],
      });
    }
    const { user, session } = opened;
    await welcome.record(c, 'registered', user.id, { now });
    await welcome.mergeCart(c, user.id);
    return c.json(welcome.tokens(c, user, session), 201);
  });
}

function addSessions(router: AppRouter, deps: AppDeps, welcome: Welcome): void {
  const { db, config, clock } = deps;
  const logins = createLogins(deps);

  router.openapi(logIn, async (c) => {
    const body = c.req.valid('json');
    const { session, user } = await welcome.guess(c, { what: 'password', email: body.email }, async () => {
      const opened = await logins.byPassword(body, clock());
      if (opened !== undefined) return opened;
      await welcome.recordTry(c, 'login_failed', body.email);
      throw problem('unauthenticated', { detail: 'The mail address or the password is wrong.' });
    });
    await welcome.record(c, 'login', user.id, { details: { by: 'password' }, now: session.now });
    await welcome.mergeCart(c, user.id);
    await welcome.claimOrders(c, user);
    return c.json(welcome.tokens(c, user, session), 200);
  });

  router.openapi(refresh, async (c) => {
    const now = clock();
    const { refreshToken } = c.req.valid('json');
    if (refreshToken === undefined) refuseForeignWrite(c, config);
    const token = refreshToken ?? getCookie(c, SESSION_COOKIE);
    if (token === undefined || token === '') throw problem('unauthenticated');
    const refreshed = await refreshSession(db, { token, now });
    if (refreshed.outcome === 'refreshed') return c.json(welcome.tokens(c, refreshed.user, refreshed.session), 200);
    if (refreshed.outcome === 'under_way') {
      const detail = 'Another request is just exchanging this refresh token: use the one that it gets.';
      throw problem('request_in_progress', { detail, retryAfter: RETRY_AFTER_SECONDS });
    }
    if (refreshed.outcome === 'reused') {
      const details = { why: 'refresh_token_reused', session: refreshed.sessionId };
      await welcome.record(c, 'sessions_revoked', refreshed.userId, { actor: 'anonymous', details, now });
    }
    throw problem('unauthenticated', { detail: 'This refresh token is not valid any more. Log in again.' });
  });

  router.openapi(logOut, async (c) => {
    const { sessionId, userId } = await requireLogin(c, deps);
    await db.transaction().execute(async (tx) => {
      await deleteSession(tx, sessionId);
      await appendAct(tx, { ...doneBy(c, deps), action: 'logout', subject: `user:${userId}` });
    });
    dropCookie(c, SESSION_COOKIE, config);
    return c.body(null, 204);
  });
}
