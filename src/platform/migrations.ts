// Runs the numbered files of migrations/ forward or back. Kysely's advisory lock makes concurrent runs wait for each other.
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { FileMigrationProvider, type MigrationResultSet, Migrator, NO_MIGRATIONS } from 'kysely/migration';
import type { Database } from './database.ts';

const FOLDER = path.join(import.meta.dirname, '../../migrations');

/**
 * Brings the schema to the newest step, or to the state before the first one.
 * @returns the names of the steps that were run, in their order
 * @throws the error of the step that failed; each run is one transaction, so nothing of it stays
 */
export async function migrateDatabase(db: Database, direction: 'up' | 'down' = 'up'): Promise<string[]> {
  const provider = new FileMigrationProvider({ fs, path, migrationFolder: FOLDER });
  const migrator = new Migrator({ db, provider });
  const outcome: MigrationResultSet =
    direction === 'up' ? await migrator.migrateToLatest() : await migrator.migrateTo(NO_MIGRATIONS);
  if (outcome.error !== undefined) throw outcome.error;
  return (outcome.results ?? []).map((result) => result.migrationName);
}
