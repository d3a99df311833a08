// After the storm: waits until nothing is under way in the shop any more.
import { setTimeout } from 'node:timers/promises';
import { withClient } from '../../src/local/postgres.ts';

/** What must become 0: orders without an end, holds, mails that are due, refunds under way, events that nobody has taken. */
const UNDER_WAY = {
  orders: "SELECT count(*) FROM orders WHERE status IN ('PENDING', 'AWAITING_CONFIRMATION')",
  holds: "SELECT count(*) FROM holds WHERE status = 'HELD'",
  mails: 'SELECT count(*) FROM mails WHERE sent_at IS NULL',
  refunds: "SELECT count(*) FROM refunds WHERE status = 'PENDING'",
  events: 'SELECT count(*) FROM stripe_events WHERE handled_at IS NULL',
};
const LOOK_EVERY_MS = 500;

/** @returns what is still under way when the time is over; nothing when all is quiet */
export async function awaitQuiet(databaseUrl: string, withinMs: number, stop: AbortSignal): Promise<string[]> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const left = await underWay(databaseUrl);
    if (left.length === 0 || Date.now() > deadline) return left;
    await setTimeout(LOOK_EVERY_MS, undefined, { signal: stop });
  }
}

async function underWay(databaseUrl: string): Promise<string[]> {
  return withClient(databaseUrl, async (client) => {
    const left: string[] = [];
    for (const [what, query] of Object.entries(UNDER_WAY)) {
      const { rows } = await client.query<{ count: string }>(query);
      if (rows[0]?.count !== '0') left.push(`${rows[0]?.count} ${what}`);
    }
    return left;
  });
}
