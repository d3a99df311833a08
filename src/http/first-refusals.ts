// Tells once that a limit has begun to refuse somebody: once in each of its windows, for each key and process, so that whoever goes
// on asking writes nothing with it.
import type { Counted, Counters } from '../platform/counters.ts';
import { ProblemError } from './problem.ts';

/** More are told of again. */
const MAX_TOLD = 10_000;
const MS_PER_SECOND = 1000;

/** @param now milliseconds of the clock that the counters go by */
export function createRefusalTeller(counters: Counters, now: () => number = () => performance.now()) {
  const toldUntil = new Map<string, number>();

  function isFirst({ limit, key }: Counted): boolean {
    const [id, time] = [`${limit.name}:${key}`, now()];
    if ((toldUntil.get(id) ?? time) > time) return false;
    toldUntil.delete(id);
    const [oldest] = toldUntil.size < MAX_TOLD ? [] : toldUntil.keys();
    if (oldest !== undefined) toldUntil.delete(oldest);
    toldUntil.set(id, time + counters.look(limit, key).endsIn * MS_PER_SECOND);
    return true;
  }

  /**
   * Runs what these limits may refuse.
   * @param tell is waited for, and told which of them it was
   * @returns and throws what `run` does
   */
  return async function telling<T, C extends Counted>(
    counted: readonly C[],
    run: () => Promise<T>,
    tell: (refusing: C) => Promise<void>,
  ): Promise<T> {
    try {
      return await run();
    } catch (error) {
      const isRefusal = error instanceof ProblemError && error.code === 'rate_limited';
      const refusing = counted.find(({ limit, key }) => counters.look(limit, key).total >= limit.max);
      if (isRefusal && refusing !== undefined && isFirst(refusing)) await tell(refusing);
      throw error;
    }
  };
}
