// An order's story as it goes on: server-sent events, one for each move, which a client takes up again where it has lost them.
// Who may see it is asked again as it goes on, so that a stream ends with what it was opened with: a login, a role, a key, an order's owner.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { AppDeps } from '../http/deps.ts';
import { orderSecurity, problemResponses } from '../http/openapi.ts';
import { type OrderVisitor, orderTokenQuery, requireOrderVisitor } from '../http/order-access.ts';
import { ProblemError, problem } from '../http/problem.ts';
import { type AppEnv, type AppRouter, createRouter } from '../http/router.ts';
import { uuid } from '../http/schemas.ts';
import type { Database } from '../platform/database.ts';
import type { Logger } from '../platform/logger.ts';
import type { Follower } from '../platform/news.ts';
import { presentMove, streamExample } from './schemas.ts';
import { findStatus, listEvents, type OrderEvent } from './store.ts';

const READ = 'orders:read';
/** A stream that says nothing for so long says that it is there: proxies close what looks idle after 30 to 60 s. */
const ALIVE_EVERY_MS = 15_000;
/** Then its client connects again, and shows its token again. */
const LONGEST_MS = 3_600_000;
/** Of one process. Each takes a socket, and a look at the order when it moves. */
const MOST_STREAMS = 2_000;
/** Of one order: its shopper's devices and tabs, and the staff. More are somebody who takes the others' place. */
const MOST_OF_ORDER = 10;
/** How long a client waits before it connects again. */
const RETRY_MS = 1_000;

const MAX_SEQUENCE = 2_147_483_647;

const followOrder = createRoute({
  method: 'get',
  path: '/orders/{id}/stream',
  tags: ['Orders'],
  summary: 'The story of my order, live',
  description:
    'Server-sent events: first the moves that there were, then each one as it happens, as `/track` shows them. The `id` of an event is its sequence; a client that comes again with it as `Last-Event-ID` gets what came after it. It ends with what it was opened with: a login that is over, a key that is revoked, a role that is taken. An order has ten streams at the most.',
  security: orderSecurity(READ),
  request: {
    params: z.object({ id: uuid }),
    query: orderTokenQuery,
    headers: z.object({ 'last-event-id': z.coerce.number().int().min(0).max(MAX_SEQUENCE).optional() }),
  },
  responses: {
    200: {
      description: 'Events, until the client has enough. One that loses its connection connects again by itself',
      content: { 'text/event-stream': { schema: z.string(), example: streamExample } },
    },
    ...problemResponses('not_found'),
  },
});

export function streamRoutes(deps: AppDeps): AppRouter {
  const { db, news, draining, limits } = deps;
  const router = createRouter();

  router.openapi(followOrder, async (c) => {
    const { id } = c.req.valid('param');
    const visit = (): Promise<OrderVisitor> => requireOrderVisitor(c, deps, id, READ);
    const { isOwner } = await visit();
    const seen = c.req.valid('header')['last-event-id'] ?? 0;
    const { follower, endFollowing } = beginFollowing(c, id);
    // What is wrong is told by the status, so the first look comes before the answer begins.
    const events = await firstLook(db, id, seen).catch((error: unknown) => {
      endFollowing();
      throw error;
    });
    c.header('X-Accel-Buffering', 'no'); // nginx would keep events until it has a page of them
    if (c.req.method === 'HEAD') {
      endFollowing();
      return c.body(null, 200, { 'Content-Type': 'text/event-stream' });
    }
    return streamSSE(c, async (stream) => {
      const wake = (): void => follower.wake();
      stream.onAbort(wake);
      draining.addEventListener('abort', wake);
      const look = (after: number): Promise<OrderEvent[]> => listEvents(db, id, after);
      const isOver = (): boolean => stream.aborted || draining.aborted;
      try {
        await tellMoves(stream, { events, seen, isOwner, follower, look, visit, isOver, logger: c.var.logger });
      } finally {
        draining.removeEventListener('abort', wake);
        endFollowing();
      }
    });
  });

  /** @throws rate_limited when the order, or the caller, has as many streams as they may have; unavailable when the process has */
  function beginFollowing(c: Context<AppEnv>, orderId: string): { follower: Follower; endFollowing: () => void } {
    if (news.followers(orderId) >= MOST_OF_ORDER)
      throw problem('rate_limited', { detail: 'This order has as many streams as it may have.' });
    if (news.followers() >= MOST_STREAMS)
      throw problem('unavailable', { detail: 'Too many orders are followed here.' });
    const letGo = limits.keepOpen(c);
    const follower = news.follow(orderId);
    const endFollowing = (): void => {
      letGo();
      follower.end();
    };
    return { follower, endFollowing };
  }

  return router;
}

/** @throws not_found when there is no such order */
async function firstLook(db: Database, orderId: string, seen: number): Promise<OrderEvent[]> {
  const events = await listEvents(db, orderId, seen);
  if (events.length === 0 && (await findStatus(db, orderId)) === undefined) throw problem('not_found');
  return events;
}

interface Telling {
  /** What the first look has found. */
  events: OrderEvent[];
  /** The last move that the client has seen. */
  seen: number;
  isOwner: boolean;
  follower: Follower;
  look: (after: number) => Promise<OrderEvent[]>;
  /** Who is told, as it is by now. */
  visit: () => Promise<OrderVisitor>;
  isOver: () => boolean;
  logger: () => Logger;
}

/** Tells each move once, in order, for as long as there is somebody to tell who may see it. */
async function tellMoves(stream: SSEStreamingApi, telling: Telling): Promise<void> {
  const { follower, look, visit, isOver, logger } = telling;
  const until = performance.now() + LONGEST_MS;
  let { events, seen, isOwner } = telling;
  let said = performance.now();
  const isSilent = (): boolean => performance.now() - said > ALIVE_EVERY_MS;
  await stream.write(`retry: ${RETRY_MS}\n\n`);
  while (!isOver() && performance.now() < until) {
    for (const event of events) {
      seen = event.sequence;
      await stream.writeSSE({ id: String(seen), event: 'move', data: JSON.stringify(presentMove(event, { isOwner })) });
      said = performance.now();
    }
    if (isSilent()) {
      await stream.write(':\n\n');
      said = performance.now();
    }
    await follower.next();
    if (isOver()) return;
    try {
      events = await look(seen);
      if (events.length > 0 || isSilent()) ({ isOwner } = await visit());
    } catch (error) {
      if (error instanceof ProblemError) return;
      // The client keeps its stream: it would be refused if it came again now.
      logger().warn({ err: error }, 'an order that is followed could not be looked at');
      events = [];
    }
  }
}
