// What the Temporal server and its UI are told: one process with all four services, on 127.0.0.1, its store in PostgreSQL.
// Written as JSON, which is YAML, too.
import type { StoreAddress } from './temporal-schema.ts';

export type TemporalPorts = {
  frontend: number;
  history: number;
  matching: number;
  worker: number;
  /** One per service, on which they find each other. */
  members: { frontend: number; history: number; matching: number; worker: number };
};

/** Cannot be changed once the store is made. 16 keep an idle server at 2 % of a core and are plenty for one machine. */
const HISTORY_SHARDS = 16;
/** Prepared statements are kept by this plugin: about half of the work that the older one gives PostgreSQL. */
const STORE_PLUGIN = 'postgres12_pgx';
const STORE_CONNECTIONS = 20;
const VISIBILITY_CONNECTIONS = 10;

/** The server's configuration file. It holds the database's password. */
export function serverConfig(store: StoreAddress, ports: TemporalPorts, dynamicConfigFile: string): object {
  const service = (name: 'frontend' | 'history' | 'matching' | 'worker'): object => ({
    rpc: { grpcPort: ports[name], membershipPort: ports.members[name], bindOnLocalHost: true },
  });
  const frontend = `127.0.0.1:${ports.frontend}`;
  const disabled = { state: 'disabled' };
  return {
    log: { stdout: true, level: 'warn', format: 'json' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: HISTORY_SHARDS,
      datastores: {
        default: { sql: sqlStore(store, store.database, STORE_CONNECTIONS) },
        visibility: { sql: sqlStore(store, store.visibilityDatabase, VISIBILITY_CONNECTIONS) },
      },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: service('frontend'),
      history: service('history'),
      matching: service('matching'),
      worker: service('worker'),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: frontend },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    archival: { history: disabled, visibility: disabled },
    namespaceDefaults: { archival: { history: disabled, visibility: disabled } },
    publicClient: { hostPort: frontend },
    dynamicConfigClient: { filepath: dynamicConfigFile, pollInterval: '60s' },
  };
}

/** Of four, the default, those that no worker happens to poll keep their tasks for 5 s before they pass them on. */
const ONE_PARTITION = [{ value: 1 }];

/**
 * Workflows, and bytes of their events, that the server keeps at hand for an hour, the ended ones too. The defaults (128,000 and
 * 256 MB) fill its memory limit (temporal.ts) after some thousand orders, and then it does little but collect garbage.
 */
const WORKFLOWS_AT_HAND = 2_000;
const EVENT_BYTES_AT_HAND = 32 * 1024 * 1024;

/**
 * Settings that suit one machine: tests may skip a workflow's time, new names are visible after a second, nothing calls home.
 * They are not made visible at once (`system.forceSearchAttributesCacheRefreshOnRead`): an order would be 14 reads dearer.
 */
export function dynamicConfig(): Record<string, { value: unknown }[]> {
  return {
    'frontend.WorkflowTimeSkippingEnabled': [{ value: true }],
    'system.namespaceCacheRefreshInterval': [{ value: '1s' }],
    'frontend.enableServerVersionCheck': [{ value: false }],
    'matching.numTaskqueueReadPartitions': ONE_PARTITION,
    'matching.numTaskqueueWritePartitions': ONE_PARTITION,
    'history.hostLevelCacheMaxSize': [{ value: WORKFLOWS_AT_HAND }],
    'history.eventsHostLevelCacheMaxSizeBytes': [{ value: EVENT_BYTES_AT_HAND }],
  };
}

/** The UI server's configuration file. */
export function uiConfig(temporalAddress: string, port: number, namespace: string): object {
  return {
    temporalGrpcAddress: temporalAddress,
    host: '127.0.0.1',
    port,
    enableUi: true,
    defaultNamespace: namespace,
    disableNewsFetch: true,
    notifyOnNewVersion: false,
    // Without TLS some browsers keep no secure cookie, and the UI's own buttons need it.
    cors: { allowOrigins: [`http://127.0.0.1:${port}`], cookieInsecure: true },
  };
}

function sqlStore(store: StoreAddress, databaseName: string, connections: number): object {
  return {
    pluginName: STORE_PLUGIN,
    databaseName,
    connectAddr: `${store.host}:${store.port}`,
    connectProtocol: 'tcp',
    // A parameter of the connection string, which goes before its host.
    ...(store.socket === undefined ? {} : { connectAttributes: { host: store.socket } }),
    user: store.user,
    password: store.password,
    maxConns: connections,
    maxIdleConns: connections,
    maxConnLifetime: '1h',
    ...(store.tls === undefined
      ? {}
      : { tls: { enabled: true, enableHostVerification: store.tls.verify, caFile: store.tls.caFile } }),
  };
}
