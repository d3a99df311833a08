// What a run asks of PostgreSQL, by its own counters.
import { rowsOf } from '../../test/support/backstage.ts';

/** Counters so far. */
export interface DatabaseReading {
  /** Transactions that were committed, by database. */
  commits: Record<string, number>;
  /** Bytes of write-ahead log. */
  wal: number;
}

/** Databases with fewer transactions than this per order have nothing to do with it. */
const WORTH_TELLING = 0.05;

export async function readDatabases(databaseUrl: string): Promise<DatabaseReading> {
  const text = `select datname, xact_commit::float8 as commits, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal
    from pg_stat_database where datname is not null`;
  const rows = await rowsOf<{ datname: string; commits: number; wal: number }>({ databaseUrl }, text);
  return {
    commits: Object.fromEntries(rows.map(({ datname, commits }) => [datname, commits])),
    wal: rows[0]?.wal ?? 0,
  };
}

/** Per order: transactions by database, and bytes of write-ahead log. */
export function databaseUse(before: DatabaseReading, after: DatabaseReading, orders: number): DatabaseReading {
  const perOrder = Object.entries(after.commits)
    .map(([name, commits]) => [name, (commits - (before.commits[name] ?? 0)) / orders] as const)
    .filter(([, commits]) => commits >= WORTH_TELLING);
  return { commits: Object.fromEntries(perOrder), wal: (after.wal - before.wal) / orders };
}
