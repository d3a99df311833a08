// Brings the parts of the stack up, each as soon as what it needs is there, and says what the finished stack looks like.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, childEnvironment } from '../config.ts';
import type { Crew } from './crew.ts';
import { describeStack } from './describe-stack.ts';
import type { Home } from './home.ts';
import { run } from './launch.ts';
import { apiPart, inboxPart, runOwn, type Settings, stripePart, workerPart } from './own-parts.ts';
import { asShop, createPostgres, ensureDatabases } from './postgres.ts';
import { postgresCandidates } from './postgres-binaries.ts';
import type { Tell } from './progress.ts';
import { createRedis, findRedis, type RedisProgram } from './redis.ts';
import type { Stack } from './stack-file.ts';
import type { StackPorts } from './stack-ports.ts';
import { registerWebhook } from './stripe-endpoint.ts';
import { createTemporal } from './temporal.ts';
import { fitVisibilityIndexes } from './temporal-indexes.ts';
import { findTemporal, type TemporalPrograms } from './temporal-programs.ts';
import { databaseAt, storeAddress } from './temporal-schema.ts';

export type Site = { config: Config; home: Home; ports: StackPorts; crew: Crew; tell: Tell };

/** Migrations and the demo shop take seconds; a waiting lock or a slow disk may stretch them. */
const MIGRATE_WITHIN_MS = 300_000;
const BUNDLE_WITHIN_MS = 120_000;
const BUNDLER = fileURLToPath(new URL('../platform/workflow-bundle.ts', import.meta.url));

/** The shop's database, and how the databases of the local Temporal server are called where PostgreSQL is ours alone. */
const SHOP_DATABASE = 'perdure';
const TEMPORAL_DATABASE = 'temporal';

/**
 * Starts everything.
 * @returns what stack.json says, with the process ids of the moment in which it is asked
 */
export async function bringUp(site: Site): Promise<() => Stack> {
  // Found, unpacked or built: the slow part, and only the first time.
  const redis = await findRedisProgram(site);
  const temporal = await findTemporalPrograms(site);
  const began = await Promise.all([
    startStores(site, temporal),
    startRedis(site, redis),
    startStripe(site),
    startInbox(site),
    bundleWorkflows(site),
  ]);
  const settings: Settings = Object.assign(shopSettings(site), ...began);
  await site.tell.step('Database: migrating, and the demo shop where it is empty', () =>
    runOwn(['migrate', '--seed-if-empty'], settings, { within: MIGRATE_WITHIN_MS, signal: site.crew.signal }),
  );
  await fitTemporalIndexes(site, temporal, settings);
  await site.tell.step('API and workers: starting', () => startApiAndWorkers(site, settings));
  return () => describeStack(site, settings);
}

async function findRedisProgram({ config, tell, crew }: Site): Promise<RedisProgram | undefined> {
  if (config.REDIS_URL !== undefined) return undefined;
  const program = await findRedis(config.PERDURE_CACHE, tell, crew.signal);
  if (program === undefined) tell.say('  Redis: none found, the shop runs without it (limits and caches per process)');
  return program;
}

async function findTemporalPrograms({ config, tell, crew }: Site): Promise<TemporalPrograms | undefined> {
  return config.TEMPORAL_ADDRESS === undefined ? findTemporal(config.PERDURE_CACHE, tell, crew.signal) : undefined;
}

/** PostgreSQL, and on it Temporal. */
async function startStores(site: Site, programs: TemporalPrograms | undefined): Promise<Settings> {
  const { config, home, ports, crew, tell } = site;
  const database = databaseOf(config) ?? (await tell.step('PostgreSQL: starting', () => startPostgres(site)));
  if (programs === undefined) return database;
  await tell.step('Temporal: starting', async () => {
    const { server, ui } = await createTemporal({
      programs,
      folder: join(home.folder, 'temporal'),
      databaseUrl: ownerUrl(database),
      databasePrefix: temporalPrefix(config, ownerUrl(database)),
      port: ports.temporal,
      uiPort: ports.temporalUi,
      namespace: config.TEMPORAL_NAMESPACE,
    });
    await Promise.all([crew.start('temporal', server), ui === undefined ? undefined : crew.start('temporalUi', ui)]);
  });
  return { ...database, TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal.number}` };
}

/** Where the shop's database is and as whom API and workers, and `migrate`, go there, when it is configured. */
function databaseOf({ DATABASE_URL, DATABASE_OWNER_URL }: Config): Settings | undefined {
  if (DATABASE_URL === undefined) return undefined;
  return { DATABASE_URL, ...(DATABASE_OWNER_URL === undefined ? {} : { DATABASE_OWNER_URL }) };
}

function ownerUrl({ DATABASE_URL = '', DATABASE_OWNER_URL = DATABASE_URL }: Settings): string {
  return DATABASE_OWNER_URL;
}

/** On somebody's own server two shops must not meet in one store: its databases go by the shop's. */
function temporalPrefix(config: Config, databaseUrl: string): string {
  const ownPostgres = config.DATABASE_URL === undefined;
  return ownPostgres ? TEMPORAL_DATABASE : `${new URL(databaseUrl).pathname.slice(1)}_${TEMPORAL_DATABASE}`;
}

/** Only for the server that runs here on PostgreSQL: nobody else's tables are touched. */
async function fitTemporalIndexes(
  { config }: Site,
  programs: TemporalPrograms | undefined,
  settings: Settings,
): Promise<void> {
  const { TEMPORAL_ADDRESS: address } = settings;
  if (programs?.kind !== 'server' || address === undefined) return;
  const databaseUrl = ownerUrl(settings);
  const { visibilityDatabase } = storeAddress(databaseUrl, temporalPrefix(config, databaseUrl));
  await fitVisibilityIndexes(databaseAt(databaseUrl, visibilityDatabase), address, config.TEMPORAL_VISIBILITY_INDEXES);
}

async function startPostgres({ config, home, ports, crew, tell }: Site): Promise<Settings> {
  const { part, url, nearUrl } = await createPostgres({
    folder: home.folder,
    password: home.secrets.postgresPassword,
    port: ports.postgres,
    candidates: await postgresCandidates(config.PERDURE_CACHE, tell, crew.signal),
    durable: true,
    tell,
    signal: crew.signal,
  });
  await crew.start('postgres', part);
  await ensureDatabases(url('postgres'), [SHOP_DATABASE]);
  const owner = nearUrl(SHOP_DATABASE);
  return { DATABASE_URL: asShop(owner, home.secrets.databasePassword), DATABASE_OWNER_URL: owner };
}

async function startRedis({ home, ports, crew }: Site, program: RedisProgram | undefined): Promise<Settings> {
  if (program === undefined) return {};
  await crew.start('redis', await createRedis(program, join(home.folder, 'redis'), ports.redis));
  return { REDIS_URL: `redis://127.0.0.1:${ports.redis.number}` };
}

/** The simulator, with the first API process registered for its events before that process starts. */
async function startStripe(site: Site): Promise<Settings> {
  const { config, home, ports, crew } = site;
  if (config.STRIPE_SECRET_KEY !== undefined) return {};
  const simulator = `http://127.0.0.1:${ports.stripe.number}`;
  const keys = {
    STRIPE_SECRET_KEY: home.secrets.stripeSecretKey,
    STRIPE_PUBLISHABLE_KEY: home.secrets.stripePublishableKey,
    STRIPE_API_BASE: simulator,
  };
  await crew.start('stripe', stripePart(ports.stripe, { PERDURE_HOME: home.folder, ...keys }));
  const secret = await registerWebhook(home, simulator, `${apiUrl(site)}/api/v1/payments/webhook`);
  return { ...keys, STRIPE_WEBHOOK_SECRET: secret };
}

async function startInbox({ config, home, ports, crew }: Site): Promise<Settings> {
  if (config.SMTP_URL !== undefined) return {};
  await crew.start('inbox', inboxPart(ports.inbox, ports.smtp, { PERDURE_HOME: home.folder }));
  return { SMTP_URL: `smtp://127.0.0.1:${ports.smtp.number}` };
}

/** One bundle for all workers, in a process of its own: the bundler's memory goes with it. */
async function bundleWorkflows({ config, home, crew }: Site): Promise<Settings> {
  if (config.WORKFLOW_BUNDLE !== undefined) return {};
  const file = join(home.folder, 'workflow-bundle.js');
  await run({
    program: process.execPath,
    args: [BUNDLER, file],
    env: childEnvironment({}),
    within: BUNDLE_WITHIN_MS,
    signal: crew.signal,
  });
  return { WORKFLOW_BUNDLE: file };
}

/** What every process of the shop is told, unless it is configured. */
function shopSettings(site: Site): Settings {
  const { config, home } = site;
  const { accounts, tokenSecret } = home.secrets;
  return {
    PERDURE_HOME: home.folder,
    HOST: '127.0.0.1',
    PUBLIC_URL: config.PUBLIC_URL ?? apiUrl(site),
    SEED_ADMIN_PASSWORD: config.SEED_ADMIN_PASSWORD ?? accounts.admin,
    SEED_INVENTORY_PASSWORD: config.SEED_INVENTORY_PASSWORD ?? accounts.inventory,
    SEED_CUSTOMER_PASSWORD: config.SEED_CUSTOMER_PASSWORD ?? accounts.customer,
    ...(config.TOKEN_SECRET === undefined ? { TOKEN_SECRET: tokenSecret } : {}),
  };
}

async function startApiAndWorkers({ config, ports, crew }: Site, settings: Settings): Promise<void> {
  const nameOf = (kind: string, n: number): string => (n === 0 ? kind : `${kind}-${n + 1}`);
  const workers = Array.from({ length: config.WORKER_PROCESSES }, (_, n) =>
    crew.start('worker', workerPart(nameOf('worker', n), settings)),
  );
  const apis = ports.api.map((port, n) =>
    crew.start('api', apiPart(nameOf('api', n), port, settings, config.DRAIN_TIMEOUT)),
  );
  await Promise.all([...workers, ...apis]);
}

function apiUrl({ ports }: Site): string {
  return `http://127.0.0.1:${ports.api[0]?.number}`;
}
