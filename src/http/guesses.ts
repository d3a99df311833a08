// How often somebody may guess: only what was wrong is counted, and of many tries at once no more are under way than may still be.
import type { Counted, Counters } from '../platform/counters.ts';
import { refuseBeyond } from './limited-callers.ts';
import { ProblemError } from './problem.ts';

/** Lets tries through as long as each of those under way may be wrong without breaking a limit; the others wait for these. */
export function createGuard(counters: Counters) {
  const underWay = new Map<string, Set<Promise<unknown>>>();
  const idOf = ({ limit, key }: Counted) => `${limit.name}:${key}`;
  const triesOf = (id: string) => underWay.get(id) ?? new Set<Promise<unknown>>();

  return async function guarded<T>(counted: Counted[], attempt: () => Promise<T>): Promise<T> {
    await counters.refresh(...counted);
    for (;;) {
      for (const { limit, key } of counted) refuseBeyond(counters, limit, key);
      const full = counted.find(
        (one) => counters.look(one.limit, one.key).total + triesOf(idOf(one)).size >= one.limit.max,
      );
      if (full === undefined) break;
      await Promise.race(triesOf(idOf(full)));
    }
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    for (const one of counted) underWay.set(idOf(one), triesOf(idOf(one)).add(ended));
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'unauthenticated') {
        for (const { limit, key } of counted) counters.add(limit, key);
        await counters.refresh(...counted);
      }
      throw error;
    } finally {
      for (const one of counted) {
        const tries = triesOf(idOf(one));
        tries.delete(ended);
        if (tries.size === 0) underWay.delete(idOf(one));
      }
      end();
    }
  };
}
