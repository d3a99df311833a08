// `migrate`: brings the database to the newest schema, the role of API and workers to its rights, and the Temporal namespace to
// what the workflows need. Idempotent, and safe when several processes run it at once.

import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import { asOwner, type Config, requireSettings } from './config.ts';
import { type Database, openDatabase } from './platform/database.ts';
import { grantRights } from './platform/database-rights.ts';
import { createLogger } from './platform/logger.ts';
import { migrateDatabase } from './platform/migrations.ts';
import { openTemporal, prepareNamespace } from './platform/temporal.ts';

/** A migration may rewrite a table or wait for another process's migration to end. Seconds. */
const MIGRATION_TIMEOUT = 600;

export async function migrate(config: Config): Promise<void> {
  const settings = requireSettings(config, 'DATABASE_URL', 'TEMPORAL_ADDRESS');
  const logger = createLogger('migrate', config.LOG_LEVEL);
  const patient = { DATABASE_STATEMENT_TIMEOUT: MIGRATION_TIMEOUT, DATABASE_LOCK_TIMEOUT: MIGRATION_TIMEOUT };
  const db = openDatabase({ ...asOwner(settings), ...patient }, logger);
  const temporal = openTemporal(settings);
  try {
    const [applied] = await Promise.all([
      migrateSchema(db, settings),
      prepareNamespace(temporal, config.TEMPORAL_RETENTION_DAYS, SEARCH_ATTRIBUTES),
    ]);
    logger.info({ applied }, 'migrated');
  } finally {
    await Promise.all([db.destroy(), temporal.close()]);
  }
}

/** The schema, and on it the rights of whoever is not its owner. */
async function migrateSchema(
  db: Database,
  settings: Pick<Config, 'DATABASE_OWNER_URL'> & { DATABASE_URL: string },
): Promise<string[]> {
  const applied = await migrateDatabase(db);
  if (settings.DATABASE_OWNER_URL !== undefined) {
    const { username, password } = new URL(settings.DATABASE_URL);
    await grantRights(db, { name: decodeURIComponent(username), password: decodeURIComponent(password) });
  }
  return applied;
}
