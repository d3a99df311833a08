// A database for one test file: a copy of the migrated and seeded template that nobody else uses.
import type { LogEvent } from 'kysely';
import { pino } from 'pino';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { newDatabase } from './new-database.ts';
import { sharedServers } from './servers.ts';

export interface OwnDatabase {
  db: Database;
  url: string;
  /** Closes the connections and drops it. */
  leave(): Promise<void>;
}

/** Makes it. @param onQuery sees each statement after it has run */
export function ownDatabase(onQuery?: (event: LogEvent) => void): Promise<OwnDatabase> {
  return copyOf(sharedServers().template, onQuery);
}

/** One with nothing in it, not even the schema. */
export function emptyDatabase(): Promise<OwnDatabase> {
  return copyOf('template1');
}

async function copyOf(template: string, onQuery?: (event: LogEvent) => void): Promise<OwnDatabase> {
  const { url, drop } = await newDatabase(sharedServers().databaseUrl, 'test', template);
  const settings = {
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: 10,
    DATABASE_STATEMENT_TIMEOUT: 30,
    DATABASE_LOCK_TIMEOUT: 30,
  };
  const db = openDatabase(settings, pino({ level: 'silent' }), onQuery);
  return {
    db,
    url,
    leave: async () => {
      await db.destroy();
      await drop();
    },
  };
}
