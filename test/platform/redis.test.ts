// Redis is for speed only: whatever becomes of it, callers hear of it at once and the process goes on (P10).
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { firstAttempt, openRedis } from '../../src/platform/redis.ts';
import { floor } from '../http/floor.ts';
import { frozenServer } from '../http/wire.ts';

function open(url: string) {
  const { deps, lines } = floor(null);
  const redis = openRedis({ REDIS_URL: url }, deps.logger);
  if (redis === null) throw new Error('no Redis was opened');
  return { redis, lines };
}

/** What a command ends with where there is no Redis that answers. */
const AT_ONCE = /isn't writeable|timed out|Connection is closed/;

/** Waits until the client has planned that many new attempts. */
async function tried(redis: Redis, times: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let attempts = 0;
  redis.on('reconnecting', () => {
    attempts += 1;
    if (attempts === times) resolve();
  });
  await promise;
}

test('without its setting there is none', () => {
  const { deps } = floor(null);
  expect(openRedis({ REDIS_URL: undefined }, deps.logger)).toBeNull();
});

describe('a Redis that is away', () => {
  test('fails each command at once, and is one line in the log however often it is tried again', async () => {
    const { redis, lines } = open('redis://127.0.0.1:1');
    await expect(redis.get('key')).rejects.toThrow(AT_ONCE);
    await tried(redis, 3);
    await expect(redis.get('key')).rejects.toThrow(AT_ONCE);
    redis.disconnect();
    expect(lines.map((line) => line.msg)).toEqual(['redis is away, going on without it']);
  });
});

test('whoever starts waits no longer for it than for one attempt, whether it is away or frozen', async () => {
  const frozen = await frozenServer();
  for (const port of [1, frozen.port]) {
    const { redis } = open(`redis://127.0.0.1:${port}`);
    await firstAttempt(redis);
    await expect(redis.ping()).rejects.toThrow(AT_ONCE);
    redis.disconnect();
  }
  frozen.close();
});

describe('a Redis that is frozen', () => {
  test('fails each command in good time', async () => {
    const frozen = await frozenServer();
    const { redis } = open(`redis://127.0.0.1:${frozen.port}`);
    await once(redis, 'connect');
    await expect(redis.get('key')).rejects.toThrow(AT_ONCE);
    redis.disconnect();
    frozen.close();
  });
});
