// The indexes of Temporal's visibility table: what is searched by keeps one, the rest goes and comes back.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type pg from 'pg';
import { loadConfig } from '../../src/config.ts';
import { withClient } from '../../src/local/postgres.ts';
import { fitVisibilityIndexes } from '../../src/local/temporal-indexes.ts';
import { findTemporal } from '../../src/local/temporal-programs.ts';
import { databaseAt, ensureTemporalSchema, type StoreAddress, storeAddress } from '../../src/local/temporal-schema.ts';
import { openTemporal, prepareNamespace, type TemporalClient } from '../../src/platform/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.ts';
import { sharedServers } from '../support/servers.ts';

const { databaseUrl, temporalAddress } = sharedServers();
const tell = { say: () => undefined, step: <T>(_: string, work: () => Promise<T>) => work() };
const scratch = `indexes_${randomBytes(6).toString('hex')}`;
let store: StoreAddress;
let visibilityUrl: string;

async function bringToSchema(key: string): Promise<boolean> {
  const programs = await findTemporal(loadConfig().PERDURE_CACHE, tell, new AbortController().signal);
  if (programs.kind !== 'server') throw new Error('the visibility table is the real server’s: these tests need Go');
  return ensureTemporalSchema(databaseUrl, store, programs.binaries.sqlTool, key);
}

function openClient(namespace: string): TemporalClient {
  const config = loadConfig({ TEMPORAL_ADDRESS: temporalAddress, TEMPORAL_NAMESPACE: namespace });
  return openTemporal({ ...config, TEMPORAL_ADDRESS: temporalAddress });
}

/** Name -> definition. */
async function indexes(url: string): Promise<Record<string, string>> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ name: string; definition: string }>(
      "SELECT indexname AS name, indexdef AS definition FROM pg_indexes WHERE tablename = 'executions_visibility'",
    ),
  );
  return Object.fromEntries(rows.map(({ name, definition }) => [name, definition]));
}

beforeAll(async () => {
  store = storeAddress(databaseUrl, scratch);
  visibilityUrl = databaseAt(databaseUrl, store.visibilityDatabase);
  await bringToSchema('one');
});

afterAll(async () => {
  await withClient(databaseUrl, async (client) => {
    for (const name of [store.database, store.visibilityDatabase])
      await client.query(`DROP DATABASE IF EXISTS ${name}`);
  });
});

test('most indexes are dropped, all of them come back as they were, and each step may be repeated', async () => {
  const whole = await indexes(visibilityUrl);
  await fitVisibilityIndexes(visibilityUrl, temporalAddress, 'used');
  const used = await indexes(visibilityUrl);
  expect(Object.keys(used).length).toBeLessThan(Object.keys(whole).length / 2);
  expect(whole).toMatchObject(used);
  await fitVisibilityIndexes(visibilityUrl, temporalAddress, 'used');
  expect(await indexes(visibilityUrl)).toEqual(used);

  await fitVisibilityIndexes(visibilityUrl, temporalAddress, 'all');
  expect(await indexes(visibilityUrl)).toEqual(whole);
  await fitVisibilityIndexes(visibilityUrl, temporalAddress, 'all');
  expect(await indexes(visibilityUrl)).toEqual(whole);
});

test('a new version of the server finds every index of the old schema when it brings its own', async () => {
  const whole = await indexes(visibilityUrl);
  await fitVisibilityIndexes(visibilityUrl, temporalAddress, 'used');
  expect(await bringToSchema('two')).toBe(true);
  expect(await indexes(visibilityUrl)).toEqual(whole);
});

test('an attribute that somebody adds has its index from the next start on', async () => {
  await fitVisibilityIndexes(visibilityUrl, temporalAddress, 'used');
  const namespace = `indexes_${randomBytes(6).toString('hex')}`;
  const temporal = openClient(namespace);
  const added = defineSearchAttributeKey('Warehouse', SearchAttributeType.DATETIME);
  await prepareNamespace(temporal, 1, { added });
  const { config } = await temporal.connection.workflowService.describeNamespace({ namespace });
  await temporal.close();
  const [column] = Object.keys(config?.customSearchAttributeAliases ?? {});
  const ofColumn = async (): Promise<string[]> =>
    Object.values(await indexes(visibilityUrl)).filter((definition) =>
      definition.includes(`(namespace_id, ${column?.toLowerCase()},`),
    );
  expect(await ofColumn()).toHaveLength(0);
  await fitVisibilityIndexes(visibilityUrl, temporalAddress, 'used');
  expect(await ofColumn()).toHaveLength(1);
});

/** The table with workflows of many orders, seen by one client and gone with it. */
async function withWorkflows(columns: string[], work: (client: pg.Client) => Promise<void>): Promise<void> {
  await withClient(visibilityUrl, async (client) => {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO executions_visibility
        (namespace_id, run_id, workflow_id, workflow_type_name, status, start_time, execution_time, encoding, task_queue,
         parent_workflow_id, root_workflow_id, search_attributes)
      SELECT 'n', n, 'order-' || n, 'type-' || n % 50, CASE WHEN n % 500 = 0 THEN 1 ELSE 2 END, now(), now(), '',
         'queue-' || n % 50, 'parent-' || n, 'root-' || n,
         (SELECT jsonb_object_agg(name, n) FROM unnest($1::text[]) AS name)
      FROM generate_series(1, 5000) AS n`,
      [columns],
    );
    await client.query('ANALYZE executions_visibility');
    await work(client);
    await client.query('ROLLBACK');
  });
}

/** The nodes of the plan of a list as the server asks for it, as text. */
async function planOf(client: pg.Client, filter: string): Promise<string> {
  const { rows } = await client.query(`EXPLAIN SELECT * FROM executions_visibility
    WHERE namespace_id = 'n' AND ${filter} AND TemporalNamespaceDivision IS NULL
    ORDER BY coalesce(close_time, '9999-12-31 23:59:59') DESC, start_time DESC, run_id LIMIT 100`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

test("each of the shop's attributes and each filter of the UI is searched by an index", async () => {
  await fitVisibilityIndexes(visibilityUrl, temporalAddress, 'used');
  const temporal = openClient('default');
  const { config: settings } = await temporal.connection.workflowService.describeNamespace({ namespace: 'default' });
  await temporal.close();
  const columns = Object.entries(settings?.customSearchAttributeAliases ?? {});
  expect(columns.map(([, name]) => name).toSorted()).toEqual(
    Object.values(SEARCH_ATTRIBUTES)
      .map(({ name }) => name)
      .toSorted(),
  );
  await withWorkflows(
    columns.map(([column]) => column),
    async (client) => {
      const ours = columns.map(([column]) => `${column} = '7'`);
      const theirs = [
        "workflow_id = 'order-7'",
        "workflow_type_name = 'type-7'",
        'status = 1',
        "task_queue = 'queue-7'",
        "parent_workflow_id = 'parent-7'",
        "root_workflow_id = 'root-7'",
        `TemporalReportedProblems @> '["category=WorkflowTaskFailed"]'`,
      ];
      for (const filter of [...ours, ...theirs]) {
        const plan = await planOf(client, filter);
        const condition = plan.match(/Index Cond: .*/g)?.join(' ') ?? '';
        expect({ filter, plan, condition: condition.toLowerCase() }).toMatchObject({
          condition: expect.stringContaining((filter.split(' ')[0] ?? '').toLowerCase()),
        });
      }
      expect(await planOf(client, 'true')).toContain('default_idx');
    },
  );
});
