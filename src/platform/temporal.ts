// The one way to Temporal: a local server, a real cluster or Temporal Cloud, by the same settings for API and worker.
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import {
  Client,
  Connection,
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import {
  encodeSearchAttributeIndexedValueType,
  type SearchAttributeKey,
  type SearchAttributeType,
} from '@temporalio/common/lib/search-attributes.js';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Config } from '../config.ts';

/** What the client's and the worker's connections have in common. */
type ServerOptions = Required<Pick<ConnectionOptions, 'address'>> &
  Pick<ConnectionOptions, 'tls'> & { apiKey?: string };

export type TemporalSettings = Config & { TEMPORAL_ADDRESS: string };

export interface TemporalClient {
  client: Client;
  connection: Connection;
  close(): Promise<void>;
}

/** gRPC status codes as numbers, from the gRPC specification. */
const ALREADY_EXISTS = 6;
const NOT_FOUND = 5;
/** A new namespace is in every service's cache after some seconds; a migrate that cannot see it by then has failed. */
const NAMESPACE_VISIBLE_WITHIN_MS = 30_000;
const NAMESPACE_POLL_MS = 100;
/** gRPC waits up to two minutes before it connects again; a server that is back should be used at once. */
const RECONNECTING = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2_000 };
/**
 * The SDK pauses up to 6 s between two tries of a call and looks at its deadline only after the pause, so that a caller
 * would be answered that much later than promised. Even, short pauses are late by a quarter of a second at most. All tries together
 * last about as long as the SDK's. (Its own `maxIntervalMs` has no effect in 1.24.)
 */
const RETRYING = defaultGrpcRetryOptions({ factor: 1, initialIntervalMs: () => 200, maxAttempts: 100 });
const MS_PER_DAY = 86_400_000;

/** The address and how to prove who we are; for the client here and for the worker's native connection. TLS where a certificate, a server name or an API key asks for it, or where it is switched on by itself. */
export function connectionOptions(settings: TemporalSettings): ServerOptions {
  const { TEMPORAL_TLS_CA_FILE: ca, TEMPORAL_TLS_CERT_FILE: cert, TEMPORAL_TLS_KEY_FILE: key } = settings;
  const encrypted =
    settings.TEMPORAL_TLS ||
    [settings.TEMPORAL_API_KEY, settings.TEMPORAL_TLS_SERVER_NAME, ca, cert].some((value) => value !== undefined);
  return {
    address: settings.TEMPORAL_ADDRESS,
    ...(settings.TEMPORAL_API_KEY !== undefined && { apiKey: settings.TEMPORAL_API_KEY }),
    ...(encrypted && {
      tls: {
        ...(settings.TEMPORAL_TLS_SERVER_NAME !== undefined && {
          serverNameOverride: settings.TEMPORAL_TLS_SERVER_NAME,
        }),
        ...(ca !== undefined && { serverRootCACertificate: readFileSync(ca) }),
        ...(cert !== undefined &&
          key !== undefined && { clientCertPair: { crt: readFileSync(cert), key: readFileSync(key) } }),
      },
    }),
  };
}

/** A client that connects at its first call, so that a process can start, and say that it is not ready, without Temporal. */
export function openTemporal(settings: TemporalSettings): TemporalClient {
  const connection = Connection.lazy({
    ...connectionOptions(settings),
    channelArgs: RECONNECTING,
    interceptors: [makeGrpcRetryInterceptor(RETRYING)],
  });
  const client = new Client({ connection, namespace: settings.TEMPORAL_NAMESPACE });
  return { client, connection, close: () => connection.close() };
}

/**
 * Registers the namespace and the search attributes; what is there already stays as it is.
 * @param retentionDays how long an ended workflow's history is kept, when the namespace is made here
 */
export async function prepareNamespace(
  { client, connection }: TemporalClient,
  retentionDays: number,
  attributes: Record<string, SearchAttributeKey<SearchAttributeType>>,
): Promise<void> {
  const namespace = client.options.namespace;
  await connection.ensureConnected();
  if (!(await isRegistered(connection, namespace))) {
    await unless(ALREADY_EXISTS, () =>
      connection.workflowService.registerNamespace({
        namespace,
        workflowExecutionRetentionPeriod: msToTs(retentionDays * MS_PER_DAY),
      }),
    );
  }
  await visible(async () => {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = Object.values(attributes).filter(({ name }) => !(name in customAttributes));
    if (missing.length === 0) return;
    await unless(ALREADY_EXISTS, () =>
      connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, indexedValueType(type)])),
      }),
    );
  });
}

async function unless(code: number, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (grpcCode(error) !== code) throw error;
  }
}

/** Asked first, because a server on PostgreSQL logs an error for each name that is taken. */
async function isRegistered(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch (error) {
    if (grpcCode(error) === NOT_FOUND) return false;
    throw error;
  }
}

/** Repeats the call while the server does not know the namespace yet. */
async function visible(call: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + NAMESPACE_VISIBLE_WITHIN_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (grpcCode(error) !== NOT_FOUND || Date.now() > deadline) throw error;
      await setTimeout(NAMESPACE_POLL_MS);
    }
  }
}

function indexedValueType(type: SearchAttributeType) {
  const value = encodeSearchAttributeIndexedValueType(type);
  if (value === undefined) throw new TypeError(`not a search attribute type: ${type}`);
  return value;
}

function grpcCode(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}
