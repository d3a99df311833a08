// Whoever asks for health, however many at once: the dependencies are asked one time after the other, and their loss is told at once.
import { expect, test } from '@jest/globals';
import { floor } from './floor.ts';

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

test('many who ask at the same moment get one answer', async () => {
  const { state, statuses } = shop();
  expect(new Set(await statuses(50))).toEqual(new Set([200]));
  expect(state.asked).toBe(1);
});

test('who asks afterwards hears what has changed', async () => {
  const { state, statuses } = shop();
  expect(await statuses(1)).toEqual([200]);
  state.away = true;
  expect(await statuses(2)).toEqual([503, 503]);
  state.away = false;
  expect(await statuses(1)).toEqual([200]);
  expect(state.asked).toBe(3);
});
