// Looks at the stock of the whole shop again and again while others sell it (P2), each time in one snapshot.
import { setTimeout } from 'node:timers/promises';
import { withClient } from '../../src/local/postgres.ts';

/** So short that a state which lasts as long as a transaction is seen, so long that the shop still gets its work done. */
const PAUSE_MS = 2;

/**
 * One statement is one snapshot: the reserved counts and the sums of the live holds are of the same moment.
 * https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
 */
const LOOK = `
  SELECT sum(reserved)::integer AS reserved,
    jsonb_agg(stock) FILTER (WHERE reserved <> held OR reserved > on_hand OR reserved < 0) AS wrong
  FROM (
    SELECT variant_id, on_hand, reserved,
      (SELECT coalesce(sum(quantity), 0) FROM holds WHERE variant_id = inventory.variant_id AND status = 'HELD') AS held
    FROM inventory
  ) stock`;

export interface Samples {
  taken: number;
  /** The different sums of all reserved counts that were seen. */
  reserved: Set<number>;
  /** Each variant whose reserved count was not the sum of its live holds, or beyond its stock, as it was then. */
  wrong: object[];
}

/** What is seen while this work is done, from its beginning to its end. @throws when a look, or the work, has failed */
export async function watchStock(databaseUrl: string, work: () => Promise<void>): Promise<Samples> {
  const samples: Samples = { taken: 0, reserved: new Set(), wrong: [] };
  const over = new AbortController();
  const looking = withClient(databaseUrl, async (client) => {
    while (!over.signal.aborted) {
      const { rows } = await client.query<{ reserved: number; wrong: object[] | null }>(LOOK);
      for (const { reserved, wrong } of rows) {
        samples.taken += 1;
        samples.reserved.add(reserved);
        samples.wrong.push(...(wrong ?? []));
      }
      await setTimeout(PAUSE_MS);
    }
  });
  const working = work().finally(() => over.abort());
  await Promise.all([working, looking]);
  return samples;
}
