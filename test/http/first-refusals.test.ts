// The first refusal of each window is told, and no other.
import { expect, test } from '@jest/globals';
import { createRefusalTeller } from '../../src/http/first-refusals.ts';
import { problem } from '../../src/http/problem.ts';
import { createCounters } from '../../src/platform/counters.ts';

const LIMIT = { name: 'guesses', max: 1, seconds: 60 };
const SECOND_MS = 1_000;

function teller() {
  const state = { now: 0, told: [] as string[] };
  const counters = createCounters(null, () => state.now);
  const telling = createRefusalTeller(counters, () => state.now);
  const refusedFor = async (...keys: string[]) => {
    const counted = keys.map((key) => ({ limit: LIMIT, key }));
    const refuse = () => Promise.reject(problem('rate_limited', { retryAfter: 1 }));
    const tell = async ({ key }: { key: string }) => {
      state.told.push(key);
    };
    await expect(telling(counted, refuse, tell)).rejects.toMatchObject({ code: 'rate_limited' });
  };
  return { state, counters, telling, refusedFor };
}

test('a window that refuses is told once, and the next one again', async () => {
  const { state, counters, refusedFor } = teller();
  counters.add(LIMIT, 'ada');
  await Promise.all([refusedFor('ada'), refusedFor('ada')]);
  state.now = 59 * SECOND_MS;
  await refusedFor('ada');
  expect(state.told).toEqual(['ada']);
  state.now = 60 * SECOND_MS;
  counters.add(LIMIT, 'ada');
  await refusedFor('ada');
  expect(state.told).toEqual(['ada', 'ada']);
});

test('of several limits the one that refuses is told', async () => {
  const { state, counters, refusedFor } = teller();
  counters.add(LIMIT, 'address');
  for (const key of ['ada', 'eve', 'bob']) await refusedFor(key, 'address');
  expect(state.told).toEqual(['address']);
});

test('what fails for another reason is told to nobody', async () => {
  const { state, counters, telling } = teller();
  counters.add(LIMIT, 'ada');
  const wrong = () => Promise.reject(problem('unauthenticated'));
  const tell = async () => {
    state.told.push('ada');
  };
  await expect(telling([{ limit: LIMIT, key: 'ada' }], wrong, tell)).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(state.told).toEqual([]);
});
