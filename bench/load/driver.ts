// A driver: a process of its own in which shoppers live one story after the other until it is told to stop, so that what they
// cost is counted apart from the shop. It writes one JSON line per story to standard output.
import { setTimeout } from 'node:timers/promises';

/** What a driver tells of one story. `at` is when it ended (ms since the epoch). */
export type Told<Times> = { at: number; times: Times } | { at: number; failed: string };

/** After a failure a shopper waits a moment, so that a shop that is down is not asked without end. */
const AFTER_FAILURE_MS = 200;

/**
 * Lives stories, `shoppers` at a time, until SIGTERM; those under way are lived to their end.
 * @param live one story of the shopper with this number
 */
export async function drive<Times>(shoppers: number, live: (shopper: number) => Promise<Times>): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  const shop = async (shopper: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const times = await live(shopper);
        tell({ at: Date.now(), times });
      } catch (error) {
        tell({ at: Date.now(), failed: error instanceof Error ? error.message : String(error) });
        await setTimeout(AFTER_FAILURE_MS);
      }
    }
  };
  await Promise.all(Array.from({ length: shoppers }, (_, shopper) => shop(shopper)));
}

function tell(told: Told<unknown>): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
