// The indexes of the table that Temporal lists workflows from. Its schema brings one for every attribute that anybody may ever
// search by, and each write of an order goes into all of them. Those that nothing here searches by are dropped; their
// definitions stay beside the table, and the setting TEMPORAL_VISIBILITY_INDEXES=all makes them again.
import type pg from 'pg';
import { withClient } from './postgres.ts';

export type VisibilityIndexes = 'used' | 'all';

/**
 * They serve the list as it is first shown, and what the Temporal UI filters by: id, type, status, task queue, families of
 * workflows, batch operations, reported problems. A filter that has none still answers, more slowly.
 */
const USED = [
  'default_idx',
  'by_workflow_id',
  'by_workflow_type',
  'by_status',
  'by_task_queue',
  'by_parent_workflow_id',
  'by_root_workflow_id',
  'by_temporal_namespace_division',
  'by_temporal_reported_problems',
];

/** The primary key is none of these: by it each write finds its row. */
const INDEXES = `SELECT c.relname AS name, pg_get_indexdef(c.oid) AS definition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = 'executions_visibility'::regclass AND NOT i.indisunique`;
const DROPPED = 'perdure_dropped_indexes';

/** The namespaces of one shop's server are few. */
const NAMESPACES_AT_THE_MOST = 1000;

type Index = { name: string; definition: string };

/**
 * Leaves the table with the indexes that are wanted. A search attribute gets its column, by no rule, when it is registered; so
 * this is done after that, and an attribute that somebody adds has its index from the next start on.
 * @param url the visibility database
 * @param address the running server that keeps it
 */
export async function fitVisibilityIndexes(url: string, address: string, wanted: VisibilityIndexes): Promise<void> {
  if (wanted === 'all') return makeDroppedIndexes(url);
  const columns = await searchedColumns(address);
  await inTransaction(url, async (client) => {
    await makeDropped(client, (index) => isUsed(index, columns));
    await dropUnused(client, columns);
  });
}

/** Makes every index again that was dropped here. */
export async function makeDroppedIndexes(url: string): Promise<void> {
  await inTransaction(url, (client) => makeDropped(client, () => true));
}

/** The columns that search attributes of any namespace are mapped to, in lower case as PostgreSQL writes them. */
async function searchedColumns(address: string): Promise<string[]> {
  const { Connection } = await import('@temporalio/client'); // only now: it takes its time to load
  const connection = await Connection.connect({ address });
  try {
    const { namespaces } = await connection.workflowService.listNamespaces({ pageSize: NAMESPACES_AT_THE_MOST });
    return namespaces
      .flatMap(({ config }) => Object.keys(config?.customSearchAttributeAliases ?? {}))
      .map((column) => column.toLowerCase());
  } finally {
    await connection.close();
  }
}

function isUsed({ name, definition }: Index, columns: string[]): boolean {
  const column = /\(namespace_id, (\w+)/.exec(definition)?.[1];
  return USED.includes(name) || (column !== undefined && columns.includes(column));
}

async function inTransaction(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('BEGIN');
    await client.query(`CREATE TABLE IF NOT EXISTS ${DROPPED} (name text PRIMARY KEY, definition text NOT NULL)`);
    await work(client);
    await client.query('COMMIT');
  });
}

async function dropUnused(client: pg.Client, columns: string[]): Promise<void> {
  const { rows } = await client.query<Index>(INDEXES);
  for (const index of rows.filter((one) => !isUsed(one, columns))) {
    await client.query(`INSERT INTO ${DROPPED} VALUES ($1, $2)`, [index.name, index.definition]);
    await client.query(`DROP INDEX ${client.escapeIdentifier(index.name)}`);
  }
}

async function makeDropped(client: pg.Client, wanted: (index: Index) => boolean): Promise<void> {
  const { rows } = await client.query<Index>(`SELECT name, definition FROM ${DROPPED}`);
  for (const { name, definition } of rows.filter(wanted)) {
    await client.query(definition);
    await client.query(`DELETE FROM ${DROPPED} WHERE name = $1`, [name]);
  }
}
