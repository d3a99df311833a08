// Waiting for a condition, with a deadline that fails the test and says what never came true.
import { setTimeout } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/** Asks until the answer is neither undefined nor false. @throws when `withinMs` is over, with what was asked last */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, withinMs = 20_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`still not so after ${withinMs} ms: ${what}`);
    await setTimeout(LOOK_EVERY_MS);
  }
}
