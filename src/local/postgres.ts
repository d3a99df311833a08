// The shop's own PostgreSQL: made on the first start, durable, on 127.0.0.1 with a password, never run as root.
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { systemEnvironment } from '../config.ts';
import { run } from './launch.ts';
import type { Part } from './life.ts';
import type { Port } from './ports.ts';
import { type Candidate, choosePostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { clearStalePidFile } from './postgres-pid-file.ts';
import { emptySocketFolder, overSocket, socketFolder } from './postgres-socket.ts';
import { reasonOf, StartProblem } from './problem.ts';
import { type ProgramUser, unprivilegedUser } from './program-user.ts';
import type { Tell } from './progress.ts';

export type PostgresOptions = {
  /** The folder that will hold its data folder. */
  folder: string;
  password: string;
  port: Port;
  candidates: Candidate[];
  /** False only for tests: data then may be lost when the machine stops, and everything is faster. */
  durable: boolean;
  tell: Tell;
  signal: AbortSignal;
};

export type Postgres = {
  part: Part;
  /** The owner's address of a database. */
  url: (database: string) => string;
  /** The same for what runs beside it: over its socket, where there can be one. */
  nearUrl: (database: string) => string;
};

const POSTGRES_USER = 'perdure';
/** Who API and workers are; `migrate` makes the role and gives it its rights. */
const SHOP_USER = 'perdure_app';

/** initdb writes 40 MB and syncs them. */
const INITDB_WITHIN_MS = 120_000;
/** After a `kill -9` it replays its log before it answers. */
const READY_WITHIN_MS = 120_000;
/** A fast shutdown writes a checkpoint. */
const STOP_WITHIN_MS = 30_000;
/** A server that is down refuses at once; one on a machine that is busy with other things answers late. */
const CONNECT_WITHIN_MS = 10_000;

/**
 * Each of Temporal's four services keeps up to 30 connections, and every API and worker process DATABASE_POOL_SIZE (10):
 * enough for a dozen of these. Memory is for a laptop that does other things, too.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  max_connections: '300',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  log_checkpoints: 'off',
};
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Prepares PostgreSQL: finds its programs, makes its data folder on the first start.
 * @throws {StartProblem} when no PostgreSQL fits, or it cannot be run from here
 */
export async function createPostgres(options: PostgresOptions): Promise<Postgres> {
  const data = join(options.folder, 'postgres');
  const dataMajor = await majorOfData(data);
  const binaries = await choosePostgres(options.candidates, dataMajor);
  await mkdir(options.folder, { recursive: true });
  const user = await unprivilegedUser(options.folder, binaries.postgres);
  if (dataMajor === undefined) {
    await options.tell.step('PostgreSQL: making its data folder', () => initialise(data, binaries, user, options));
  }
  const { number } = options.port;
  const url = (database: string): string =>
    `postgres://${POSTGRES_USER}:${encodeURIComponent(options.password)}@127.0.0.1:${number}/${database}`;
  const sockets = socketFolder(options.folder);
  const settings = { ...SETTINGS, unix_socket_directories: sockets ?? '', ...(options.durable ? {} : NOT_DURABLE) };
  const part: Part = {
    name: 'postgres',
    program: binaries.postgres,
    args: ['-D', data, '-p', String(number), ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
    env: systemEnvironment({ LC_ALL: 'C' }),
    cwd: '/',
    ...(user === undefined ? {} : { user }),
    ports: [options.port],
    prepare: async () => {
      await clearStalePidFile(data);
      if (sockets !== undefined) await emptySocketFolder(sockets, user);
    },
    ready: () => answers(url('postgres')),
    readyWithin: READY_WITHIN_MS,
    deathSignal: 'INT',
    stopSignal: 'SIGINT',
    stopWithin: STOP_WITHIN_MS,
    killSignal: 'SIGQUIT',
  };
  const nearUrl = (database: string): string =>
    sockets === undefined ? url(database) : overSocket(url(database), sockets);
  return { part, url, nearUrl };
}

/** The same address for API and workers. */
export function asShop(ownerUrl: string, password: string): string {
  const url = new URL(ownerUrl);
  url.username = SHOP_USER;
  url.password = encodeURIComponent(password);
  return url.href;
}

/** Makes those of the databases that are not there yet. */
export async function ensureDatabases(serverUrl: string, names: string[]): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    const there = rows.map((row) => row.datname);
    for (const name of names.filter((wanted) => !there.includes(wanted))) {
      await client.query(`create database ${client.escapeIdentifier(name)}`);
    }
  });
}

/** Runs some statements on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_WITHIN_MS });
  client.on('error', () => undefined); // a connection that breaks fails the statement that runs on it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Whether a server answers there. */
async function answers(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('select 1'));
    return true;
  } catch (error) {
    // Everything but a wrong password passes with time.
    if (error instanceof pg.DatabaseError && error.code === '28P01') throw error;
    return false;
  }
}

/** The version that made the data folder; undefined when there is none. */
async function majorOfData(data: string): Promise<number | undefined> {
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  return version === undefined ? undefined : Number.parseInt(version, 10);
}

/** Makes the data folder beside its place and renames it, so that an interrupted first start leaves no half of one. */
async function initialise(
  data: string,
  binaries: PostgresBinaries,
  user: ProgramUser | undefined,
  options: PostgresOptions,
): Promise<void> {
  const unfinished = `${data}.unfinished`;
  const passwordFile = `${data}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  await chmod(unfinished, 0o700);
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (user !== undefined) {
    await chown(unfinished, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  try {
    const args = [
      '-D',
      unfinished,
      '-U',
      POSTGRES_USER,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '-E',
      'UTF8',
    ];
    await run({
      program: binaries.initdb,
      args: [...args, ...localeArguments(binaries.major), ...(options.durable ? [] : ['--no-sync'])],
      env: systemEnvironment({ LC_ALL: 'C' }),
      cwd: '/',
      ...(user === undefined ? {} : { user }),
      within: INITDB_WITHIN_MS,
      signal: options.signal,
    });
    await rename(unfinished, data);
  } catch (error) {
    options.signal.throwIfAborted();
    throw new StartProblem(initdbProblem(error, user, options.folder));
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** The same order and the same upper and lower case on every machine. The built-in provider came with version 17. */
function localeArguments(major: number): string[] {
  return major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'] : ['--locale=C.UTF-8'];
}

function initdbProblem(error: unknown, user: ProgramUser | undefined, folder: string): string {
  const hint =
    user?.crossFolders === true
      ? ` PostgreSQL cannot run as root, and the user that it runs as ("nobody") cannot enter the folders above ${folder} or the cache: set PERDURE_HOME and PERDURE_CACHE to folders that every user can enter, or set DATABASE_URL.`
      : '';
  return `PostgreSQL could not make its data folder.${hint} ${reasonOf(error)}`;
}
