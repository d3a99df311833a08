// A database for one test file: a copy of the migrated and seeded template that nobody else uses.
import { randomBytes } from 'node:crypto';
import type { LogEvent } from 'kysely';
import { pino } from 'pino';
import { withClient } from '../../src/local/postgres.ts';
import { type Database, openDatabase } from '../../src/platform/database.ts';
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
  const { databaseUrl } = sharedServers();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withClient(databaseUrl, (client) => client.query(`create database ${name} template ${template}`));
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  const settings = {
    DATABASE_URL: url.href,
    DATABASE_POOL_SIZE: 10,
    DATABASE_STATEMENT_TIMEOUT: 30,
    DATABASE_LOCK_TIMEOUT: 30,
  };
  const db = openDatabase(settings, pino({ level: 'silent' }), onQuery);
  return {
    db,
    url: url.href,
    leave: async () => {
      await db.destroy();
      await withClient(databaseUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}
