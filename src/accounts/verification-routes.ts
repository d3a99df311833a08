// Confirming a mail address over HTTP, by the token of a link that was mailed to it.
import { createRoute } from '@hono/zod-openapi';
import type { AppDeps } from '../http/deps.ts';
import { jsonBody, SECURITY } from '../http/openapi.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { confirmAddress } from './credential-store.ts';
import { issueProof, useProof } from './proof-store.ts';
import { usedLink } from './refusals.ts';
import { PROOFS } from './rules.ts';
import { mailboxBody, mailboxExample, verifyEmailBody, verifyEmailExample } from './schemas.ts';
import type { Welcome } from './welcome.ts';

const TAGS = ['Accounts'];

const verifyEmail = createRoute({
  method: 'post',
  path: '/auth/verify-email',
  tags: TAGS,
  summary: 'Confirm an address with the token of a link',
  description:
    "Orders that were made as a guest under the address are the customer's from then on, and later ones from the next login.",
  security: SECURITY.public,
  request: { body: jsonBody(verifyEmailBody, verifyEmailExample) },
  responses: { 204: { description: 'The address is confirmed' } },
});

const resendVerification = createRoute({
  method: 'post',
  path: '/auth/resend-verification',
  tags: TAGS,
  summary: 'Ask for another link to confirm an address',
  description:
    'It is sent to addresses that wait to be confirmed, and the answer is the same for every address. The link lives for a day, and the newest one holds. Asking again within a few seconds sends no other.',
  security: SECURITY.public,
  request: { body: jsonBody(mailboxBody, mailboxExample) },
  responses: { 202: { description: 'If such an address waits to be confirmed, a mail is on its way' } },
});

export function verificationRoutes(deps: AppDeps, welcome: Welcome): AppRouter {
  const { db, config, clock, limits } = deps;
  const router = createRouter();

  router.openapi(verifyEmail, async (c) => {
    const { token } = c.req.valid('json');
    const now = clock();
    const user = await db.transaction().execute(async (tx) => {
      const email = await useProof(tx, { purpose: 'verify_email', token, now });
      const confirmed = email === undefined ? undefined : await confirmAddress(tx, email, now);
      if (confirmed === undefined) throw usedLink();
      return confirmed;
    });
    await welcome.claimOrders(c, user);
    return c.body(null, 204);
  });

  router.openapi(resendVerification, async (c) => {
    const { email } = c.req.valid('json');
    await limits.mailsFrom(c);
    await limits.mailsTo(email, 'verify_email');
    const { ttl } = PROOFS.verify_email;
    await issueProof(db, { purpose: 'verify_email', email, secrets: config.TOKEN_SECRET, ttl, now: clock() });
    return c.body(null, 202);
  });

  return router;
}
