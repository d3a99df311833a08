// What the other witnesses say (the simulator, the inbox, Temporal, the clients), as temporary tables of the auditor's own
// session: so every promise is one statement over all of them, however many orders there are.
import type { ClientBase } from 'pg';

const TABLES = {
  intents: 'id text, order_id uuid, status text, amount bigint, received bigint, currency text, created timestamptz',
  stripe_refunds: 'id text, intent_id text, refund_id uuid, status text, amount bigint, currency text',
  events:
    'id text, type text, object_id text, order_id uuid, created timestamptz, acknowledged_at timestamptz, pending integer',
  places: 'has_inbox boolean',
  inbox: 'id text, key text, message_id text, recipient text, subject text, at timestamptz',
  workflows: 'workflow_id text, run_id text, type text, status text, started_at timestamptz, closed_at timestamptz',
  answers: 'method text, route text, status integer, code text, retry_after boolean, times integer',
  lost: 'method text, route text, times integer',
  done: 'what text, times integer',
  foreign_reads: 'route text, status integer, times integer',
  placed:
    'cart text, submit integer, key text, status integer, order_id uuid, number text, total bigint, intent_id text, at timestamptz',
  paid: 'order_id uuid, intent_id text, at timestamptz',
  reads: 'order_id uuid, status text, payment_status text, first_at timestamptz',
} as const;

export type SeenTable = keyof typeof TABLES;

/** Rows in one statement: few enough for a parameter, many enough that trips do not count. */
const ROWS_AT_ONCE = 2_000;

/** So that what 50,000 orders are compared with stays a hash table in memory. */
const WORK_MEM = '256MB';

/** The tables, empty: `seen_intents` and so on. */
export async function makeTables(db: ClientBase): Promise<void> {
  const statements = Object.entries(TABLES).map(
    ([name, columns]) => `DROP TABLE IF EXISTS pg_temp.seen_${name}; CREATE TEMPORARY TABLE seen_${name} (${columns})`,
  );
  await db.query([`SET work_mem = '${WORK_MEM}'`, ...statements].join(';'));
}

/** Adds rows to a table, in portions. Fields by the names of its columns. */
export async function addRows(db: ClientBase, table: SeenTable, rows: readonly object[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const portion = JSON.stringify(rows.slice(from, from + ROWS_AT_ONCE));
    await db.query(`INSERT INTO seen_${table} SELECT * FROM jsonb_to_recordset($1::jsonb) AS row(${TABLES[table]})`, [
      portion,
    ]);
  }
}

/** Lets PostgreSQL know how much is in the tables, so that it does not compare everything with everything. */
export async function analyzeTables(db: ClientBase): Promise<void> {
  await db.query(
    `ANALYZE ${Object.keys(TABLES)
      .map((name) => `pg_temp.seen_${name}`)
      .join(', ')}`,
  );
}
