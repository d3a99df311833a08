// The app: the floor that every request walks on, and the areas' routes on top of it. Every answer that is not a success
// is problem+json, unknown routes and our own faults included.

import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { mediaRoutes } from '../catalog/media-routes.ts';
import { cacheRules, crossOrigin, representation, securityHeaders } from './answers.ts';
import { AREAS, type Area } from './areas.ts';
import type { AppDeps } from './deps.ts';
import { docsRoutes } from './docs.ts';
import { toProblem } from './failures.ts';
import { healthRoutes } from './health.ts';
import { problem } from './problem.ts';
import { accessLog, answerProblem, refuseWhileDraining, requestIds, timeLimit } from './requests.ts';
import { type AppEnv, type AppRouter, createRouter } from './router.ts';

const API = '/api/v1';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Composes the whole HTTP app.
 * @param areas what is mounted under /api/v1; a test may pass routes of its own
 */
export function createApp(deps: AppDeps, areas: readonly Area[] = AREAS): AppRouter {
  const app = createRouter();
  app.onError((error, c) => answerProblem(c, toProblem(error)));
  app.notFound((c) => answerProblem(c, missing(app, c)));
  addFloor(app, deps);
  app.route('/', healthRoutes(deps));
  for (const area of areas) app.route(API, area(deps));
  app.route('/', mediaRoutes(deps));
  app.route('/', docsRoutes(app));
  return app;
}

function addFloor(app: AppRouter, deps: AppDeps): void {
  const { BODY_LIMIT, CORS_ORIGINS, REQUEST_TIMEOUT } = deps.config;
  app.use(requestIds(deps), accessLog(deps));
  app.use(securityHeaders(), crossOrigin(CORS_ORIGINS), cacheRules, representation());
  app.use(refuseWhileDraining(deps));
  app.use(bodyLimit({ maxSize: BODY_LIMIT, onError: tooLarge(BODY_LIMIT) }), emptyBodies, receivedBodies);
  app.use(timeLimit(REQUEST_TIMEOUT));
}

function tooLarge(limit: number) {
  return () => {
    throw problem('payload_too_large', { detail: `A body may have at most ${limit} bytes.` });
  };
}

/** An empty body is no JSON, whatever its content type says: without the type it is judged as `{}`. */
const emptyBodies: MiddlewareHandler<AppEnv> = (c, next) => {
  if (c.req.header('content-type') !== undefined && hasEmptyBody(c)) {
    const headers = new Headers(c.req.raw.headers);
    headers.delete('content-type');
    c.req.raw = new Request(c.req.raw, { headers });
  }
  return next();
};

/**
 * Takes the whole body in before the handler's time begins, so that a slow sender is cut by the server's own limit for
 * bodies and a slow handler by the limit for handlers.
 */
const receivedBodies: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    try {
      await c.req.arrayBuffer();
    } catch (error) {
      throw problem('request_timeout', { detail: 'The body did not arrive.' }, error);
    }
  }
  await next();
};

/** On the wire, neither a length nor a transfer coding means: no body (RFC 9112, section 6.3). */
function hasEmptyBody(c: Context<AppEnv>): boolean {
  if (c.req.header('transfer-encoding') !== undefined) return false;
  const length = c.req.header('content-length');
  if (length !== undefined) return Number(length) === 0;
  return c.env?.incoming !== undefined || c.req.raw.body === null;
}

/** 405 with Allow where another method is offered on this path, else 404. */
function missing(app: AppRouter, c: Context<AppEnv>) {
  const offered = METHODS.filter((method) =>
    app.router.match(method, c.req.path)[0].some(([[, route]]) => route.method !== 'ALL'),
  );
  const asked = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  if (offered.length === 0 || offered.includes(asked))
    return problem('not_found', { detail: 'There is no such route.' });
  const allow = offered.includes('GET') ? [...offered, 'HEAD'] : offered;
  return problem('method_not_allowed', { headers: { Allow: allow.join(', ') } });
}
