// The pool on a PostgreSQL that restarts, statements that take too long, and numbers that do not fit.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { pino } from 'pino';
import { toProblem } from '../../src/http/failures.ts';
import { PROBLEMS } from '../../src/http/problem.ts';
import { createStdoutLogs } from '../../src/local/logs.ts';
import { freePort } from '../../src/local/ports.ts';
import { createPostgres } from '../../src/local/postgres.ts';
import { postgresCandidates } from '../../src/local/postgres-binaries.ts';
import { type Supervised, supervise } from '../../src/local/supervisor.ts';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { stockedVariant } from '../support/rows.ts';
import { sharedServers } from '../support/servers.ts';
import { until } from '../support/wait.ts';

const LIMITS = { DATABASE_POOL_SIZE: 4, DATABASE_STATEMENT_TIMEOUT: 5, DATABASE_LOCK_TIMEOUT: 5 };

let database: OwnDatabase;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await ownDatabase();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
afterAll(() => database.leave());

function open(url: string, limits: Partial<typeof LIMITS> = {}): Database {
  const db = openDatabase({ ...LIMITS, ...limits, DATABASE_URL: url }, pino({ level: 'silent' }));
  cleanups.push(() => db.destroy());
  return db;
}

/** A PostgreSQL of this test's own, which its supervisor starts again when it dies. */
async function ownPostgres(): Promise<{ url: string; supervised: Supervised }> {
  const folder = temporaryFolder();
  cleanups.push(async () => removeFolder(folder));
  const tell = { say: () => undefined, step: <T>(_: string, work: () => Promise<T>) => work() };
  const { signal } = new AbortController();
  const options = { folder, password: 'tests', port: await freePort(), durable: false, tell, signal };
  const candidates = await postgresCandidates(`${folder}/cache`, tell, signal);
  const { part, url } = await createPostgres({ ...options, candidates });
  const supervised = supervise(
    part,
    createStdoutLogs(() => undefined),
    () => undefined,
  );
  cleanups.push(() => supervised.stop());
  await supervised.ready;
  return { url: url('postgres'), supervised };
}

/** What a client is told of this error. */
function statusOf(error: unknown): number {
  return PROBLEMS[toProblem(error).code].status;
}

/** 200 when the database answers, else what a client is told. */
async function ask(db: Database): Promise<number> {
  try {
    await sql`SELECT 1`.execute(db);
    return 200;
  } catch (error) {
    return statusOf(error);
  }
}

async function backendOf(db: Database): Promise<number> {
  const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(db);
  return rows[0]?.pid ?? Number.NaN;
}

test('the pool survives an immediate stop of PostgreSQL: idle, at work and in a transaction, and answers when it is back', async () => {
  const { url, supervised } = await ownPostgres();
  const db = open(url);
  expect(await Promise.all([ask(db), ask(db), ask(db)])).toEqual([200, 200, 200]);

  const inTransaction = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const transaction = db.transaction().execute(async (tx) => {
    await sql`SELECT 1`.execute(tx);
    inTransaction.resolve();
    await stopped.promise;
    await sql`SELECT 1`.execute(tx);
  });
  await inTransaction.promise;
  const atWork = sql`SELECT pg_sleep(4)`.execute(db);
  const ends = Promise.allSettled([transaction, atWork]);
  await until('the statement runs', async () => {
    const { rows } = await sql`SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'`.execute(db);
    return rows.length > 0;
  });

  const pid = supervised.pid() ?? Number.NaN;
  process.kill(pid, 'SIGQUIT');
  await until('another PostgreSQL has come', async () => supervised.pid() !== pid);
  const told = new Set<number>();
  await until('the same pool answers again', async () => {
    const status = await ask(db);
    told.add(status);
    return status === 200;
  });
  expect([...told].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  stopped.resolve();
  for (const end of await ends) {
    expect(end.status).toBe('rejected');
    expect(statusOf('reason' in end ? end.reason : undefined)).toBe(503);
  }
  for (let round = 0; round < LIMITS.DATABASE_POOL_SIZE; round += 1) expect(await ask(db)).toBe(200);
});

test('a connection that is ended under a transaction between two statements fails that transaction and nothing else', async () => {
  const db = open(database.url);
  const transaction = db.transaction().execute(async (tx) => {
    const pid = await backendOf(tx);
    await sql`SELECT pg_terminate_backend(${pid}, 5000)`.execute(database.db);
    await until('the connection is gone', async () => {
      const { rows } = await sql`SELECT FROM pg_stat_activity WHERE pid = ${pid}`.execute(database.db);
      return rows.length === 0;
    });
    await backendOf(tx);
  });
  const failure: unknown = await transaction.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(statusOf(failure)).toBe(503);
  expect(await ask(db)).toBe(200);
});

test('a write that is acknowledged after a backend froze is there for everyone: a connection that was given up is not used again', async () => {
  await sql`CREATE TABLE notes (note text)`.execute(database.db);
  const db = open(database.url, { DATABASE_POOL_SIZE: 1, DATABASE_STATEMENT_TIMEOUT: 0.5 });
  const pid = await backendOf(db);
  process.kill(pid, 'SIGSTOP');
  try {
    const failure = await db
      .transaction()
      .execute(ask)
      .catch((error: unknown) => error);
    expect(statusOf(failure)).toBe(503);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await sql`INSERT INTO notes VALUES ('acknowledged')`.execute(db);
  const { rows } = await sql`SELECT note FROM notes`.execute(database.db);
  expect(rows).toEqual([{ note: 'acknowledged' }]);
});

test('a statement that takes too long is ended, and is 503 to a client', async () => {
  const db = open(database.url, { DATABASE_STATEMENT_TIMEOUT: 0.2 });
  const failure = await sql`SELECT pg_sleep(30)`.execute(db).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: '57014', message: 'canceling statement due to statement timeout' });
  expect(statusOf(failure)).toBe(503);
  expect(await ask(db)).toBe(200);
});

test('a statement that waits too long for a lock is ended, and is 503 to a client', async () => {
  const variant = await stockedVariant(database.db, 1);
  const db = open(database.url, { DATABASE_LOCK_TIMEOUT: 0.2 });
  const lock = (tx: Database) =>
    tx.selectFrom('inventory').select('onHand').where('variantId', '=', variant.id).forUpdate().execute();
  const failure = await database.db.transaction().execute(async (holder) => {
    await lock(holder);
    return lock(db).catch((error: unknown) => error);
  });
  expect(failure).toMatchObject({ code: '55P03' });
  expect(statusOf(failure)).toBe(503);
  expect(await lock(db)).toEqual([{ onHand: 1 }]);
});

test('a PostgreSQL that is not there is 503 to a client', async () => {
  const port = await freePort();
  await port.release();
  const url = new URL(sharedServers().databaseUrl);
  url.port = String(port.number);
  expect(await ask(open(url.href))).toBe(503);
});

test('a statement is prepared once per connection; after a migration has changed its columns it works again with the next connection', async () => {
  const db = open(database.url, { DATABASE_POOL_SIZE: 1 });
  const look = () => sql`SELECT * FROM things WHERE id > ${0}`.execute(db);
  const prepared = async () => {
    const { rows } = await sql<{ calls: number }>`
      SELECT generic_plans + custom_plans AS calls FROM pg_prepared_statements WHERE statement LIKE ${'%FROM things%'}`.execute(
      db,
    );
    return rows.map(({ calls }) => calls);
  };
  await sql`CREATE TABLE things (id integer)`.execute(db);
  await look();
  await look();
  expect(await prepared()).toEqual([2]);
  await sql`ALTER TABLE things ADD COLUMN name text`.execute(db);
  expect(statusOf(await look().catch((error: unknown) => error))).toBe(503);
  expect((await look()).rows).toEqual([]);
});

test('an integer beyond 2^53 throws instead of losing its last digits; the largest that fits comes whole', async () => {
  const { db } = database;
  const read = (value: string) => sql<{ value: number }>`SELECT ${value}::bigint AS value`.execute(db);
  expect((await read('9007199254740991')).rows).toEqual([{ value: Number.MAX_SAFE_INTEGER }]);
  expect((await read('-9007199254740991')).rows).toEqual([{ value: Number.MIN_SAFE_INTEGER }]);
  await expect(read('9007199254740993')).rejects.toThrow('integer out of the safe range: 9007199254740993');
  expect(await ask(db)).toBe(200);
});

test('a numeric column and the sum of amounts come as numbers, as their types say, and throw where they do not fit', async () => {
  const { db } = database;
  const product = await db.selectFrom('products').select('rating').limit(1).executeTakeFirstOrThrow();
  expect(product.rating).toEqual(expect.any(Number));
  const sum = (...amounts: string[]) =>
    sql<{ sum: number }>`SELECT sum(amount) AS sum FROM unnest(${amounts}::bigint[]) AS amount`.execute(db);
  expect((await sum('4998', '2')).rows).toEqual([{ sum: 5_000 }]);
  await expect(sum('9007199254740991', '2')).rejects.toThrow('out of the safe range');
});
