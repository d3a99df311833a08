// Whether this process lives, whether it can serve, and how each dependency answers. No check waits longer than its limit,
// so a frozen dependency is told as down, never waited for.
import { createRoute, z } from '@hono/zod-openapi';
import { sql } from 'kysely';
import type { AppDeps } from './deps.ts';
import { jsonAnswer, problemResponses, SECURITY } from './openapi.ts';
import { problem } from './problem.ts';
import { type AppRouter, createRouter } from './router.ts';

/** A dependency that needs longer cannot carry an order within the request's own limit. */
const CHECK_LIMIT_MS = 2_000;

const dependencySchema = z.object({
  status: z.enum(['up', 'down', 'not_configured']),
  ms: z.number().optional().openapi({ description: 'Response time in milliseconds' }),
});
const healthSchema = z
  .object({
    status: z.enum(['ok', 'degraded', 'unavailable']),
    dependencies: z.object({ postgres: dependencySchema, temporal: dependencySchema, redis: dependencySchema }),
  })
  .openapi('Health');
const UP = { status: 'up', ms: 1.2 } as const;
const EXAMPLE = { status: 'ok', dependencies: { postgres: UP, temporal: UP, redis: UP } } as const;

type Dependency = z.infer<typeof dependencySchema>;
type Health = z.infer<typeof healthSchema>;
type HealthDeps = Pick<AppDeps, 'db' | 'temporal' | 'redis' | 'logger' | 'metrics'>;

const operation = { method: 'get' as const, tags: ['operations'], security: SECURITY.public };
const health = jsonAnswer('How each dependency answers', healthSchema, EXAMPLE);

const liveRoute = createRoute({
  ...operation,
  path: '/health/live',
  summary: 'This process runs',
  responses: { 200: jsonAnswer('It does', z.object({ status: z.literal('ok') }), { status: 'ok' }) },
});
const readyRoute = createRoute({
  ...operation,
  path: '/health/ready',
  summary: 'This process can serve: PostgreSQL and Temporal answer, and it is not draining',
  responses: { 200: health, ...problemResponses('unavailable') },
});
const healthRoute = createRoute({
  ...operation,
  path: '/health',
  summary: 'How each dependency answers',
  responses: { 200: health, 503: { ...health, description: 'PostgreSQL or Temporal does not answer' } },
});
const metricsRoute = createRoute({
  ...operation,
  path: '/metrics',
  summary: 'Figures for Prometheus',
  responses: { 200: { description: 'Text exposition format', content: { 'text/plain': { schema: z.string() } } } },
});

/** /health, /health/live, /health/ready and /metrics. */
export function healthRoutes(deps: HealthDeps): AppRouter {
  const router = createRouter();
  const look = shared(() => checkHealth(deps));
  router.openapi(liveRoute, (c) => c.json({ status: 'ok' as const }, 200));
  router.openapi(readyRoute, async (c) => {
    const state = await look();
    if (state.status === 'unavailable') throw problem('unavailable', { dependencies: state.dependencies });
    return c.json(state, 200);
  });
  router.openapi(healthRoute, async (c) => {
    const state = await look();
    return c.json(state, state.status === 'unavailable' ? 503 : 200);
  });
  router.openapi(metricsRoute, async (c) =>
    c.text(await deps.metrics.text(), 200, { 'Content-Type': deps.metrics.contentType }),
  );
  return router;
}

/** One look for all who ask while it is under way: however many ask, the dependencies are asked one time after the other. */
function shared(ask: () => Promise<Health>): () => Promise<Health> {
  let underWay: Promise<Health> | undefined;
  return () => {
    underWay ??= ask().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}

async function checkHealth({ db, temporal, redis, logger }: HealthDeps): Promise<Health> {
  const { namespace } = temporal.client.options;
  const askTemporal = () =>
    temporal.connection.withDeadline(Date.now() + CHECK_LIMIT_MS, () =>
      temporal.connection.workflowService.describeNamespace({ namespace }),
    );
  const [postgresState, temporalState, redisState] = await Promise.all([
    check('postgres', () => sql`SELECT 1`.execute(db), logger),
    check('temporal', askTemporal, logger),
    redis === null ? ({ status: 'not_configured' } as const) : check('redis', () => redis.ping(), logger),
  ]);
  const dependencies = { postgres: postgresState, temporal: temporalState, redis: redisState };
  if (postgresState.status === 'down' || temporalState.status === 'down')
    return { status: 'unavailable', dependencies };
  return { status: redisState.status === 'down' ? 'degraded' : 'ok', dependencies };
}

async function check(name: string, ask: () => Promise<unknown>, logger: AppDeps['logger']): Promise<Dependency> {
  const start = performance.now();
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_LIMIT_MS} ms`)), CHECK_LIMIT_MS);
  let status: Dependency['status'] = 'up';
  try {
    await Promise.race([ask(), limit]);
  } catch (error) {
    status = 'down';
    logger.warn({ err: error, dependency: name }, 'a dependency does not answer');
  } finally {
    clearTimeout(timer);
  }
  return { status, ms: Math.round((performance.now() - start) * 10) / 10 };
}
