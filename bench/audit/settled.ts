// What is still under way in a shop. Quiet is when there is nothing: then an audit has the last word.
import { Client } from 'pg';
import { at, number } from './fields.ts';
import type { Places } from './places.ts';
import { ALWAYS_RUNNING, withTemporal } from './temporal.ts';

/** A part that is down is no reason to wait for long: the caller asks again. */
const TIMEOUT_MS = 5_000;

const IN_DATABASE = `
  SELECT 'orders without end' AS what, count(*)::integer AS times FROM orders WHERE status IN ('PENDING', 'AWAITING_CONFIRMATION')
  UNION ALL SELECT 'live holds', count(*) FROM holds WHERE status = 'HELD'
  UNION ALL SELECT 'held coupon uses', count(*) FROM coupon_redemptions WHERE status = 'HELD'
  UNION ALL SELECT 'open refunds', count(*) FROM refunds WHERE status = 'PENDING'
  UNION ALL SELECT 'unsent mails', count(*) FROM mails WHERE sent_at IS NULL
  UNION ALL SELECT 'frozen carts', count(*) FROM carts WHERE status = 'checkout'`;

/**
 * Says what is under way: orders without end, live holds, open refunds, unsent mails, running workflows other than the two that
 * always run, undelivered webhooks; and parts that do not answer. Empty means quiet. Never throws.
 */
export async function settled(places: Places): Promise<string[]> {
  const parts: [string, Promise<string[]>][] = [
    ['PostgreSQL', inDatabase(places)],
    ['Temporal', inTemporal(places)],
    ['the simulator', atStripe(places)],
  ];
  const told = parts.map(([name, part]) =>
    part.catch((error: unknown) => [`${name}: ${error instanceof Error ? error.message : String(error)}`]),
  );
  return (await Promise.all(told)).flat();
}

async function inDatabase({ databaseUrl }: Places): Promise<string[]> {
  const limits = { connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS };
  const db = new Client({ connectionString: databaseUrl, ...limits });
  db.on('error', () => undefined); // the query that it broke tells
  try {
    await db.connect();
    const { rows } = await db.query<{ what: string; times: number }>(IN_DATABASE);
    return rows.filter(({ times }) => times > 0).map(({ what, times }) => `${what} ${times}`);
  } finally {
    await db.end();
  }
}

function inTemporal(places: Places): Promise<string[]> {
  const others = ALWAYS_RUNNING.map((id) => `WorkflowId != '${id}'`).join(' AND ');
  return withTemporal(places, async (client) => {
    const query = `ExecutionStatus = 'Running' AND ${others}`;
    const { count } = await client.withDeadline(Date.now() + TIMEOUT_MS, () => client.workflow.count(query));
    return count > 0 ? [`running workflows ${count}`] : [];
  });
}

async function atStripe({ stripe }: Places): Promise<string[]> {
  const url = `${stripe}/_sim/webhooks`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const pending = number(at(await response.json(), 'pending'));
  if (pending === null) throw new Error(`${url} does not say what is pending`);
  return pending > 0 ? [`undelivered webhooks ${pending}`] : [];
}
