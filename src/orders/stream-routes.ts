// An order's story as it goes on: server-sent events, one for each move, which a client takes up again where it has lost them.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
import { createRoute, z } from '@hono/zod-openapi';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { AppDeps } from '../http/deps.ts';
import { orderSecurity, problemResponses } from '../http/openapi.ts';
import { orderTokenQuery, requireOrderVisitor } from '../http/order-access.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
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
/** How long a client waits before it connects again. */
const RETRY_MS = 1_000;

const MAX_SEQUENCE = 2_147_483_647;

const followOrder = createRoute({
  method: 'get',
  path: '/orders/{id}/stream',
  tags: ['Orders'],
  summary: 'The story of my order, live',
  description:
    'Server-sent events: first the moves that there were, then each one as it happens, as `/track` shows them. The `id` of an event is its sequence; a client that comes again with it as `Last-Event-ID` gets what came after it.',
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
  const { db, news, draining } = deps;
  const router = createRouter();

  router.openapi(followOrder, async (c) => {
    const { id } = c.req.valid('param');
    const { isOwner } = await requireOrderVisitor(c, deps, id, READ);
    const seen = c.req.valid('header')['last-event-id'] ?? 0;
    if (news.followers() >= MOST_STREAMS)
      throw problem('unavailable', { detail: 'Too many orders are followed here.' });
    const follower = news.follow(id);
    // What is wrong is told by the status, so the first look comes before the answer begins.
    const events = await firstLook(db, id, seen).catch((error: unknown) => {
      follower.end();
      throw error;
    });
    c.header('X-Accel-Buffering', 'no'); // nginx would keep events until it has a page of them
    if (c.req.method === 'HEAD') {
      follower.end();
      return c.body(null, 200, { 'Content-Type': 'text/event-stream' });
    }
    return streamSSE(c, async (stream) => {
      const wake = (): void => follower.wake();
      stream.onAbort(wake);
      draining.addEventListener('abort', wake);
      const look = (after: number): Promise<OrderEvent[]> => listEvents(db, id, after);
      const isOver = (): boolean => stream.aborted || draining.aborted;
      try {
        await tellMoves(stream, { events, seen, isOwner, follower, look, isOver, logger: c.var.logger });
      } finally {
        draining.removeEventListener('abort', wake);
        follower.end();
      }
    });
  });

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
  isOver: () => boolean;
  logger: () => Logger;
}

/** Tells each move once, in order, for as long as there is somebody to tell. */
async function tellMoves(stream: SSEStreamingApi, telling: Telling): Promise<void> {
  const { isOwner, follower, look, isOver, logger } = telling;
  const until = performance.now() + LONGEST_MS;
  let { events, seen } = telling;
  let said = performance.now();
  await stream.write(`retry: ${RETRY_MS}\n\n`);
  while (!isOver() && performance.now() < until) {
    for (const event of events) {
      seen = event.sequence;
      await stream.writeSSE({ id: String(seen), event: 'move', data: JSON.stringify(presentMove(event, { isOwner })) });
      said = performance.now();
    }
    if (performance.now() - said > ALIVE_EVERY_MS) {
      await stream.write(':\n\n');
      said = performance.now();
    }
    await follower.next();
    if (isOver()) return;
    try {
      events = await look(seen);
    } catch (error) {
      // The client keeps its stream: it would be refused if it came again now.
      logger().warn({ err: error }, 'an order that is followed could not be looked at');
      events = [];
    }
  }
}
