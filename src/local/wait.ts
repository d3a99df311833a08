// Waiting for a condition with a deadline: the one place where the local stack lets time pass.
import { setTimeout as pause } from 'node:timers/promises';

/** Often enough that a start loses no time that a person would notice, seldom enough to cost nothing. */
const ASK_EVERY_MS = 50;

/**
 * Asks again and again until the answer is not undefined.
 * @param what names what has not happened when the time is over, for the error
 * @param within milliseconds, also for a question that is never answered
 * @throws {Error} `<what> within <n> s` when the time is over, or the signal's reason when it is aborted
 */
export async function until<T>(
  what: string,
  within: number,
  ask: () => Promise<T | undefined> | T | undefined,
  signal?: AbortSignal,
): Promise<T> {
  const over = AbortSignal.any([AbortSignal.timeout(within), ...(signal === undefined ? [] : [signal])]);
  const ended = new Promise<never>((_, reject) => {
    over.addEventListener('abort', () => reject(over.reason), { once: true });
  });
  try {
    for (;;) {
      over.throwIfAborted();
      const answer = await Promise.race([ask(), ended]);
      if (answer !== undefined) return answer;
      await Promise.race([pause(ASK_EVERY_MS), ended]);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw over.aborted ? new Error(`${what} within ${within / 1000} s`) : error;
  } finally {
    ended.catch(() => undefined); // nobody waits for it any more
  }
}
