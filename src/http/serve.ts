// `api`: one API process. It starts without its dependencies (and says that it is not ready), and at SIGTERM or SIGINT it
// refuses new work, ends what is under way, closes its pools and exits with 0.
import type { Server } from 'node:http';
import { deleteExpiredProofs } from '../accounts/proof-store.ts';
import { type Config, requirePublicUrl, requireSettings } from '../config.ts';
import { appendAct } from '../platform/audit.ts';
import { deleteExpiredSessions } from '../platform/auth.ts';
import { systemClock } from '../platform/clock.ts';
import { createCounters } from '../platform/counters.ts';
import { openDatabase, poolState } from '../platform/database.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { openOrderNews } from '../platform/news.ts';
import { firstAttempt, openRedis } from '../platform/redis.ts';
import { openStripe } from '../platform/stripe.ts';
import { openTemporal } from '../platform/temporal.ts';
import { createApp } from './app.ts';
import type { AppDeps } from './deps.ts';
import { watchServer } from './drain.ts';
import { deleteExpiredKeys } from './idempotency.ts';
import { createLimits } from './limits.ts';
import { createServer, listen } from './server.ts';

const MS_PER_SECOND = 1000;
/** Expired keys and sessions do no harm but take room; an hour's worth goes in one statement each. */
const SWEEP_INTERVAL_MS = 3_600_000;

/** Runs until a signal ends it. A port that is taken is one sentence on stderr and exit code 1. */
export async function serve(config: Config): Promise<void> {
  const draining = new AbortController();
  const deps = openDeps(config, draining.signal);
  const server = createServer(createApp(deps));
  const drain = watchServer(server);
  if (deps.redis !== null) await firstAttempt(deps.redis);
  const address = await listenOrExit(server, config);
  const sweeping = setInterval(() => void sweep(deps), SWEEP_INTERVAL_MS);

  const stop = async (signal: string) => {
    if (draining.signal.aborted) return;
    draining.abort();
    clearInterval(sweeping);
    deps.logger.info({ signal, inFlight: drain.inFlight() }, 'draining');
    const cut = await drain.close(config.DRAIN_TIMEOUT * MS_PER_SECOND);
    await closeDeps(deps);
    deps.logger.info({ cut }, 'api stopped');
    process.exit(0);
  };
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));
  deps.logger.info({ address }, 'api ready');
}

function openDeps(config: Config, draining: AbortSignal): AppDeps {
  requirePublicUrl(config);
  const settings = requireSettings(
    config,
    'DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'STRIPE_SECRET_KEY',
    'STRIPE_WEBHOOK_SECRET',
    'TOKEN_SECRET',
  );
  const logger = createLogger('api', config.LOG_LEVEL);
  const db = openDatabase(settings, logger);
  const redis = openRedis(settings, logger);
  if (config.RATE_LIMIT_SCALE === 0)
    logger.warn('RATE_LIMIT_SCALE is 0: anybody may ask and guess as often as they like');
  return {
    config: settings,
    db,
    redis,
    news: openOrderNews(redis, logger),
    temporal: openTemporal(settings),
    stripe: openStripe(settings),
    logger,
    clock: systemClock,
    record: (act) => appendAct(db, act),
    limits: createLimits(settings, createCounters(redis)),
    metrics: createMetrics({ pool: () => poolState(db) }),
    draining,
  };
}

/** Temporal last, with nothing to wait for after it: a repeat that its client has planned would throw on a closed channel. */
async function closeDeps({ db, redis, news, temporal, logger }: AppDeps): Promise<void> {
  news.close();
  redis?.disconnect();
  for (const close of [() => db.destroy(), () => temporal.close()]) {
    try {
      await close();
    } catch (error) {
      logger.warn({ err: error }, 'a dependency did not close cleanly');
    }
  }
}

async function listenOrExit(server: Server, { HOST, PORT }: Config): Promise<string> {
  try {
    return await listen(server, HOST, PORT);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    process.stderr.write(`Port ${PORT} on ${HOST} is taken: stop the program that listens there, or set PORT.\n`);
    return process.exit(1);
  }
}

async function sweep({ db, clock, logger }: AppDeps): Promise<void> {
  try {
    await deleteExpiredKeys(db, clock());
    await deleteExpiredSessions(db, clock());
    await deleteExpiredProofs(db, clock());
  } catch (error) {
    logger.warn({ err: error }, 'what has expired stays until the next sweep');
  }
}
