// What is done with an order after it was placed, over HTTP: its customer or an admin cancels it, an admin says yes or no
// to cash on delivery. Every move that is not possible from where the order stands is 409 `invalid_transition`.
import { createRoute, z } from '@hono/zod-openapi';
import { requireActor } from '../http/caller.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import {
  emptyBody,
  idempotencyHeader,
  jsonAnswer,
  orderSecurity,
  problemResponses,
  staffSecurity,
} from '../http/openapi.ts';
import { orderTokenQuery, requireOrderVisitor } from '../http/order-access.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { uuid } from '../http/schemas.ts';
import { cancelOrder, decideOrder } from './moves.ts';
import type { MoveAnswer } from './rules.ts';
import { orderAnswer, orderExample, presentOrder } from './schemas.ts';
import { findOrder } from './store.ts';

const TAGS = ['Orders'];
const WRITE = 'orders:write';
const { accessToken: _accessToken, ...example } = orderExample;
const request = { params: z.object({ id: uuid }), headers: idempotencyHeader, body: emptyBody };

const cancel = createRoute({
  method: 'put',
  path: '/orders/{id}/cancel',
  tags: TAGS,
  summary: 'Cancel my order, until it is shipped',
  description:
    'What was paid is refunded; what was not paid leaves its cart as it was. Repeated under the same Idempotency-Key, it is answered as at first.',
  security: orderSecurity(WRITE),
  request: { ...request, query: orderTokenQuery },
  responses: {
    200: jsonAnswer('The order, cancelled', orderAnswer, {
      ...example,
      status: 'CANCELLED',
      paymentStatus: 'NONE',
      cancelReason: 'cancelled_by_customer',
    }),
    ...problemResponses('not_found', 'invalid_transition'),
  },
});

const confirm = createRoute({
  method: 'post',
  path: '/orders/{id}/confirm',
  tags: TAGS,
  summary: 'Confirm an order with cash on delivery',
  security: staffSecurity(WRITE),
  request,
  responses: {
    200: jsonAnswer('The order, confirmed', orderAnswer, {
      ...example,
      paymentMethod: 'cod',
      status: 'CONFIRMED',
      paymentStatus: 'COD_DUE',
    }),
    ...problemResponses('not_found', 'invalid_transition'),
  },
});

const reject = createRoute({
  ...confirm,
  path: '/orders/{id}/reject',
  summary: 'Reject an order with cash on delivery',
  responses: {
    ...confirm.responses,
    200: jsonAnswer('The order, cancelled', orderAnswer, {
      ...example,
      paymentMethod: 'cod',
      status: 'CANCELLED',
      paymentStatus: 'NONE',
      cancelReason: 'rejected_by_shop',
    }),
  },
});

export function actRoutes(deps: AppDeps): AppRouter {
  const router = createRouter();
  // Whoever has made the move is known by its request: its repeats find it made, also while the first is still running.
  const middleware = idempotent(deps, { converges: true });

  const cancelling: Parameters<typeof router.openapi<typeof cancel>>[1] = async (c) => {
    const { id } = c.req.valid('param');
    const { isOwner, actor } = await requireOrderVisitor(c, deps, id, WRITE);
    const reason = isOwner ? 'cancelled_by_customer' : 'cancelled_by_shop';
    const answer = await cancelOrder(deps, id, { by: actor, reason, requestKey: c.var.requestKey });
    return c.json(await moved(id, answer), 200);
  };
  router.openapi({ ...cancel, middleware }, cancelling);
  router.openapi({ ...cancel, middleware, method: 'patch', summary: 'The same as PUT' }, cancelling);

  const deciding =
    (decision: 'confirm' | 'reject'): Parameters<typeof router.openapi<typeof confirm | typeof reject>>[1] =>
    async (c) => {
      const { id } = c.req.valid('param');
      const { userId, name } = await requireActor(c, deps, 'admin', WRITE);
      const asked = { by: `admin:${userId ?? name}`, requestKey: c.var.requestKey } as const;
      return c.json(await moved(id, await decideOrder(deps, id, decision, asked)), 200);
    };
  router.openapi({ ...confirm, middleware }, deciding('confirm'));
  router.openapi({ ...reject, middleware }, deciding('reject'));

  /** The order after its move. @throws not_found, or invalid_transition with where it stands */
  async function moved(orderId: string, answer: MoveAnswer | undefined): Promise<z.input<typeof orderAnswer>> {
    if (answer?.moved === false) throw problem('invalid_transition', { orderStatus: answer.status });
    const order = answer && (await findOrder(deps.db, orderId));
    if (order === undefined) throw problem('not_found');
    return presentOrder(order);
  }

  return router;
}
