// Redis, for speed only (P10): where it is missing, slow or gone, callers get an error at once and go on without it.
import { Redis } from 'ioredis';
import type { Config } from '../config.ts';
import type { Logger } from './logger.ts';

/** A command that takes longer than this costs more than it saves. */
const COMMAND_TIMEOUT_MS = 250;
const CONNECT_TIMEOUT_MS = 2_000;
/** Between two attempts to connect again: a little more each time, never so long that a restarted Redis stays unused. */
const RECONNECT_STEP_MS = 100;
const RECONNECT_MAX_MS = 2_000;

/**
 * Opens Redis, or gives null where `REDIS_URL` is not set. Connects in the background and for ever again after a loss;
 * while there is no connection every command fails at once. Close it with `disconnect()`.
 */
export function openRedis(settings: Pick<Config, 'REDIS_URL'>, logger: Logger): Redis | null {
  if (settings.REDIS_URL === undefined) return null;
  const redis = new Redis(settings.REDIS_URL, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * RECONNECT_STEP_MS, RECONNECT_MAX_MS),
  });
  logChanges(redis, logger);
  return redis;
}

/** Waits until the first attempt to connect has ended, one way or the other: before that, a Redis that runs looks as one that is away. */
export async function firstAttempt(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve) => {
    redis.once('ready', resolve);
    redis.once('close', resolve);
  });
}

/** One line when Redis goes and one when it is back; every failed attempt between them would bury the log. */
function logChanges(redis: Redis, logger: Logger): void {
  let lost = false;
  redis.on('error', (error) => {
    if (!lost) logger.warn({ err: error }, 'redis is away, going on without it');
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) logger.info('redis is back');
    lost = false;
  });
}
