// The whole story of an order that a promise was broken for: its rows, what Stripe has and was asked, its mails, what its shopper
// saw, and the histories of its workflows. Addresses, client secrets and tokens are left out.
import type { Client } from '@temporalio/client';
import type { ClientBase } from 'pg';
import { sightsIn } from './clients.ts';
import { at } from './fields.ts';
import { historyOf } from './history.ts';
import { listAt, type Places } from './places.ts';
import type { Finding } from './verdict.ts';

/** More than a few stories nobody reads. */
const STORIES = 5;
/** So much is shown of what there is much of: requests, sights. */
const MOST_LINES = 60;

/** The rows of an order, by the words they are printed under. `$1` is its id. */
const ROWS: Record<string, string> = {
  order: `SELECT number, status, payment_status, payment_method, currency, total, captured, refunded, coupon_code, cancel_reason,
    cart_id, placed_at, expires_at, updated_at FROM orders WHERE id = $1`,
  lines:
    'SELECT sku, quantity, unit_price, discount, line_total FROM order_items WHERE order_id = $1 ORDER BY position',
  events:
    'SELECT sequence, from_status, to_status, actor, note, created_at FROM order_events WHERE order_id = $1 ORDER BY sequence',
  checkout: `SELECT cart_id, payment_method, expected_total, refusal, frozen_at, closed_at, created_at
    FROM checkouts WHERE order_id = $1`,
  cart: `SELECT id, status, next_order_id, version, updated_at FROM carts
    WHERE next_order_id = $1 OR id IN (SELECT cart_id FROM checkouts WHERE order_id = $1)`,
  holds: 'SELECT variant_id, quantity, status, expires_at, created_at, settled_at FROM holds WHERE order_id = $1',
  'stock movements':
    'SELECT variant_id, kind, quantity, created_at FROM stock_movements WHERE order_id = $1 ORDER BY id',
  'coupon use':
    'SELECT coupon_id, status, expires_at, created_at, settled_at FROM coupon_redemptions WHERE order_id = $1',
  payments: `SELECT attempt, intent_id, amount, currency, intent_status, captured, refunded, created_at, updated_at FROM payments
    WHERE order_id = $1 ORDER BY created_at`,
  refunds: `SELECT id, payment_id, amount, currency, reason, status, stripe_refund_id, failure, created_at, updated_at FROM refunds
    WHERE order_id = $1 ORDER BY created_at`,
  mails:
    'SELECT fact, reference, attempts, due_at, sent_at, last_error, created_at FROM mails WHERE order_id = $1 ORDER BY created_at',
  'mails received': `SELECT message_id, subject, at FROM seen_inbox WHERE position($1::text IN key) > 0 ORDER BY at`,
  'webhooks stored': `SELECT id, type, object_id, outcome, received_at, handled_at FROM stripe_events WHERE order_id = $1
    ORDER BY received_at`,
  'events at Stripe': `SELECT id, type, object_id, created, acknowledged_at, pending FROM seen_events
    WHERE order_id = $1 ORDER BY created`,
  'intents at Stripe':
    'SELECT id, status, amount, received, currency, created FROM seen_intents WHERE order_id = $1 ORDER BY created',
  'refunds at Stripe': `SELECT id, intent_id, refund_id, status, amount, currency FROM seen_stripe_refunds
    WHERE intent_id IN (SELECT id FROM seen_intents WHERE order_id = $1)`,
  workflows: `SELECT workflow_id, run_id, status, started_at, closed_at FROM seen_workflows
    WHERE workflow_id IN ('checkout/' || $1, 'fulfillment/' || $1)
      OR workflow_id IN (SELECT 'late-payment/' || id FROM seen_intents WHERE order_id = $1::uuid)
      OR workflow_id IN (SELECT 'refund/' || id FROM refunds WHERE order_id = $1::uuid) ORDER BY started_at`,
};

interface Sources {
  db: ClientBase;
  temporal: Client;
  places: Places;
  witness?: string;
}

/** The stories of the first few orders that were found, each once. */
export async function tellStories(sources: Sources, findings: readonly Finding[]): Promise<string[]> {
  const concerned = findings.flatMap(({ examples }) => examples.flatMap(({ orderId }) => orderId ?? []));
  const orderIds = [...new Set(concerned)].slice(0, STORIES);
  if (orderIds.length === 0) return [];
  const requests = (await requestsBy(sources.places)).map((request) => ({ request, text: JSON.stringify(request) }));
  const sights = await sightsOf(sources, orderIds);
  const stories = [];
  for (const orderId of orderIds) {
    const found = findings.flatMap(({ check, examples }) =>
      examples.flatMap((one) => (one.orderId === orderId ? `${check}: ${one.detail}` : [])),
    );
    stories.push(await storyOf(sources, { orderId, found, requests, sights: sights.get(orderId) ?? [] }));
  }
  return stories;
}

interface Told {
  orderId: string;
  found: string[];
  /** Each with its text, in which ids are looked for. */
  requests: { request: unknown; text: string }[];
  sights: object[];
}

async function storyOf({ db, temporal }: Sources, { orderId, found, requests, sights }: Told): Promise<string> {
  const lines = [`Order ${orderId}`, ...found.map((line) => `  ${line}`)];
  const names = new Set([orderId]);
  const workflows: { workflow_id: string; run_id: string }[] = [];
  for (const [title, query] of Object.entries(ROWS)) {
    const { rows } = await db.query(query, [orderId]);
    lines.push(...section(title, rows));
    if (title.endsWith('at Stripe')) for (const { id } of rows) names.add(String(id));
    if (title === 'workflows') workflows.push(...rows);
  }
  const isOurs = (text: string): boolean => [...names].some((name) => text.includes(name));
  const ours = requests.flatMap(({ request, text }) => (isOurs(text) ? [request] : []));
  lines.push(...section('requests to Stripe', ours), ...section('what its shopper saw', sights));
  for (const { workflow_id: id, run_id: run } of workflows)
    lines.push(`  history of ${id}, run ${run}`, ...(await historyOf(temporal, id, run)).map((line) => `    ${line}`));
  return lines.join('\n');
}

function section(title: string, rows: readonly unknown[]): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, MOST_LINES).map((row) => `    ${lineOf(row)}`);
  const more = rows.length > MOST_LINES ? [`    and ${rows.length - MOST_LINES} more`] : [];
  return [`  ${title}`, ...shown, ...more];
}

/** `status PAID, total 1250`: what is null is left out. */
function lineOf(row: unknown): string {
  return Object.entries(Object(row))
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name} ${wordOf(value)}`)
    .join(', ');
}

function wordOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The requests that the simulator remembers: the last ten thousand. */
function requestsBy({ stripe }: Places): Promise<unknown[]> {
  return listAt(`${stripe}/_sim/requests`, (request) => ({
    at: at(request, 'at'),
    method: at(request, 'method'),
    path: at(request, 'path'),
    status: at(request, 'status'),
    fault: at(request, 'fault'),
    replayed: at(request, 'replayed'),
    idempotencyKey: at(request, 'idempotencyKey'),
    params: at(request, 'params'),
  }));
}

async function sightsOf({ witness }: Sources, orderIds: readonly string[]): Promise<Map<string, object[]>> {
  const sights = new Map<string, object[]>(orderIds.map((id) => [id, []]));
  if (witness === undefined) return sights;
  for await (const sight of sightsIn(witness)) {
    if ('orderId' in sight && sight.orderId !== null) sights.get(sight.orderId)?.push(sight);
  }
  return sights;
}
