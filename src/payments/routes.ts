// Payments over HTTP.
import { createRoute, z } from '@hono/zod-openapi';
import type { AppDeps } from '../http/deps.ts';
import { jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { handleEvent, verifyEvent } from './webhook.ts';

const receive = createRoute({
  method: 'post',
  path: '/payments/webhook',
  tags: ['Payments'],
  summary: "Stripe's events",
  security: SECURITY.stripe,
  request: { body: jsonBody(z.looseObject({ id: z.string() }), { id: 'evt_1', type: 'payment_intent.succeeded' }) },
  responses: {
    200: jsonAnswer('Stored, and handed to its workflow', z.object({ received: z.literal(true) }), { received: true }),
    ...problemResponses('invalid_signature', 'unavailable'),
  },
});

export function paymentRoutes(deps: AppDeps): AppRouter {
  const router = createRouter();
  router.openAPIRegistry.registerPath({ ...receive, path: '/payments/webhook' });
  router.post(receive.getRoutingPath(), async (c) => {
    const event = verifyEvent(deps, await c.req.text(), c.req.header('Stripe-Signature'));
    await handleEvent({ ...deps, logger: c.var.logger }, event);
    return c.json({ received: true }, 200);
  });
  return router;
}
