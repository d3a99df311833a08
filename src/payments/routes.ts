// Payments over HTTP: the one live intent of an order, its tries to be paid, and Stripe's events.
import { createRoute, z } from '@hono/zod-openapi';
import { intentUpdate, WORKFLOW_IDS } from '../../workflows/messages.ts';
import { answerDeadline, askWorkflow } from '../http/ask-workflow.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import {
  emptyBody,
  idempotencyHeader,
  jsonAnswer,
  jsonBody,
  orderSecurity,
  problemResponses,
  SECURITY,
} from '../http/openapi.ts';
import { orderTokenQuery, requireOrderVisitor } from '../http/order-access.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { uuid } from '../http/schemas.ts';
import {
  createIntentBody,
  paymentAnswer,
  paymentExample,
  paymentId,
  paymentsAnswer,
  presentPayment,
} from './schemas.ts';
import { findOrderStatus, findPayment, listPayments, type PaymentRow } from './store.ts';
import { handleEvent, verifyEvent } from './webhook.ts';

const TAGS = ['Payments'];
const READ = 'payments:read';
const WRITE = 'payments:write';
const headers = idempotencyHeader.required();
const LIVE_INTENT_RESPONSES = {
  200: jsonAnswer('The intent to confirm', paymentAnswer, paymentExample),
  ...problemResponses('idempotency_key_missing', 'idempotency_key_reused', 'not_found', 'invalid_transition'),
};

const createIntent = createRoute({
  method: 'post',
  path: '/payments/create-intent',
  tags: TAGS,
  summary: 'The one live intent of my order',
  description: 'The intent that the order has; a new one where Stripe has cancelled that one.',
  security: orderSecurity(WRITE),
  request: { headers, query: orderTokenQuery, body: jsonBody(createIntentBody, { orderId: paymentExample.orderId }) },
  responses: LIVE_INTENT_RESPONSES,
});

const retry = createRoute({
  method: 'post',
  path: '/payments/{id}/retry',
  tags: TAGS,
  summary: 'Try again to pay, while the order waits for it',
  description: 'Another card on the same intent, or a new attempt where that one cannot be paid any more.',
  security: orderSecurity(WRITE),
  request: { params: z.object({ id: paymentId }), headers, query: orderTokenQuery, body: emptyBody },
  responses: LIVE_INTENT_RESPONSES,
});

const listOrderPayments = createRoute({
  method: 'get',
  path: '/payments/order/{orderId}',
  tags: TAGS,
  summary: "My order's tries to be paid",
  security: orderSecurity(READ),
  request: { params: z.object({ orderId: uuid }), query: orderTokenQuery },
  responses: {
    200: jsonAnswer('All of them, oldest first', paymentsAnswer, { items: [paymentExample], nextCursor: null }),
    ...problemResponses('not_found'),
  },
});

const readPayment = createRoute({
  method: 'get',
  path: '/payments/{id}',
  tags: TAGS,
  summary: 'One try to pay my order',
  security: orderSecurity(READ),
  request: { params: z.object({ id: paymentId }), query: orderTokenQuery },
  responses: { 200: jsonAnswer('The payment', paymentAnswer, paymentExample), ...problemResponses('not_found') },
});

const receive = createRoute({
  method: 'post',
  path: '/payments/webhook',
  tags: TAGS,
  summary: "Stripe's events",
  security: SECURITY.stripe,
  request: { body: jsonBody(z.looseObject({ id: z.string() }), { id: 'evt_1', type: 'payment_intent.succeeded' }) },
  responses: {
    200: jsonAnswer('Stored, and handed to its workflow', z.object({ received: z.literal(true) }), { received: true }),
    ...problemResponses('invalid_signature'),
  },
});

export function paymentRoutes(deps: AppDeps): AppRouter {
  const { db } = deps;
  const router = createRouter();
  const middleware = idempotent(deps, { required: true, converges: true });

  router.openapi({ ...createIntent, middleware }, async (c) => {
    const { orderId } = c.req.valid('json');
    const visitor = await requireOrderVisitor(c, deps, orderId, WRITE);
    return c.json(presentPayment(await liveIntent(deps, orderId), visitor), 200);
  });

  router.openapi({ ...retry, middleware }, async (c) => {
    const { orderId } = await requirePayment(deps, c.req.valid('param').id);
    const visitor = await requireOrderVisitor(c, deps, orderId, WRITE);
    return c.json(presentPayment(await liveIntent(deps, orderId), visitor), 200);
  });

  router.openapi(listOrderPayments, async (c) => {
    const { orderId } = c.req.valid('param');
    const visitor = await requireOrderVisitor(c, deps, orderId, READ);
    const payments = await listPayments(db, orderId);
    if (payments.length === 0 && (await findOrderStatus(db, orderId)) === undefined) throw problem('not_found');
    return c.json({ items: payments.map((payment) => presentPayment(payment, visitor)), nextCursor: null }, 200);
  });

  router.openapi(readPayment, async (c) => {
    const payment = await requirePayment(deps, c.req.valid('param').id);
    const visitor = await requireOrderVisitor(c, deps, payment.orderId, READ);
    return c.json(presentPayment(payment, visitor), 200);
  });

  router.openAPIRegistry.registerPath({ ...receive, path: '/payments/webhook' });
  router.post(receive.getRoutingPath(), async (c) => {
    const event = verifyEvent(deps, await c.req.text(), c.req.header('Stripe-Signature'));
    await handleEvent({ ...deps, logger: c.var.logger() }, event);
    return c.json({ received: true }, 200);
  });

  return router;
}

async function requirePayment({ db }: AppDeps, id: string): Promise<PaymentRow> {
  const payment = await findPayment(db, id);
  if (payment === undefined) throw problem('not_found');
  return payment;
}

/**
 * Asks the order's checkout for its live intent: the one that there is, or a new attempt.
 * @throws not_found, invalid_transition when the order does not wait for a payment, unavailable when Stripe is away
 */
async function liveIntent({ db, temporal }: AppDeps, orderId: string): Promise<PaymentRow> {
  const orderStatus = await findOrderStatus(db, orderId);
  if (orderStatus === undefined) throw problem('not_found');
  if (orderStatus !== 'PENDING') throw problem('invalid_transition', { orderStatus });
  const checkout = { id: WORKFLOW_IDS.checkout(orderId), deadline: answerDeadline() };
  const answer = await askWorkflow(temporal, checkout, (handle) => handle.executeUpdate(intentUpdate));
  if (answer === 'ended' || answer.outcome === 'none') {
    throw problem('invalid_transition', { orderStatus: await findOrderStatus(db, orderId) });
  }
  const newest = (await listPayments(db, orderId)).findLast(({ attempt }) => attempt !== null);
  if (answer.outcome === 'live' && newest !== undefined) return newest;
  throw problem('unavailable', { detail: 'The payment service does not answer yet. The order is held; try again.' });
}
