// The servers that all live tests of a run share: PostgreSQL (fast, not durable), Redis, Temporal, a migrated and seeded
// template database, and the workflows' bundle. Brought up by the same code as `npm start`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { createCrew } from '../../src/local/crew.ts';
import { createFileLogs } from '../../src/local/logs.ts';
import { runOwn, type Settings } from '../../src/local/own-parts.ts';
import { freePort } from '../../src/local/ports.ts';
import { asShop, createPostgres, ensureDatabases } from '../../src/local/postgres.ts';
import { postgresCandidates } from '../../src/local/postgres-binaries.ts';
import { createProgress } from '../../src/local/progress.ts';
import { createRedis, findRedis } from '../../src/local/redis.ts';
import { createTemporal } from '../../src/local/temporal.ts';
import { findTemporal } from '../../src/local/temporal-programs.ts';
import { buildWorkflowBundle } from '../../src/platform/workflow-bundle.ts';
import { removeAbandonedFolders, removeFolder, temporaryFolder } from './folders.ts';

/** Where they are; every test file reads it with `sharedServers()`. */
export interface SharedServers {
  /** A superuser's URL of the database `postgres`. */
  databaseUrl: string;
  /** A database that is migrated and seeded: `create database x template <this>`. Nobody may be connected to it. */
  template: string;
  /** Null where no Redis could be found. */
  redisUrl: string | null;
  temporalAddress: string;
  workflowBundle: string;
  /** What the template's accounts were seeded with. */
  passwords: Settings;
}

/** The environment variable through which Jest's workers find them. */
const FILE_VARIABLE = 'PERDURE_TEST_SERVERS';
const TEMPLATE = 'perdure_template';
const PASSWORDS = {
  SEED_ADMIN_PASSWORD: 'admin-of-a-test',
  SEED_INVENTORY_PASSWORD: 'inventory-of-a-test',
  SEED_CUSTOMER_PASSWORD: 'customer-of-a-test',
};
const MIGRATE_WITHIN_MS = 120_000;

/** Its owner makes the database; what is tested works in it with the rights of API and workers. */
export function bothRoles(ownerUrl: string) {
  return { DATABASE_URL: asShop(ownerUrl, 'shop-of-a-test'), DATABASE_OWNER_URL: ownerUrl };
}

/** The servers of this run. */
export function sharedServers(): SharedServers {
  const file = process.env[FILE_VARIABLE];
  if (file === undefined)
    throw new Error('live tests run in the Jest project "live", whose globalSetup starts servers');
  const servers: SharedServers = JSON.parse(readFileSync(file, 'utf8'));
  return servers;
}

/**
 * Brings them up in a temporary folder on free ports, and tells this process's future children where they are.
 * @returns what ends them and removes everything
 */
export async function startSharedServers(): Promise<() => Promise<void>> {
  removeAbandonedFolders();
  const folder = temporaryFolder();
  const logs = createFileLogs(join(folder, 'logs'));
  const crew = createCrew(logs, () => undefined);
  const stop = async (): Promise<void> => {
    await crew.stop();
    await logs.close();
    removeFolder(folder);
  };
  try {
    const servers = await bringUp(folder, crew);
    const file = join(folder, 'servers.json');
    writeFileSync(file, JSON.stringify(servers), { mode: 0o600 });
    process.env[FILE_VARIABLE] = file;
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(folder: string, crew: ReturnType<typeof createCrew>): Promise<SharedServers> {
  const { PERDURE_CACHE: cache } = loadConfig();
  const tell = createProgress((line) => process.stderr.write(`${line}\n`));
  const { signal } = crew;
  const programs = await findTemporal(cache, tell, signal);
  const redis = await findRedis(cache, tell, signal);
  const postgres = await createPostgres({
    folder,
    password: 'tests',
    port: await freePort(),
    candidates: await postgresCandidates(cache, tell, signal),
    durable: false,
    tell: { ...tell, step: (_what, work) => work() },
    signal,
  });
  await crew.start('postgres', postgres.part);
  await ensureDatabases(postgres.url('postgres'), [TEMPLATE]);
  const temporalPort = await freePort();
  const redisPort = await freePort();
  const { server } = await createTemporal({
    programs,
    folder: join(folder, 'temporal'),
    databaseUrl: postgres.url('postgres'),
    databasePrefix: 'temporal',
    port: temporalPort,
    namespace: 'default',
  });
  const workflowBundle = join(folder, 'workflow-bundle.js');
  await Promise.all([
    crew.start('temporal', server),
    redis === undefined ? undefined : crew.start('redis', await createRedis(redis, join(folder, 'redis'), redisPort)),
    buildWorkflowBundle(workflowBundle),
  ]);
  const temporalAddress = `127.0.0.1:${temporalPort.number}`;
  const settings = { ...bothRoles(postgres.url(TEMPLATE)), TEMPORAL_ADDRESS: temporalAddress, ...PASSWORDS };
  await runOwn(['migrate', '--seed-if-empty'], settings, { within: MIGRATE_WITHIN_MS, signal });
  return {
    databaseUrl: postgres.url('postgres'),
    template: TEMPLATE,
    redisUrl: redis === undefined ? null : `redis://127.0.0.1:${redisPort.number}`,
    temporalAddress,
    workflowBundle,
    passwords: PASSWORDS,
  };
}
