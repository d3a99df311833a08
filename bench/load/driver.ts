// A driver: a process of its own in which shoppers live one story after the other until it is told to stop, so that what they
// cost is counted apart from the shop. It writes JSON lines to standard output.
import { setTimeout } from 'node:timers/promises';
import { reasonOf } from '../../src/local/problem.ts';

/** What a driver tells: a story's end (`at`, ms since the epoch), good or bad, or an answer for which a step was tried again. */
export type Told<Times> = { at: number } & ({ times: Times } | { failed: string } | { repeated: string });

/** After a failure a shopper waits a moment, so that a shop that is down is not asked without end. */
const AFTER_FAILURE_MS = 200;

/**
 * Lives stories, `shoppers` at a time, until SIGTERM; those under way are lived to their end.
 * @param live one story of the shopper with this number
 */
export async function drive<Times>(
  shoppers: number,
  live: (shopper: number, repeated: (answer: string) => void) => Promise<Times>,
): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  const repeated = (answer: string): void => tell({ at: Date.now(), repeated: answer });
  const shop = async (shopper: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const times = await live(shopper, repeated);
        tell({ at: Date.now(), times });
      } catch (error) {
        tell({ at: Date.now(), failed: reasonOf(error) });
        await setTimeout(AFTER_FAILURE_MS);
      }
    }
  };
  await Promise.all(Array.from({ length: shoppers }, (_, shopper) => shop(shopper)));
}

function tell(told: Told<unknown>): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
