// Builds the app on small parts of its own: no database answers, no Temporal, no Stripe; its log lines are kept for reading.
import { Writable } from 'node:stream';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { pino } from 'pino';
import { loadConfig, requireSettings } from '../../src/config.ts';
import { createApp } from '../../src/http/app.ts';
import type { Area } from '../../src/http/areas.ts';
import type { AppDeps } from '../../src/http/deps.ts';
import { createLimits } from '../../src/http/limits.ts';
import type { AppRouter } from '../../src/http/router.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createCounters } from '../../src/platform/counters.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { openOrderNews } from '../../src/platform/news.ts';
import { openStripe } from '../../src/platform/stripe.ts';
import { openTemporal } from '../../src/platform/temporal.ts';

/** What an API process cannot do without; nothing listens at these addresses (port 1). */
export const ENVIRONMENT = {
  DATABASE_URL: 'postgres://shop@127.0.0.1:1/shop',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  STRIPE_SECRET_KEY: 'sk_test_floor',
  STRIPE_WEBHOOK_SECRET: 'whsec_floor',
  TOKEN_SECRET: 'a-secret-of-the-tests-that-is-long-enough',
  RATE_LIMIT_SCALE: '0',
};

export type LogLine = Record<string, unknown> & { msg: string };
export type Floor = { app: AppRouter; deps: AppDeps; lines: LogLine[]; beginDrain: () => void };

/** The app with the given routes under /api/v1, and environment variables that differ from the defaults. */
export function floor(
  routes: Area | null,
  environment: Record<string, string> = {},
  parts: Partial<AppDeps> = {},
): Floor {
  const config = requireSettings(
    loadConfig({ ...ENVIRONMENT, ...environment }),
    'DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'STRIPE_SECRET_KEY',
    'STRIPE_WEBHOOK_SECRET',
    'TOKEN_SECRET',
  );
  const lines: LogLine[] = [];
  const draining = new AbortController();
  const logger = pino({ level: 'debug' }, keep(lines));
  const deps: AppDeps = {
    config,
    db: silentDatabase(),
    redis: null,
    news: openOrderNews(null, logger),
    temporal: openTemporal(config),
    stripe: openStripe(config),
    logger,
    clock: systemClock,
    record: () => Promise.resolve(),
    limits: createLimits(config, createCounters(parts.redis ?? null)),
    metrics: createMetrics(),
    draining: draining.signal,
    ...parts,
  };
  return { app: createApp(deps, routes === null ? [] : [routes]), deps, lines, beginDrain: () => draining.abort() };
}

function keep(lines: LogLine[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, callback) {
      lines.push(JSON.parse(chunk.toString()));
      callback();
    },
  });
}

/** A database that answers every query with no rows. */
function silentDatabase(): AppDeps['db'] {
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}
