// `migrate`: brings the database to the newest schema and the Temporal namespace to what the workflows need.
// Idempotent, and safe when several processes run it at once.

import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';
import { type Config, requireSettings } from './config.ts';
import { openDatabase } from './platform/database.ts';
import { createLogger } from './platform/logger.ts';
import { migrateDatabase } from './platform/migrations.ts';
import { openTemporal, prepareNamespace } from './platform/temporal.ts';

/** A migration may rewrite a table or wait for another process's migration to end. Seconds. */
const MIGRATION_TIMEOUT = 600;

export async function migrate(config: Config): Promise<void> {
  const settings = requireSettings(config, 'DATABASE_URL', 'TEMPORAL_ADDRESS');
  const logger = createLogger('migrate', config.LOG_LEVEL);
  const patient = { DATABASE_STATEMENT_TIMEOUT: MIGRATION_TIMEOUT, DATABASE_LOCK_TIMEOUT: MIGRATION_TIMEOUT };
  const db = openDatabase({ ...settings, ...patient }, logger);
  const temporal = openTemporal(settings);
  try {
    const [applied] = await Promise.all([
      migrateDatabase(db),
      prepareNamespace(temporal, config.TEMPORAL_RETENTION_DAYS, SEARCH_ATTRIBUTES),
    ]);
    logger.info({ applied }, 'migrated');
  } finally {
    await Promise.all([db.destroy(), temporal.close()]);
  }
}
