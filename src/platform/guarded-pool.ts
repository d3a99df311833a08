// A pool whose connections are never used again after a statement on them was given up. The server may still run what
// the client has stopped waiting for (a frozen BEGIN, say), and the next one's acknowledged writes would vanish in it.
// Statements with parameters are prepared once per connection, so that the server does not parse and plan them each time.
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { DatabaseError, type Pool } from 'pg';

/** What pg says when its `query_timeout` has passed. It keeps the connection then. */
const GIVEN_UP = 'Query read timeout';
/** SQLSTATE of a prepared statement whose result has other columns since a migration: it would fail here for ever. */
const PLAN_IS_STALE = '0A000';
/** Lists of another length are other statements; so many are prepared at most, or a connection's memory would grow. */
const MOST_STATEMENTS = 500;

const statementNames = new Map<string, string>();

/** pg's client, in the words that Kysely knows and with prepared statements. */
interface Client extends PostgresPoolClient {
  query<R>(statement: { name?: string; text: string; values: unknown[] }): Promise<PostgresQueryResult<R>>;
  query<R>(sql: string, parameters: ReadonlyArray<unknown>): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
}

/** The pool as Kysely wants it, with that care. */
export function guardedPool(pool: Pool): PostgresPool {
  const guarded = new WeakMap<PostgresPoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client: Client = await pool.connect();
      const known = guarded.get(client) ?? new GuardedClient(client);
      guarded.set(client, known);
      return known;
    },
  };
}

/** A class because Kysely wants `query` with two signatures. */
class GuardedClient implements PostgresPoolClient {
  readonly #client: Client;
  #givenUp = false;

  constructor(client: Client) {
    this.#client = client;
  }

  get processID(): number {
    return this.#client.processID ?? 0;
  }

  query<R>(sql: string, parameters: ReadonlyArray<unknown>): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(what: string | PostgresCursor<R>, parameters: ReadonlyArray<unknown> = []) {
    return typeof what === 'string' ? this.#run<R>(what, parameters) : this.#client.query<R>(what);
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#givenUp);
  }

  async #run<R>(sql: string, parameters: ReadonlyArray<unknown>): Promise<PostgresQueryResult<R>> {
    // Not even a ROLLBACK: it would wait as long again for a server that does not answer.
    if (this.#givenUp) throw new Error(GIVEN_UP);
    try {
      // BEGIN and COMMIT need no plan.
      if (parameters.length === 0) return await this.#client.query<R>(sql, parameters);
      return await this.#client.query<R>({ ...nameOf(sql), text: sql, values: [...parameters] });
    } catch (error) {
      if (error instanceof Error && error.message === GIVEN_UP) this.#givenUp = true;
      if (error instanceof DatabaseError && error.code === PLAN_IS_STALE) this.#givenUp = true;
      throw error;
    }
  }
}

/** A statement has one name in all connections. */
function nameOf(sql: string): { name?: string } {
  const known = statementNames.get(sql);
  if (known !== undefined) return { name: known };
  if (statementNames.size === MOST_STATEMENTS) return {};
  const name = `s${statementNames.size}`;
  statementNames.set(sql, name);
  return { name };
}
