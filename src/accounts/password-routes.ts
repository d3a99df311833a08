// Passwords over HTTP: change one that is known, and replace one that is forgotten.
import { createRoute } from '@hono/zod-openapi';
import { requireLogin } from '../http/caller.ts';
import type { AppDeps } from '../http/deps.ts';
import { jsonBody, SECURITY } from '../http/openapi.ts';
import { ProblemError, problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { hashPassword, verifyPassword } from '../platform/passwords.ts';
import { findPassword, giveToOwner, replacePassword, setPassword } from './credential-store.ts';
import { findProof, issueProof, useProof, voidProof } from './proof-store.ts';
import { refuseWeakPassword, usedLink, wrongField } from './refusals.ts';
import { PROOFS } from './rules.ts';
import {
  changePasswordBody,
  changePasswordExample,
  mailboxBody,
  mailboxExample,
  resetPasswordBody,
  resetPasswordExample,
} from './schemas.ts';
import { deleteSessionsOf } from './session-store.ts';
import type { Welcome } from './welcome.ts';

const TAGS = ['Accounts'];

const changePassword = createRoute({
  method: 'post',
  path: '/auth/change-password',
  tags: TAGS,
  summary: 'Change the password',
  description: 'Ends all other sessions of the person; this one goes on. A link to reset the password is void then.',
  security: SECURITY.person,
  request: { body: jsonBody(changePasswordBody, changePasswordExample) },
  responses: {
    204: { description: 'The new password holds' },
  },
});

const forgotPassword = createRoute({
  method: 'post',
  path: '/auth/forgot-password',
  tags: TAGS,
  summary: 'Ask for a link to choose a new password',
  description:
    'The answer is the same for every address; the link comes by mail, carries `?token=`, works once, for an hour. The newest one holds. Asking again within a few seconds sends no other.',
  security: SECURITY.public,
  request: { body: jsonBody(mailboxBody, mailboxExample) },
  responses: { 202: { description: 'If there is such an account, a mail is on its way' } },
});

const resetPassword = createRoute({
  method: 'post',
  path: '/auth/reset-password',
  tags: TAGS,
  summary: 'Choose a new password with the token of a link',
  description:
    "Ends all sessions of the person. The address is confirmed by it, too, and orders that were made as a guest under it are the customer's from then on. Wrong passwords that were tried before count no more. An account that was never confirmed gives way to a new one, whose password it is: of the old one's, only what was ordered under the address comes along.",
  security: SECURITY.public,
  request: { body: jsonBody(resetPasswordBody, resetPasswordExample) },
  responses: {
    204: { description: 'The new password holds: log in with it' },
  },
});

export function passwordRoutes(deps: AppDeps, welcome: Welcome): AppRouter {
  const { db, config, clock, limits } = deps;
  const router = createRouter();

  router.openapi(changePassword, async (c) => {
    const { userId, sessionId, email } = await requireLogin(c, deps);
    const { currentPassword, newPassword } = c.req.valid('json');
    const prove = (): Promise<string> => provenHash(userId, currentPassword);
    const from = await welcome.guess(c, { what: 'password', email }, prove).catch(notUnauthenticated);
    refuseWeakPassword('newPassword', newPassword, email);
    const to = await hashPassword(newPassword);
    const now = clock();
    await db.transaction().execute(async (tx) => {
      if (!(await replacePassword(tx, { userId, from, to, now }))) throw wrongField('currentPassword', 'is wrong');
      await voidProof(tx, 'reset_password', email);
      await deleteSessionsOf(tx, userId, sessionId);
    });
    await welcome.record(c, 'password_changed', userId, { now });
    return c.body(null, 204);
  });

  router.openapi(forgotPassword, async (c) => {
    const { email } = c.req.valid('json');
    await limits.mailsFrom(c);
    await limits.mailsTo(email, 'reset_password');
    const { ttl } = PROOFS.reset_password;
    await issueProof(db, { purpose: 'reset_password', email, secrets: config.TOKEN_SECRET, ttl, now: clock() });
    return c.body(null, 202);
  });

  router.openapi(resetPassword, async (c) => {
    const { token, newPassword } = c.req.valid('json');
    const now = clock();
    const proof = { purpose: 'reset_password', token, now } as const;
    const mailbox = await findProof(db, proof);
    if (mailbox === undefined) throw usedLink();
    refuseWeakPassword('newPassword', newPassword, mailbox);
    const hash = await hashPassword(newPassword);
    const user = await db.transaction().execute(async (tx) => {
      const email = await useProof(tx, proof);
      const given = email === undefined ? undefined : await giveToOwner(tx, email, now);
      if (given === undefined) throw usedLink();
      await setPassword(tx, given.id, hash, now);
      await deleteSessionsOf(tx, given.id);
      return given;
    });
    await limits.forgetGuesses(user.email);
    await welcome.record(c, 'password_reset', user.id, { now });
    await welcome.claimOrders(c, user);
    return c.body(null, 204);
  });

  /** Counted as a login is: who has found a session open must not guess at the password. @throws unauthenticated */
  async function provenHash(userId: string, password: string): Promise<string> {
    const hash = await findPassword(db, userId);
    if (hash === null || !(await verifyPassword(hash, password))) throw problem('unauthenticated');
    return hash;
  }

  return router;
}

/** The session is good; what is wrong is the field. */
function notUnauthenticated(error: unknown): never {
  const isWrong = error instanceof ProblemError && error.code === 'unauthenticated';
  throw isWrong ? wrongField('currentPassword', 'is wrong') : error;
}
