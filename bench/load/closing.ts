// The closing of a run: the auditor looks at everything, and what the shoppers saw is compared with what the tables have.
import { setTimeout } from 'node:timers/promises';
import { rowsOf } from '../../test/support/backstage.ts';
import { audit, readPlaces, settled } from '../audit/index.ts';
import type { Site } from './site.ts';

/** What is known from outside. Of a story that failed on its way the order may be there or not. */
export interface Known {
  /** Stories that the shoppers saw come to their end, and that failed. */
  done: number;
  failed: number;
  /** Orders that were settled before the run. */
  settledBefore: number;
}

export interface Closing {
  /** Orders by status, all that the shop has. */
  orders: Record<string, number>;
  /** The auditor's, one a promise. */
  lines: string[];
  /** What is not as it must be, in words; empty when all is well. */
  broken: string[];
}

/** Stripe delivers its last webhooks within seconds; what is late by more is for the auditor to judge. */
const QUIET_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 500;
/** In the auditor's words. Orders that wait for a person, and all that belongs to them, are no reason to wait. */
const PASSES_BY_ITSELF = /^(undelivered webhooks|unsent mails)/;

/** Audits all orders of the shop, this run's and earlier ones. The mails of the run must have been sent. */
export async function close(
  { home, stack }: Site,
  { done, failed, settledBefore }: Known,
  signal: AbortSignal,
): Promise<Closing> {
  const places = await readPlaces(home);
  const deadline = Date.now() + QUIET_WITHIN_MS;
  while ((await settled(places)).some((what) => PASSES_BY_ITSELF.test(what)) && Date.now() < deadline) {
    await setTimeout(LOOK_EVERY_MS, undefined, { signal });
  }
  const { lines, findings } = await audit(places);
  const broken = findings.map(({ check, label, count, examples: [first] }) => {
    return `${check}: ${label} ${count}, the first: ${first?.orderId ?? 'no order'} ${first?.detail ?? ''}`;
  });
  const orders = await ordersByStatus(stack.databaseUrl);
  const lost = done - (settledIn(orders) - settledBefore);
  if (lost > 0) broken.push(`${lost} orders that their shoppers saw settled are not so in the tables`);
  if (-lost > failed) broken.push(`${-lost - failed} orders are in the tables that no shopper placed`);
  return { orders, lines, broken };
}

/** How many orders have settled for their shoppers so far. */
export async function settledOrders(databaseUrl: string): Promise<number> {
  return settledIn(await ordersByStatus(databaseUrl));
}

async function ordersByStatus(databaseUrl: string): Promise<Record<string, number>> {
  const text = 'select status, count(*)::int from orders group by status order by status';
  const rows = await rowsOf<{ status: string; count: number }>({ databaseUrl }, text);
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

function settledIn(orders: Record<string, number>): number {
  return (orders['PAID'] ?? 0) + (orders['AWAITING_CONFIRMATION'] ?? 0);
}
