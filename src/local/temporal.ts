// Temporal as parts of the stack: the real server on PostgreSQL with its UI beside it, or the CLI's development server.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemEnvironment } from '../config.ts';
import { respondsOk } from './http-probe.ts';
import type { Part } from './life.ts';
import { freePort, type Port } from './ports.ts';
import type { TemporalBinaries } from './temporal-build.ts';
import { dynamicConfig, serverConfig, uiConfig } from './temporal-config.ts';
import type { TemporalPrograms } from './temporal-programs.ts';
import { databaseAt, ensureTemporalSchema, forgetMembers, type StoreAddress, storeAddress } from './temporal-schema.ts';

export type TemporalOptions = {
  programs: TemporalPrograms;
  /** Where its configuration (and the development server's data) goes. */
  folder: string;
  /** A database of the PostgreSQL server that keeps its store, and what its own two databases are called. */
  databaseUrl: string;
  databasePrefix: string;
  port: Port;
  /** Undefined: no UI. */
  uiPort?: Port;
  namespace: string;
};

/** `ui` is undefined where there is none, or the server brings it in the same process. */
export type TemporalParts = { server: Part; ui?: Part };

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;
const ANSWER_WITHIN_MS = 2_000;
/** Fewer collections for memory that a machine with this stack on it has; the limit makes it careful again. */
const GO_RUNTIME = { GOGC: '400', GOMEMLIMIT: '1GiB' };
/** The health service of gRPC answers for this name when the frontend takes calls. */
const FRONTEND_SERVICE = 'temporal.api.workflowservice.v1.WorkflowService';
/** grpc.health.v1, ServingStatus. */
const SERVING = 1;

/** Prepares Temporal: schema, configuration files, parts. PostgreSQL must be running. */
export async function createTemporal(options: TemporalOptions): Promise<TemporalParts> {
  await mkdir(options.folder, { recursive: true });
  if (options.programs.kind === 'cli') return { server: developmentServer(options.programs.program, options) };
  const { binaries } = options.programs;
  const store = storeAddress(options.databaseUrl, options.databasePrefix);
  await ensureTemporalSchema(options.databaseUrl, store, binaries.sqlTool, binaries.key);
  const server = await realServer(binaries, store, options);
  if (options.uiPort === undefined) return { server };
  return { server, ui: await uiServer(binaries, options, options.uiPort) };
}

async function realServer(binaries: TemporalBinaries, store: StoreAddress, options: TemporalOptions): Promise<Part> {
  const { folder, port } = options;
  const services = { history: await freePort(), matching: await freePort(), worker: await freePort() };
  const members = {
    frontend: await freePort(),
    history: await freePort(),
    matching: await freePort(),
    worker: await freePort(),
  };
  const numbers = {
    frontend: port.number,
    history: services.history.number,
    matching: services.matching.number,
    worker: services.worker.number,
    members: {
      frontend: members.frontend.number,
      history: members.history.number,
      matching: members.matching.number,
      worker: members.worker.number,
    },
  };
  const dynamicFile = join(folder, 'dynamic.yaml');
  const configFile = join(folder, 'server.yaml');
  await writeFile(dynamicFile, JSON.stringify(dynamicConfig(), null, 2));
  await writeFile(configFile, JSON.stringify(serverConfig(store, numbers, dynamicFile), null, 2), { mode: 0o600 });
  const storeUrl = databaseAt(options.databaseUrl, store.database);
  return {
    name: 'temporal',
    program: binaries.server,
    args: ['--config-file', configFile, '--allow-no-auth', 'start'],
    env: systemEnvironment(GO_RUNTIME),
    ports: [port, ...Object.values(services), ...Object.values(members)],
    prepare: () => forgetMembers(storeUrl),
    // Its services stop one by one, and each reports that the others are gone.
    worthLogging: (_line, stopping) => !stopping,
    ...lifeOf(port),
  };
}

async function uiServer(
  binaries: TemporalBinaries,
  { folder, port, namespace }: TemporalOptions,
  uiPort: Port,
): Promise<Part> {
  const config = uiConfig(`127.0.0.1:${port.number}`, uiPort.number, namespace);
  await writeFile(join(folder, 'ui.yaml'), JSON.stringify(config, null, 2));
  return {
    name: 'temporalUi',
    program: binaries.ui,
    args: ['--config', folder, '--env', 'ui', 'start'],
    env: systemEnvironment({}),
    cwd: '/', // it takes its configuration folder as relative, whatever it begins with
    ports: [uiPort],
    ready: () => respondsOk(`http://127.0.0.1:${uiPort.number}/`),
    worthLogging: (line) => line.startsWith('{') || /error|fail|corrupt/i.test(line), // the rest is a drawn banner
    readyWithin: READY_WITHIN_MS,
    stopSignal: 'SIGTERM',
    stopWithin: STOP_WITHIN_MS,
  };
}

function developmentServer(program: string, { folder, port, uiPort, namespace }: TemporalOptions): Part {
  const dynamic = Object.entries(dynamicConfig()).flatMap(([name, [entry]]) => [
    '--dynamic-config-value',
    `${name}=${JSON.stringify(entry?.value)}`,
  ]);
  const address = ['--ip', '127.0.0.1', '--port', String(port.number)];
  const ui = uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort.number)];
  const data = ['--db-filename', join(folder, 'temporal.db'), '--namespace', namespace];
  return {
    name: 'temporal',
    program,
    args: [
      'server',
      'start-dev',
      ...address,
      ...ui,
      ...data,
      '--log-format',
      'json',
      '--log-level',
      'warn',
      ...dynamic,
    ],
    env: systemEnvironment(GO_RUNTIME),
    ports: uiPort === undefined ? [port] : [port, uiPort],
    ...lifeOf(port),
  };
}

function lifeOf(port: Port): Pick<Part, 'ready' | 'readyWithin' | 'stopSignal' | 'stopWithin'> {
  return {
    ready: () => isServing(`127.0.0.1:${port.number}`),
    readyWithin: READY_WITHIN_MS,
    stopSignal: 'SIGTERM',
    stopWithin: STOP_WITHIN_MS,
  };
}

/** Whether the frontend takes calls, by gRPC's own health service. */
async function isServing(address: string): Promise<boolean> {
  const { Connection } = await import('@temporalio/client'); // only now: it takes its time to load
  const connection = Connection.lazy({ address, connectTimeout: ANSWER_WITHIN_MS });
  try {
    const { status }: { status: number } = await connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      connection.healthService.check({ service: FRONTEND_SERVICE }),
    );
    return status === SERVING;
  } catch {
    return false; // not yet; until its time is over
  } finally {
    await connection.close();
  }
}
