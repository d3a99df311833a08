// Waiting for a condition with a deadline: the one place where the local stack lets time pass.
import { setTimeout as pause } from 'node:timers/promises';

/** Often enough that a start loses no time that a person would notice, seldom enough to cost nothing. */
const ASK_EVERY_MS = 50;

/**
 * Asks again and again until the answer is not undefined.
 * @param what names the thing waited for, for the error
 * @param within milliseconds
 * @throws {Error} `<what> within <n> s` when the time is over, or the signal's reason when it is aborted
 */
export async function until<T>(
  what: string,
  within: number,
  ask: () => Promise<T | undefined> | T | undefined,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() >= deadline) throw new Error(`${what} within ${Math.round(within / 1000)} s`);
    await pause(ASK_EVERY_MS, undefined, { signal });
  }
}
