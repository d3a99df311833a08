// The Stripe simulator: a server that speaks Stripe's HTTP on /v1 and has controls of its own on /_sim.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Logger } from '../../platform/logger.ts';
import { createApi } from './api.ts';
import { createControls } from './controls.ts';
import { Refusal } from './errors.ts';
import { createFaults } from './faults.ts';
import { createIdempotencyKeys } from './idempotency.ts';
import { createPost } from './post.ts';
import { createRequestLog } from './requests.ts';
import { openStore } from './store.ts';
import { createTasks } from './tasks.ts';
import { createWebhooks } from './webhooks.ts';
import { createPerform, LATER_MS, type Perform } from './work.ts';

/** Longer than a quiet shop pauses between two payments, so that clients rarely meet a connection that has just closed. */
const KEEP_ALIVE_MS = 65_000;

export interface StripeSimulatorOptions {
  /** 0 for any free port. */
  port: number;
  host?: string;
  /** The folder that its journal is kept in, and nobody else's at the same time. */
  dataDir: string;
  secretKey: string;
  publishableKey: string;
  logger: Logger;
  /** Milliseconds since the epoch; for tests of things that take days. */
  clock?: () => number;
  /** How long a bank takes to answer, in milliseconds. */
  laterMs?: number;
}

export interface StripeSimulator {
  url: string;
  port: number;
  close(): Promise<void>;
}

/**
 * Starts the simulator with what its folder holds; what was undelivered or pending goes on.
 * @throws {Error} with `code: 'EADDRINUSE'` when the port is taken
 */
export async function startStripeSimulator(options: StripeSimulatorOptions): Promise<StripeSimulator> {
  const { host = '127.0.0.1', clock = Date.now, laterMs = LATER_MS, logger } = options;
  const app = new Hono<{ Bindings: HttpBindings }>();
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: { keepAliveTimeout: KEEP_ALIVE_MS } });
  server.listen(options.port, host);
  await once(server, 'listening');

  const store = openStore(options.dataDir, clock());
  const webhooks = createWebhooks(store, createPost(), clock, logger);
  const tasks = createTasks(store, clock, () => perform);
  const perform: Perform = createPerform({
    store,
    clock,
    laterMs,
    deliver: webhooks.deliver,
    schedule: tasks.schedule,
  });
  const stopping = new AbortController();
  const shared = { perform, faults: createFaults(), requests: createRequestLog(clock), logger };
  app.route('/_sim', createControls({ ...shared, store, webhooks, tasks }));
  app.route(
    '/',
    createApi({
      ...shared,
      keys: options,
      idempotency: createIdempotencyKeys(store, clock),
      pause: pauses(stopping.signal),
    }),
  );
  webhooks.deliver([...store.tables.deliveries.all()]);
  for (const task of store.tables.tasks.all()) tasks.schedule(task);

  const { port } = addressOf(server.address());
  return {
    url: `http://${host}:${port}`,
    port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      stopping.abort();
      tasks.forget();
      await webhooks.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
      store.close();
    },
  };
}

/** A pause that ends at once, and without its request being carried out, when the simulator stops. */
function pauses(stop: AbortSignal): (ms: number) => Promise<void> {
  return async (ms) => {
    try {
      await setTimeout(ms, undefined, { signal: stop });
    } catch (cause) {
      if (!stop.aborted) throw cause;
      throw new Refusal(503, { type: 'api_error', message: 'The simulator is stopping.' });
    }
  };
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no port');
  return address;
}
