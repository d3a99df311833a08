// The app: the floor that every request walks on, and the areas' routes on top of it. Every answer that is not a success
// is problem+json, unknown routes and our own faults included.

import type { Context } from 'hono';
import { mediaRoutes } from '../catalog/media-routes.ts';
import { cacheRules, crossOrigin, keptTexts, representation, securityHeaders } from './answers.ts';
import { AREAS, type Area } from './areas.ts';
import { emptyBodies, limitedBodies, receivedBodies } from './bodies.ts';
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
  app.use(refuseWhileDraining(deps), deps.limits.callers);
  app.use(limitedBodies(BODY_LIMIT), emptyBodies, receivedBodies);
  app.use(timeLimit(REQUEST_TIMEOUT), keptTexts);
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
