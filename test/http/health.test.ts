// Health: what is away or frozen is told as down in good time; losing Redis is no outage.
import { describe, expect, test } from '@jest/globals';
import type { AppDeps } from '../../src/http/deps.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { openRedis } from '../../src/platform/redis.ts';
import { openTemporal } from '../../src/platform/temporal.ts';
import { floor } from './floor.ts';
import { frozenServer } from './wire.ts';

const NOWHERE = 'redis://127.0.0.1:1';

/** A Temporal that answers, without its server: the check goes through these calls. */
function answeringTemporal(deps: AppDeps): AppDeps['temporal'] {
  const { temporal } = deps;
  temporal.connection.withDeadline = async (_deadline, ask) => await ask();
  Object.assign(temporal.connection.workflowService, { describeNamespace: async () => ({}) });
  return temporal;
}

test('liveness asks nobody', async () => {
  const response = await floor(null).app.request('/health/live');
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});

describe('a process with PostgreSQL and Temporal', () => {
  test('is ready, and tells the response time of each', async () => {
    const { app, deps } = floor(null);
    answeringTemporal(deps);
    const up = { status: 'up', ms: expect.any(Number) };
    const body = { status: 'ok', dependencies: { postgres: up, temporal: up, redis: { status: 'not_configured' } } };
    for (const path of ['/health/ready', '/health']) {
      const response = await app.request(path);
      expect([response.status, await response.json()]).toEqual([200, body]);
    }
  });

  test('is ready without its Redis, and degraded', async () => {
    const { deps: plain } = floor(null);
    const redis = openRedis({ REDIS_URL: NOWHERE }, plain.logger);
    const { app, deps } = floor(null, {}, { redis });
    answeringTemporal(deps);
    const response = await app.request('/health/ready');
    redis?.disconnect();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'degraded', dependencies: { redis: { status: 'down' } } });
  });
});

describe.each(['away', 'frozen'])('with dependencies that are %s', (state) => {
  test('a process is not ready, says which, and says so long before the prober gives up', async () => {
    const frozen = state === 'frozen' ? await frozenServer() : { port: 1, close: () => {} };
    const { deps: plain } = floor(null, {
      DATABASE_URL: `postgres://shop@127.0.0.1:${frozen.port}/shop`,
      TEMPORAL_ADDRESS: `127.0.0.1:${frozen.port}`,
      REDIS_URL: `redis://127.0.0.1:${frozen.port}`,
    });
    const db = openDatabase(plain.config, plain.logger);
    const temporal = openTemporal(plain.config);
    const redis = openRedis(plain.config, plain.logger);
    const { app } = floor(null, {}, { db, temporal, redis });
    const [ready, health] = await Promise.all(['/health/ready', '/health'].map(async (path) => app.request(path)));
    const down = { status: 'down', ms: expect.any(Number) };
    const dependencies = { postgres: down, temporal: down, redis: down };
    expect(ready?.status).toBe(503);
    expect(ready?.headers.has('retry-after')).toBe(true);
    expect(await ready?.json()).toMatchObject({ code: 'unavailable', dependencies });
    expect([health?.status, await health?.json()]).toEqual([503, { status: 'unavailable', dependencies }]);
    redis?.disconnect();
    frozen.close();
    // Temporal's client stays open: it may have planned one more try, which throws on a closed channel.
    await db.destroy();
  });
});

test('metrics show requests by pattern, the runtime, and the pool', async () => {
  const { app } = floor(null);
  await app.request('/health/live');
  const response = await app.request('/metrics');
  expect(response.headers.get('content-type')).toContain('text/plain');
  const text = await response.text();
  expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/health/live",status="200"} 1');
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});
