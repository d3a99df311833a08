// Everything the simulator knows, in memory, and every change of it in the journal: one line for one unit of work,
// so that after a `kill -9` either all of a request's effects are there (with its stored answer) or none.
import { join } from 'node:path';
import type { Stripe } from 'stripe';
import { type Journal, openJournal } from '../journal.ts';
import { createTable, type Table } from './table.ts';

/** An event as it is stored: Stripe's shape, whose object is the very object that it tells of, not a copy. */
export type StoredEvent = Omit<Stripe.EventBase, 'data'> & { data: { object: Snapshot; previous_attributes?: object } };
export type Snapshot = Stripe.PaymentIntent | Stripe.Charge | Stripe.Refund | Stripe.Dispute;

/** A payment method that a test id (`method`) was turned into. */
export interface MethodRow {
  id: string;
  method: string;
  created: number;
}
/** An event that an endpoint has not yet answered with 2xx. */
export interface DeliveryRow {
  id: string;
  event: string;
  endpoint: string;
}
/** That an endpoint has answered a delivery (`id`) with 2xx, and when first (milliseconds). */
interface AcknowledgementRow {
  id: string;
  event: string;
  at: number;
}
/** An answer kept for an idempotency key (`id`), with a digest of the request it belongs to. */
export interface ReplyRow {
  id: string;
  path: string;
  digest: string;
  requestId: string;
  status: number;
  body: object;
  at: number;
}
/** Something that happens by itself at a time (`at`, in milliseconds), whatever becomes of this process until then. */
export interface TaskRow {
  id: string;
  kind: 'settle_refund' | 'settle_intent' | 'expire_intent';
  subject: string;
  at: number;
}
interface SettingsRow {
  id: 'settings';
  hold: boolean;
  drop: number;
  /** New refunds stay pending until the `settle` control. */
  holdRefunds?: boolean;
}
export type EndpointRow = Stripe.WebhookEndpoint & { secret: string };

interface Rows {
  payment_intents: Stripe.PaymentIntent;
  charges: Stripe.Charge;
  refunds: Stripe.Refund;
  disputes: Stripe.Dispute;
  payment_methods: MethodRow;
  webhook_endpoints: EndpointRow;
  events: StoredEvent;
  deliveries: DeliveryRow;
  acknowledgements: AcknowledgementRow;
  replies: ReplyRow;
  tasks: TaskRow;
  settings: SettingsRow;
}
type Tables = { readonly [K in keyof Rows]: Table<Rows[K]> };
type Put<K extends keyof Rows = keyof Rows> = { [P in K]: { table: P; row: Rows[P] } }[K];
type Remove = { table: keyof Rows; remove: string };
type Change = Put | Remove;

/** One function a table, so that a row can only be journaled under the name of its own table. */
const PUT: { readonly [K in keyof Rows]: (row: Rows[K]) => Change } = {
  payment_intents: (row) => ({ table: 'payment_intents', row }),
  charges: (row) => ({ table: 'charges', row }),
  refunds: (row) => ({ table: 'refunds', row }),
  disputes: (row) => ({ table: 'disputes', row }),
  payment_methods: (row) => ({ table: 'payment_methods', row }),
  webhook_endpoints: (row) => ({ table: 'webhook_endpoints', row }),
  events: (row) => ({ table: 'events', row }),
  deliveries: (row) => ({ table: 'deliveries', row }),
  acknowledgements: (row) => ({ table: 'acknowledgements', row }),
  replies: (row) => ({ table: 'replies', row }),
  tasks: (row) => ({ table: 'tasks', row }),
  settings: (row) => ({ table: 'settings', row }),
};

export interface Store {
  readonly tables: Tables;
  /** Stores a row, new or in place of the one with its id. Rows are never changed in place: events hold on to them. */
  put<K extends keyof Rows>(table: K, row: Rows[K]): void;
  remove(table: keyof Rows, id: string): void;
  /** Writes what was put and removed since the last commit as one line. Nothing may be answered before it. */
  commit(): void;
  settings(): SettingsRow;
  /** Forgets everything but the webhook endpoints, which are the stack's own wiring. */
  reset(): void;
  close(): void;
}

/** Stripe keeps events for 30 days (https://docs.stripe.com/api/events) and idempotency keys for at least 24 hours. */
const EVENT_LIFE_SECONDS = 30 * 86_400;
export const REPLY_LIFE_MS = 86_400_000;

/**
 * Opens the store in a folder of its own and shortens its journal to what is still true.
 * @param now milliseconds since the epoch
 */
export function openStore(folder: string, now: number): Store {
  const journal: Journal<Change[]> = openJournal<Change[]>(join(folder, 'journal.jsonl'));
  const tables = emptyTables();
  for (const change of journal.entries.flat()) apply(tables, change);
  journal.entries.length = 0;
  forgetOld(tables, now);
  journal.rewrite(everything(tables));

  let batch: Change[] = [];
  return {
    tables,
    put<K extends keyof Rows>(table: K, row: Rows[K]) {
      tables[table].put(row);
      batch.push(PUT[table](row));
    },
    remove(table, id) {
      tables[table].remove(id);
      batch.push({ table, remove: id });
    },
    commit() {
      if (batch.length === 0) return;
      journal.append(batch);
      batch = [];
    },
    settings: () => tables.settings.get('settings') ?? { id: 'settings', hold: false, drop: 0 },
    reset() {
      batch = [];
      for (const name of tableNames(tables)) if (name !== 'webhook_endpoints') tables[name].clear();
      journal.rewrite(everything(tables));
    },
    close: () => journal.close(),
  };
}

function emptyTables(): Tables {
  return {
    payment_intents: createTable(),
    charges: createTable((charge) => text(charge.payment_intent)),
    refunds: createTable((refund) => text(refund.payment_intent)),
    disputes: createTable((dispute) => text(dispute.payment_intent)),
    payment_methods: createTable(),
    webhook_endpoints: createTable(),
    events: createTable(),
    deliveries: createTable((delivery) => delivery.event),
    acknowledgements: createTable((acknowledgement) => acknowledgement.event),
    replies: createTable(),
    tasks: createTable(),
    settings: createTable(),
  };
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function tableNames(tables: Tables): (keyof Rows)[] {
  const names: (keyof Rows)[] = [];
  for (const name in tables) if (isTable(tables, name)) names.push(name);
  return names;
}

function isTable(tables: Tables, name: string): name is keyof Rows {
  return Object.hasOwn(tables, name);
}

function apply<K extends keyof Rows>(tables: Tables, change: Put<K> | Remove): void {
  if ('remove' in change) tables[change.table].remove(change.remove);
  else tables[change.table].put(change.row);
}

function forgetOld(tables: Tables, now: number): void {
  for (const event of tables.events.all()) {
    if (event.created < now / 1000 - EVENT_LIFE_SECONDS) tables.events.remove(event.id);
  }
  for (const { id, event } of tables.acknowledgements.all()) {
    if (tables.events.get(event) === undefined) tables.acknowledgements.remove(id);
  }
  for (const reply of tables.replies.all()) if (reply.at < now - REPLY_LIFE_MS) tables.replies.remove(reply.id);
}

function* everything(tables: Tables): Generator<Change[]> {
  for (const name of tableNames(tables)) yield* lines(name, tables[name].all());
}

function* lines<K extends keyof Rows>(table: K, rows: Iterable<Rows[K]>): Generator<Change[]> {
  for (const row of rows) yield [PUT[table](row)];
}
