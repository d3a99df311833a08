// Counts in windows of time, by a clock that the test moves.
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { createCounters } from '../../src/platform/counters.ts';

const LIMIT = { name: 'knocks', max: 3, seconds: 60 };

test('a window begins with the first, ends on time, and says how long it still takes', () => {
  let now = 5_000;
  const counters = createCounters(null, () => now);
  counters.add(LIMIT, 'a');
  now += 20_000;
  counters.add(LIMIT, 'a');
  expect(counters.look(LIMIT, 'a')).toEqual({ total: 2, endsIn: 40 });
  expect(counters.look(LIMIT, 'b').total).toBe(0);
  now += 40_000;
  expect(counters.look(LIMIT, 'a')).toEqual({ total: 0, endsIn: 60 });
});

test('what the others have counted is added to what is on its way, and their window counts', async () => {
  const answer = Promise.withResolvers<number[]>();
  const redis = { eval: () => answer.promise } as unknown as Redis;
  const counters = createCounters(redis, () => 0);
  counters.add(LIMIT, 'a');
  counters.add(LIMIT, 'a');
  expect(counters.look(LIMIT, 'a').total).toBe(2);
  answer.resolve([7, 12_000]);
  await answer.promise;
  await Promise.resolve();
  expect(counters.look(LIMIT, 'a')).toEqual({ total: 8, endsIn: 12 });
});

test('nothing that was counted is lost when Redis fails, and nobody waits for it again at once', async () => {
  let asked = 0;
  const redis = {
    eval: () => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error('away')) : new Promise(() => undefined);
    },
  } as unknown as Redis;
  const counters = createCounters(redis, () => 0);
  counters.add(LIMIT, 'a');
  await setImmediate();
  await counters.refresh({ limit: LIMIT, key: 'b' });
  await counters.refresh({ limit: LIMIT, key: 'a' });
  expect(asked).toBe(3);
  expect(counters.look(LIMIT, 'a').total).toBe(1);
});

test('windows that are over take no room', () => {
  let now = 0;
  const counters = createCounters(null, () => now);
  for (let round = 0; round < 5; round += 1) {
    for (let at = 0; at < 9_000; at += 1) counters.add(LIMIT, `${round}-${at}`);
    now += 60_000;
  }
  expect(counters.look(LIMIT, 'new').total).toBe(0);
});

test('what was cleared counts no more, here and in Redis, and what was on its way there does not come back', async () => {
  const answer = Promise.withResolvers<number[]>();
  const deleted: string[] = [];
  const redis = {
    eval: () => answer.promise,
    del: async (key: string) => deleted.push(key),
  } as unknown as Redis;
  const counters = createCounters(redis, () => 0);
  for (let at = 0; at < 3; at += 1) counters.add(LIMIT, 'a');
  await counters.clear(LIMIT, 'a');
  expect(deleted).toEqual(['limit:knocks:a']);
  answer.resolve([3, 60_000]);
  await setImmediate();
  expect(counters.look(LIMIT, 'a').total).toBe(0);
  counters.add(LIMIT, 'a');
  expect(counters.look(LIMIT, 'a').total).toBe(1);
});

test('a Redis that is away keeps nobody from clearing what was counted here', async () => {
  const away = () => Promise.reject(new Error('away'));
  const counters = createCounters({ eval: away, del: away } as unknown as Redis, () => 0);
  counters.add(LIMIT, 'a');
  await counters.clear(LIMIT, 'a');
  expect(counters.look(LIMIT, 'a').total).toBe(0);
});
