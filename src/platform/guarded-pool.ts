// A pool whose connections are never used again after a statement on them was given up. The server may still run what
// the client has stopped waiting for (a frozen BEGIN, say), and the next one's acknowledged writes would vanish in it.
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool } from 'pg';

/** What pg says when its `query_timeout` has passed. It keeps the connection then. */
const GIVEN_UP = 'Query read timeout';

/** The pool as Kysely wants it, with that care. */
export function guardedPool(pool: Pool): PostgresPool {
  const guarded = new WeakMap<PostgresPoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client: PostgresPoolClient = await pool.connect();
      const known = guarded.get(client) ?? new GuardedClient(client);
      guarded.set(client, known);
      return known;
    },
  };
}

/** A class because Kysely wants `query` with two signatures. */
class GuardedClient implements PostgresPoolClient {
  readonly #client: PostgresPoolClient;
  #givenUp = false;

  constructor(client: PostgresPoolClient) {
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
      return await this.#client.query<R>(sql, parameters);
    } catch (error) {
      if (error instanceof Error && error.message === GIVEN_UP) this.#givenUp = true;
      throw error;
    }
  }
}
