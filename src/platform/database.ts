// PostgreSQL: one pool per process, Kysely on top, camelCase in TypeScript and snake_case in SQL.
// The pool survives a restart of PostgreSQL: broken connections are logged, dropped and made anew at the next query.
import { CamelCasePlugin, Kysely, type LogEvent, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import type { Config } from '../config.ts';
import type { Schema } from './database-schema.ts';
import { guardedPool } from './guarded-pool.ts';
import type { Logger } from './logger.ts';

export type Database = Kysely<Schema>;

type DatabaseSettings = Pick<Config, 'DATABASE_POOL_SIZE' | 'DATABASE_STATEMENT_TIMEOUT' | 'DATABASE_LOCK_TIMEOUT'> & {
  DATABASE_URL: string;
};

/** A caller waits at most this long for a connection: longer means that PostgreSQL is away or the pool is far too small. */
const CONNECTION_TIMEOUT_MS = 3_000;
/** The client gives up this much after the server should have ended the statement: only a frozen server gets that far. */
const QUERY_TIMEOUT_MARGIN_MS = 1_000;
/** A transaction that sits idle holds its locks; nothing of ours waits inside one. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;

const pools = new WeakMap<Database, Pool>();

/**
 * Opens the pool. Settings in seconds, as in the configuration. Call `destroy()` on the result to close it.
 * @param onQuery sees each statement after it has run; tests count and explain them with it
 */
export function openDatabase(
  settings: DatabaseSettings,
  logger: Logger,
  onQuery?: (event: LogEvent) => void,
): Database {
  const statementTimeout = settings.DATABASE_STATEMENT_TIMEOUT * 1000;
  const pool = new Pool({
    connectionString: settings.DATABASE_URL,
    max: settings.DATABASE_POOL_SIZE,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + QUERY_TIMEOUT_MARGIN_MS,
    lock_timeout: settings.DATABASE_LOCK_TIMEOUT * 1000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser },
  });
  // The pool listens to its idle connections only: one that breaks in somebody's hands would end the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.warn({ reason: error.message }, 'a database connection broke'));
  });
  pool.on('error', () => undefined); // told above; the pool has dropped the connection
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: guardedPool(pool) }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    ...(onQuery && { log: onQuery }),
  });
  pools.set(db, pool);
  return db;
}

/** How many connections a database's pool has, how many of them are idle, and how many callers wait for one. */
export function poolState(db: Database): Pick<Pool, 'totalCount' | 'idleCount' | 'waitingCount'> {
  return pools.get(db) ?? { totalCount: 0, idleCount: 0, waitingCount: 0 };
}

/** Amounts are bigint in SQL and numbers here; one beyond 2^53 would lose money in silence, so it throws. */
function parseInt8(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`integer out of the safe range: ${value}`);
  return number;
}

/** Ratings, averages, and what PostgreSQL makes of a sum of amounts. */
function parseNumeric(value: string): number {
  const number = Number(value);
  if (!(Math.abs(number) <= Number.MAX_SAFE_INTEGER)) throw new RangeError(`number out of the safe range: ${value}`);
  return number;
}

const getTypeParser: typeof types.getTypeParser = (type, format) => {
  if (format === 'binary') return types.getTypeParser(type, format);
  if (type === types.builtins.INT8) return parseInt8;
  if (type === types.builtins.NUMERIC) return parseNumeric;
  return types.getTypeParser(type, format);
};
