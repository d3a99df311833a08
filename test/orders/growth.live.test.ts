// The order path does not grow with what is in the tables: on a shop with thousands of orders, whole stories of orders are lived
// over HTTP, and PostgreSQL has not read one of the grown tables from end to end for them. That is what EXPLAIN would show, of
// every statement of every process, with the parameters and the plans that were really used.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { withClient } from '../../src/local/postgres.ts';
import { rowsOf } from '../support/backstage.ts';
import { logIn, newShopper, type PlacedBody, pay, type Shopper, statusBecomes, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

/** So many that no plan for one of them begins with reading them all. */
const ORDERS = 5_000;
const COUPON = 'WELCOME10';

/**
 * The tables that grow with the orders, in the order of their references, and what of a row is another in each copy: how it is
 * made from the column `c` of the template and the copy's number `n`.
 */
const uuid = (c: string) => `md5(${c}::text || n)::uuid`;
const text = (c: string) => `${c} || '-' || n`;
const bytes = (c: string) => `decode(md5(${c}::text || n), 'hex')`;
const serial = (c: string) => `${c} + n * 1000000::bigint`;
const GROWING: Record<string, Record<string, (column: string) => string>> = {
  carts: { id: uuid, next_order_id: uuid, token_hash: bytes },
  cart_items: { id: uuid, cart_id: uuid },
  checkouts: { order_id: uuid, cart_id: uuid },
  coupon_redemptions: { order_id: uuid, customer: text },
  orders: { id: uuid, cart_id: uuid, number: text },
  order_items: { order_id: uuid },
  order_events: { order_id: uuid },
  holds: { id: uuid, order_id: uuid },
  stock_movements: { id: serial, order_id: uuid },
  payments: { id: uuid, order_id: uuid, intent_id: text },
  stripe_events: { id: text, order_id: uuid },
  mails: { id: uuid, order_id: uuid },
  idempotency_keys: { key: text },
};
/** Grow with logins, and with what admins decide. */
const OTHERS = ['sessions', 'audit_entries'];

let shop: RunningStack;
let bulk: string;

beforeAll(async () => {
  shop = await startStack();
  bulk = await variantOf(shop.api, 'BULK');
});
afterAll(async () => {
  await shop.stop();
});

function shopDatabase<T>(work: (client: Client) => Promise<T>): Promise<T> {
  return withClient(shop.stack.databaseUrl, work);
}

async function place(paymentMethod: 'card' | 'cod'): Promise<{ shopper: Shopper; placed: PlacedBody }> {
  const shopper = newShopper(shop.api);
  await shopper.add(bulk);
  await shopper.coupon(COUPON);
  const { body: placed } = await shopper.submit({ paymentMethod });
  return { shopper, placed };
}

/** Until its mail has been sent. */
async function livePaid(): Promise<void> {
  const { shopper, placed } = await place('card');
  await pay(shop.stack, placed.payment);
  await statusBecomes(() => shopper.order(placed), 'PAID');
  await shopper.track(placed);
  await until('its mail has been sent', async () => {
    const find = 'SELECT FROM mails WHERE order_id = $1 AND sent_at IS NOT NULL';
    return (await rowsOf(shop.stack, find, placed.order.id)).length === 1;
  });
}

async function liveConfirmed(): Promise<void> {
  const { shopper, placed } = await place('cod');
  await (await logIn(shop.stack)).confirm(placed.order.id);
  await statusBecomes(() => shopper.order(placed), 'CONFIRMED');
}

async function liveCancelled(): Promise<void> {
  const { shopper, placed } = await place('card');
  await shopper.cancel(placed);
  await statusBecomes(() => shopper.order(placed), 'CANCELLED');
}

/** Copies the rows of the orders that there are until there are thousands of them. */
async function grow(): Promise<void> {
  await shopDatabase(async (client) => {
    for (const [table, columns] of Object.entries(GROWING)) {
      const changes = Object.entries(columns).map(([column, make]) => `'${column}', ${make(`template.${column}`)}`);
      await client.query(`
        INSERT INTO ${table} OVERRIDING SYSTEM VALUE
        SELECT copy.* FROM ${table} AS template, generate_series(1, ${ORDERS}) AS n,
          jsonb_populate_record(template, jsonb_build_object(${changes.join(', ')})) AS copy`);
    }
    await client.query('ANALYZE');
  });
}

interface Reads {
  table: string;
  /** Reads from end to end, and rows written, since the database was made. */
  scans: number;
  written: number;
}

/** What PostgreSQL has counted. A connection tells at the latest when it ends, so all of the shop's are ended first. */
async function readsSoFar(): Promise<Reads[]> {
  return shopDatabase(async (client) => {
    const others = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
    const { rows: ended } = await client.query<{ pid: number }>(`SELECT pid, pg_terminate_backend(pid) ${others}`);
    const pids = ended.map(({ pid }) => pid);
    await until('they are gone', async () => {
      const { rowCount } = await client.query(`SELECT ${others} AND pid = ANY($1)`, [pids]);
      return rowCount === 0;
    });
    const counters = `SELECT relname AS table, seq_scan::integer AS scans, (n_tup_ins + n_tup_upd)::integer AS written
      FROM pg_stat_user_tables`;
    return (await client.query<Reads>(counters)).rows;
  });
}

test(`no order reads a table with the rows of ${ORDERS} others from end to end`, async () => {
  await livePaid();
  await grow();
  const before = new Map((await readsSoFar()).map((reads) => [reads.table, reads]));
  await livePaid();
  await liveConfirmed();
  await liveCancelled();
  const since = (await readsSoFar()).map(({ table, scans, written }) => ({
    table,
    scans: scans - (before.get(table)?.scans ?? 0),
    written: written - (before.get(table)?.written ?? 0),
  }));

  const isGrown = ({ table }: Reads) => table in GROWING;
  expect(since.filter((reads) => isGrown(reads) && reads.scans > 0)).toEqual([]);
  const written = since.filter((reads) => reads.written > 0).map(({ table }) => table);
  const known = [...Object.keys(GROWING), ...OTHERS, 'inventory', 'coupons'];
  expect(written.filter((table) => !known.includes(table))).toEqual([]);
  expect(Object.keys(GROWING).filter((table) => !written.includes(table))).toEqual([]);
});
