// The two databases of the Temporal server: made and brought up to date with the server's own tool, only when needed.
import { systemEnvironment } from '../config.ts';
import { run } from './launch.ts';
import { withClient } from './postgres.ts';
import { makeDroppedIndexes } from './temporal-indexes.ts';

export type StoreAddress = {
  host: string;
  /** The folder of PostgreSQL's socket, where the server is reached by that. */
  socket?: string;
  port: number;
  user: string;
  password: string;
  database: string;
  visibilityDatabase: string;
  /** Undefined: a plain connection. */
  tls?: { verify: boolean; caFile: string };
};

/** Each command runs some hundred statements. */
const TOOL_WITHIN_MS = 120_000;

/** A database is marked by its comment, so that the mark goes where the database goes. */
const UNFINISHED = 'perdure: schema being made';
const finished = (key: string): string => `perdure: schema of ${key}`;

/** The server's store on the PostgreSQL server that a URL names, its databases called after `prefix`. */
export function storeAddress(url: string, prefix: string): StoreAddress {
  const { hostname, port, username, password, searchParams } = new URL(url);
  const mode = searchParams.get('sslmode') ?? 'disable';
  const socket = searchParams.get('host');
  const encrypted = mode !== 'disable' && mode !== 'allow' && mode !== 'prefer';
  return {
    host: hostname === '' ? '127.0.0.1' : hostname,
    ...(socket?.startsWith('/') ? { socket } : {}),
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: prefix,
    visibilityDatabase: `${prefix}_visibility`,
    ...(encrypted ? { tls: { verify: mode.startsWith('verify'), caFile: searchParams.get('sslrootcert') ?? '' } } : {}),
  };
}

/**
 * Brings both databases to the schema of this server.
 * @param url any database of that PostgreSQL server, as a user who may create databases
 * @param key names the version of the server
 * @returns whether there was anything to do
 */
export async function ensureTemporalSchema(
  url: string,
  store: StoreAddress,
  tool: string,
  key: string,
): Promise<boolean> {
  const marks = await readMarks(url);
  const todo = [
    { database: store.database, schema: 'postgresql/v12/temporal' },
    { database: store.visibilityDatabase, schema: 'postgresql/v12/visibility' },
  ].filter(({ database }) => marks.get(database) !== finished(key));
  await Promise.all(
    todo.map(async ({ database, schema }) => {
      const sql = (...args: string[]): Promise<string> => runTool(tool, store, database, args);
      if (marks.get(database) === UNFINISHED) await drop(url, database);
      if (!marks.has(database) || marks.get(database) === UNFINISHED) {
        await create(url, database);
        await sql('setup-schema', '-v', '0.0');
      } else if (database === store.visibilityDatabase) {
        // The tool takes it that every index of the older schema is there.
        await makeDroppedIndexes(databaseAt(url, database));
      }
      await sql('update-schema', '--schema-name', schema);
      await mark(url, database, finished(key));
    }),
  );
  return todo.length > 0;
}

/**
 * Forgets the servers that ran on this store before. A member that died a moment ago is looked for by the next server at
 * its old port, where by now something else may listen.
 */
export async function forgetMembers(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, (client) => client.query('delete from cluster_membership'));
}

/** The same server and user, another database. */
export function databaseAt(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/** Database name -> its comment, or null. */
async function readMarks(url: string): Promise<Map<string, string | null>> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string; mark: string | null }>(
      "select datname as name, shobj_description(oid, 'pg_database') as mark from pg_database",
    );
    return new Map(rows.map((row) => [row.name, row.mark]));
  });
}

async function create(url: string, database: string): Promise<void> {
  await withClient(url, (client) => client.query(`create database ${client.escapeIdentifier(database)}`));
  await mark(url, database, UNFINISHED);
}

async function drop(url: string, database: string): Promise<void> {
  await withClient(url, (client) => client.query(`drop database ${client.escapeIdentifier(database)} with (force)`));
}

async function mark(url: string, database: string, text: string): Promise<void> {
  await withClient(url, (client) =>
    client.query(`comment on database ${client.escapeIdentifier(database)} is ${client.escapeLiteral(text)}`),
  );
}

function runTool(tool: string, store: StoreAddress, database: string, args: string[]): Promise<string> {
  const tls: Record<string, string> =
    store.tls === undefined
      ? {}
      : {
          SQL_TLS: 'true',
          SQL_TLS_DISABLE_HOST_VERIFICATION: String(!store.tls.verify),
          ...(store.tls.caFile === '' ? {} : { SQL_TLS_CA_FILE: store.tls.caFile }),
        };
  return run({
    program: tool,
    args,
    // By its environment, so that no other user of this machine reads the password from a list of processes.
    env: systemEnvironment({
      SQL_HOST: store.host,
      SQL_PORT: String(store.port),
      SQL_USER: store.user,
      SQL_PASSWORD: store.password,
      SQL_DATABASE: database,
      SQL_PLUGIN: 'postgres12',
      ...tls,
    }),
    within: TOOL_WITHIN_MS,
  });
}
