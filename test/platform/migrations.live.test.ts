// The schema's history: forward, back, twice at once; and what every table of it must have.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { run } from '../../src/local/launch.ts';
import { migrateDatabase } from '../../src/platform/migrations.ts';
import { emptyDatabase, type OwnDatabase } from '../support/database.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { sharedServers } from '../support/servers.ts';
import { schemaLines } from './schema.ts';

const STEPS = readdirSync('migrations')
  .map((file) => file.replace(/\.ts$/, ''))
  .toSorted();
const COMMAND_WITHIN_MS = 60_000;

let database: OwnDatabase;

beforeAll(async () => {
  database = await emptyDatabase();
  await migrateDatabase(database.db);
});
afterAll(() => database.leave());

test('the way down leaves nothing of ours, and the way up again makes the same schema', async () => {
  const other = await emptyDatabase();
  try {
    const empty = await schemaLines(other.db);
    expect(await migrateDatabase(other.db)).toEqual(STEPS);
    const before = await schemaLines(other.db);
    expect(before.length).toBeGreaterThan(200);
    expect(await migrateDatabase(other.db, 'down')).toEqual(STEPS.toReversed());
    expect(await schemaLines(other.db)).toEqual(empty);
    expect(await migrateDatabase(other.db)).toEqual(STEPS);
    expect(await schemaLines(other.db)).toEqual(before);
  } finally {
    await other.leave();
  }
});

test('two processes that migrate an empty database at once both succeed, and each step has run once', async () => {
  const other = await emptyDatabase();
  try {
    const migrate = async (): Promise<string[]> => {
      const output = await run({
        program: process.execPath,
        args: ['src/main.ts', 'migrate'],
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: other.url,
          TEMPORAL_ADDRESS: sharedServers().temporalAddress,
          TEMPORAL_NAMESPACE: new URL(other.url).pathname.slice(1),
        },
        within: COMMAND_WITHIN_MS,
      });
      return appliedOf(output);
    };
    const applied = await Promise.all([migrate(), migrate()]);
    expect(applied.flat().toSorted()).toEqual(STEPS);
    const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(other.db);
    expect(rows.map(({ name }) => name)).toEqual(STEPS);
    expect(await schemaLines(other.db)).toEqual(await schemaLines(database.db));
  } finally {
    await other.leave();
  }
});

/** The steps that a `migrate` process says it has run, from its JSON lines. */
function appliedOf(output: string): string[] {
  for (const line of output.split('\n').filter((text) => text !== '')) {
    const entry: { msg?: string; applied?: string[] } = JSON.parse(line);
    if (entry.msg === 'migrated' && entry.applied !== undefined) return entry.applied;
  }
  throw new Error(`migrate did not say what it has run:\n${output}`);
}

test("every foreign key has an index, over all rows, whose leading columns are the key's", async () => {
  const { rows } = await sql<{ key: string }>`
    SELECT conrelid::regclass || '.' || conname AS key FROM pg_constraint
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND NOT EXISTS (
      SELECT FROM pg_index
      WHERE indrelid = conrelid AND indisvalid AND indpred IS NULL
      AND (indkey::int2[])[0 : cardinality(conkey) - 1] @> conkey
    )`.execute(database.db);
  expect(rows).toEqual([]);
});

test('every table has a primary key', async () => {
  const { rows } = await sql<{ table: string }>`
    SELECT relname AS table FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname !~ '^kysely_migration'
    AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary)`.execute(database.db);
  expect(rows).toEqual([]);
});

test('every amount of money has a constraint that refuses a negative one', async () => {
  const { rows } = await sql<{ column: string; guarded: boolean }>`
    SELECT conrelid.relname || '.' || attname AS column, EXISTS (
      SELECT FROM pg_constraint
      WHERE contype = 'c' AND pg_constraint.conrelid = attrelid
      AND pg_get_constraintdef(pg_constraint.oid) ~ ('\\(' || attname || ' >=? \\(?''?0')
    ) AS guarded
    FROM pg_attribute JOIN pg_class AS conrelid ON conrelid.oid = attrelid
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    AND atttypid = 'int8'::regtype AND attidentity = ''`.execute(database.db);
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter(({ guarded }) => !guarded)).toEqual([]);
});

test('the generated types are those of the migrated schema', async () => {
  const folder = temporaryFolder();
  try {
    const file = join(folder, 'types.ts');
    const args = ['--config-file', '.kysely-codegenrc.json', '--out-file', file, '--url', database.url];
    await run({
      program: process.execPath,
      args: ['node_modules/kysely-codegen/dist/cli/bin.js', ...args],
      env: { PATH: process.env.PATH },
      within: COMMAND_WITHIN_MS,
    });
    expect(readFileSync(file, 'utf8')).toBe(readFileSync('src/platform/database-types.ts', 'utf8'));
  } finally {
    removeFolder(folder);
  }
});
