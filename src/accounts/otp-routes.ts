// Logging in with a code that was mailed: no password, and an account at the first login.
import { createRoute } from '@hono/zod-openapi';
import type { AppDeps } from '../http/deps.ts';
import { jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { admitOwner } from './credential-store.ts';
import { issueProof, tryCode, useCode } from './proof-store.ts';
import { loginAnswer, loginExample, mailboxBody, mailboxExample, verifyOtpBody, verifyOtpExample } from './schemas.ts';
import { insertSession } from './session-store.ts';
import type { Welcome } from './welcome.ts';

const TAGS = ['Accounts'];

const sendOtp = createRoute({
  method: 'post',
  path: '/auth/send-otp',
  tags: TAGS,
  summary: 'Ask for a code to log in',
  description:
    'The answer is the same for every address. The code has 6 digits and lives for OTP_TTL seconds (120 unless told); the newest one holds. Asking again within a few seconds sends no other.',
  security: SECURITY.public,
  request: { body: jsonBody(mailboxBody, mailboxExample) },
  responses: { 202: { description: 'A mail is on its way' } },
});

const verifyOtp = createRoute({
  method: 'post',
  path: '/auth/verify-otp',
  tags: TAGS,
  summary: 'Log in with a code',
  description:
    "A code works once, and five tries of it are looked at. Who has no account gets one; the address is confirmed, and orders that were made as a guest under it are the customer's from then on. Of an account that was never confirmed, the password and the other sessions end: whoever made it may be somebody else.",
  security: SECURITY.public,
  request: { body: jsonBody(verifyOtpBody, verifyOtpExample) },
  responses: {
    200: jsonAnswer('Who it is, and the tokens; browsers get the cookie `session` as well', loginAnswer, loginExample),
    ...problemResponses('unauthenticated'),
  },
});

export function otpRoutes({ db, config, clock, limits }: AppDeps, welcome: Welcome): AppRouter {
  const { TOKEN_SECRET: secrets, OTP_TTL: ttl } = config;
  const router = createRouter();

  router.openapi(sendOtp, async (c) => {
    const { email } = c.req.valid('json');
    await limits.mailsFrom(c);
    await limits.mailsTo(email, 'otp');
    await issueProof(db, { purpose: 'otp', email, secrets, ttl, now: clock() });
    return c.body(null, 202);
  });

  router.openapi(verifyOtp, async (c) => {
    const { email, otp } = c.req.valid('json');
    const now = clock();
    const { user, session, isNew } = await welcome.guess(c, { what: 'code', email }, async () => {
      const code = await tryCode(db, { email, code: otp, secrets, now });
      const opened =
        code &&
        (await db.transaction().execute(async (tx) => {
          if (!(await useCode(tx, code))) return undefined;
          const admitted = await admitOwner(tx, email, now);
          return admitted && { ...admitted, session: await insertSession(tx, admitted.user.id, now) };
        }));
      if (opened) return opened;
      await welcome.recordTry(c, 'otp_failed', email);
      throw problem('unauthenticated', { detail: 'The code is wrong, was used or is too old.' });
    });
    if (isNew) await welcome.record(c, 'registered', user.id, { now });
    await welcome.record(c, 'login', user.id, { details: { by: 'otp' }, now });
    await welcome.claimOrders(c, user);
    await welcome.mergeCart(c, user.id);
    return c.json(welcome.tokens(c, user, session), 200);
  });

  return router;
}
