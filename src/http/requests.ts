// What happens around every request: its id, its log line and metric, the refusal while draining, and its time limit.
import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { AppDeps } from './deps.ts';
import { PROBLEMS, problem, problemResponse } from './problem.ts';
import type { AppEnv } from './router.ts';

/** A client's own request id is kept when it is harmless in a log and a header. */
const REQUEST_ID = /^[\w.=:-]{1,128}$/;
/** Answers of these say nothing about a customer; they would bury the log. */
const QUIET_ROUTES = new Set(['/health', '/health/live', '/health/ready', '/metrics']);
/** Routes that keep answering while the process drains. */
const OPEN_WHILE_DRAINING = new Set(['/health/live', '/metrics']);
const MS_PER_SECOND = 1000;

/** Gives the request its id (the client's, if it is well-formed) and whoever asks a logger that carries it, and answers with the id. */
export function requestIds({ logger }: Pick<AppDeps, 'logger'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const given = c.req.header('X-Request-Id') ?? '';
    const requestId = REQUEST_ID.test(given) ? given : randomUUID();
    c.set('requestId', requestId);
    c.set('logger', () => logger.child({ requestId }));
    await next();
    c.res.headers.set('X-Request-Id', requestId);
  };
}

/**
 * One log line and one metric per request, by the route's pattern. Neither ever holds the query: it may carry a token. So there
 * is nothing in the line to redact, which would cost nine tenths of it.
 */
export function accessLog({ metrics, logger }: Pick<AppDeps, 'metrics' | 'logger'>): MiddlewareHandler<AppEnv> {
  const lines = logger.child({}, { redact: [] });
  return async (c, next) => {
    const start = performance.now();
    await next();
    const ms = performance.now() - start;
    const { method } = c.req;
    const route = routePattern(c);
    const { status } = c.res;
    metrics.observeRequest({ method, route, status, seconds: ms / MS_PER_SECOND });
    const line = { requestId: c.var.requestId, method, route, status, ms: Math.round(ms * 10) / 10 };
    lines[QUIET_ROUTES.has(route) ? 'debug' : 'info'](line, 'request');
  };
}

/** The pattern of the route that was matched (`/api/v1/orders/:id`), or `unmatched`. */
export function routePattern(c: Context): string {
  return matchedRoutes(c).findLast((route) => route.method !== 'ALL')?.path ?? 'unmatched';
}

/** While the process drains: no new work, on no connection, and connections end with the answer that is under way. */
export function refuseWhileDraining({ draining }: Pick<AppDeps, 'draining'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (draining.aborted && !OPEN_WHILE_DRAINING.has(c.req.path)) {
      c.res = problemResponse(problem('unavailable', { detail: 'This server is shutting down. Try again.' }));
    } else {
      await next();
    }
    if (draining.aborted) c.res.headers.set('Connection', 'close');
  };
}

/**
 * Cuts a handler that takes too long: the client gets 503 and may repeat; what the handler began goes on and ends by itself.
 * @param seconds the limit up to the answer's headers; a stream that has begun is not cut
 */
export function timeLimit(seconds: number): MiddlewareHandler<AppEnv> {
  return async (_c, next) => {
    const { promise, reject } = Promise.withResolvers<never>();
    const late = () => reject(problem('unavailable', { detail: `There was no answer within ${seconds} seconds.` }));
    // Unreferenced: a handler that hangs must not keep a process alive that has nothing else to do.
    const timer = setTimeout(late, seconds * MS_PER_SECOND).unref();
    try {
      await Promise.race([next(), promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Logs an error with its cause where it is ours (5xx), and answers with its problem. */
export function answerProblem(c: Context<AppEnv>, refusal: ReturnType<typeof problem>): Response {
  if (PROBLEMS[refusal.code].status >= 500) {
    const level = refusal.code === 'internal_error' ? 'error' : 'warn';
    const logger = c.var.logger();
    logger[level]({ err: refusal.cause ?? refusal, code: refusal.code, route: routePattern(c) }, refusal.message);
  }
  return problemResponse(refusal);
}
