// Writes of different rows as one statement. What a trip to PostgreSQL costs on both sides is more than most writes do.
import { type Kysely, type OperationNodeSource, sql } from 'kysely';
import type { Schema } from './database-schema.ts';

/** A write that has not run yet: an insert, update or delete of Kysely's. `T` is a row that it returns. */
export interface Write<T = unknown> extends OperationNodeSource {
  execute(): Promise<T[]>;
}

/**
 * Runs them at once, all or none. None of them sees what the others do, so they must not write the same row, and what they read
 * must have been locked by a statement before. https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING
 */
export async function writeTogether(db: Kysely<Schema>, writes: readonly Write[]): Promise<void> {
  await sql`WITH ${named(writes)} SELECT`.execute(db);
}

/** The same, for what the first of them returns. @returns its first row */
export async function writeReturning<T>(db: Kysely<Schema>, first: Write<T>, others: readonly Write[]): Promise<T> {
  const { rows } = await sql<T>`WITH ${named([first, ...others])} SELECT * FROM write_0`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('nothing was written');
  return row;
}

function named(writes: readonly Write[]) {
  return sql.join(writes.map((write, number) => sql`${sql.ref(`write_${number}`)} AS (${write})`));
}
