// Whoever asks for health, however often: the dependencies are asked once in a second, and their loss is told within two.
import { afterEach, expect, jest, test } from '@jest/globals';
import { floor } from './floor.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

function shop() {
  const { app, deps } = floor(null);
  const state = { asked: 0, away: false };
  deps.temporal.connection.withDeadline = async (_deadline, ask) => await ask();
  const describeNamespace = async () => {
    state.asked += 1;
    if (state.away) throw new Error('away');
    return {};
  };
  Object.assign(deps.temporal.connection.workflowService, { describeNamespace });
  const statuses = async (count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, at) => (await app.request(at % 2 ? '/health' : '/health/ready')).status),
    );
  return { state, statuses };
}

test('many who ask within a second get one answer', async () => {
  const { state, statuses } = shop();
  expect(new Set(await statuses(50))).toEqual(new Set([200]));
  expect(new Set(await statuses(50))).toEqual(new Set([200]));
  expect(state.asked).toBe(1);
});

test('who asks a second later hears what has changed', async () => {
  const { state, statuses } = shop();
  const time = performance.now();
  const now = jest.spyOn(performance, 'now').mockReturnValue(time);
  expect(await statuses(1)).toEqual([200]);
  state.away = true;
  now.mockReturnValue(time + 1_001);
  expect(await statuses(2)).toEqual([503, 503]);
  state.away = false;
  now.mockReturnValue(time + 2_002);
  expect(await statuses(1)).toEqual([200]);
  expect(state.asked).toBe(3);
});
