// A simulator of one's own for a test, the `stripe` package on it, and an endpoint that listens.
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Stripe } from 'stripe';
import { type StripeSimulator, startStripeSimulator } from '../../../src/local/stripe/server.ts';
import { createLogger } from '../../../src/platform/logger.ts';

export const SECRET_KEY = 'sk_test_perdure';
export const PUBLISHABLE_KEY = 'pk_test_perdure';

/** How long a condition is waited for. It is met at once when the code is right, so a slow machine does no harm. */
const DEADLINE_MS = 15_000;

export interface Bench {
  readonly url: string;
  readonly stripe: Stripe;
  /** A control of the simulator: its status and its JSON. */
  control: (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<{ status: number; body: unknown }>;
  /** Form-encoded, as Stripe.js or curl would. */
  form: (path: string, fields: Record<string, string>, headers?: Record<string, string>) => Promise<Response>;
  /** An endpoint that is registered for these events. */
  listen: (events?: Stripe.WebhookEndpointCreateParams.EnabledEvent[]) => Promise<Listener>;
  /** An intent that is paid. */
  paid: (
    paymentMethod?: string,
    params?: Partial<Stripe.PaymentIntentCreateParams>,
  ) => Promise<Stripe.Response<Stripe.PaymentIntent>>;
  /** Stops the simulator and starts it again on what it has stored. */
  restart: () => Promise<void>;
  /** Moves its clock. */
  advance: (ms: number) => void;
}

interface Listener {
  readonly endpoint: Stripe.WebhookEndpoint;
  /** What arrived with a good signature, in the order of arrival. */
  readonly events: Stripe.Event[];
  readonly signatures: string[];
  /** Statuses for the next requests; afterwards it is 200 again. */
  answerNext: (...statuses: number[]) => void;
  types: () => string[];
}

/** The body of a test with a simulator that is there for it alone. */
export function simulated(
  run: (bench: Bench) => Promise<void>,
  options: { laterMs?: number } = {},
): () => Promise<void> {
  return async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'stripe-'));
    const listeners: http.Server[] = [];
    let ahead = 0;
    const start = () =>
      startStripeSimulator({
        port: 0,
        dataDir,
        secretKey: SECRET_KEY,
        publishableKey: PUBLISHABLE_KEY,
        logger: createLogger('stripe', 'silent'),
        clock: () => Date.now() + ahead,
        laterMs: options.laterMs ?? 10,
      });
    let simulator = await start();
    try {
      const bench = createBench(() => simulator, listeners);
      await run({
        ...bench,
        get url() {
          return simulator.url;
        },
        get stripe() {
          return clientOf(simulator.port);
        },
        async restart() {
          await simulator.close();
          simulator = await start();
        },
        advance(ms) {
          ahead += ms;
        },
      });
    } finally {
      await simulator.close();
      for (const listener of listeners) closeNow(listener);
      rmSync(dataDir, { recursive: true });
    }
  };
}

export function clientOf(port: number, key = SECRET_KEY): Stripe {
  return new Stripe(key, { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0, telemetry: false });
}

function createBench(simulator: () => StripeSimulator, listeners: http.Server[]) {
  const stripe = () => clientOf(simulator().port);
  return {
    async control(method: 'GET' | 'POST', path: string, body?: unknown) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${simulator().url}/_sim${path}`, { method, ...sent });
      return { status: response.status, body: jsonOf(await response.text()) };
    },
    form: (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${simulator().url}${path}`, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { authorization: `Bearer ${SECRET_KEY}`, ...headers },
      }),
    async listen(events: Stripe.WebhookEndpointCreateParams.EnabledEvent[] = ['*']) {
      const { server, listener } = await createListener(stripe(), events);
      listeners.push(server);
      return listener;
    },
    paid: (paymentMethod = 'pm_card_visa', params: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
      stripe().paymentIntents.create({
        amount: 4998,
        currency: 'usd',
        confirm: true,
        payment_method: paymentMethod,
        ...params,
      }),
  };
}

async function createListener(stripe: Stripe, enabled: Stripe.WebhookEndpointCreateParams.EnabledEvent[]) {
  const events: Stripe.Event[] = [];
  const signatures: string[] = [];
  const statuses: number[] = [];
  let secret = '';
  const server = http.createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const signature = String(request.headers['stripe-signature']);
      events.push(stripe.webhooks.constructEvent(Buffer.concat(pieces), signature, secret));
      signatures.push(signature);
      response.writeHead(statuses.shift() ?? 200).end('seen');
    });
  });
  server.listen(0, '127.0.0.1');
  await until(() => server.listening, 'the listener listens');
  const address = server.address() as AddressInfo;
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${address.port}/hooks`,
    enabled_events: enabled,
  });
  secret = endpoint.secret ?? '';
  const listener: Listener = {
    endpoint,
    events,
    signatures,
    answerNext: (...next) => statuses.push(...next),
    types: () => events.map((event) => event.type),
  };
  return { server, listener };
}

export function closeNow(server: http.Server): void {
  server.close();
  server.closeAllConnections();
}

/** Waits until `condition` holds; fails with `what` when it does not within the deadline. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await pause(5);
  }
}

/** The error that a promise ends in, known to be one of Stripe's. */
export async function stripeError(promise: Promise<unknown>): Promise<InstanceType<typeof Stripe.errors.StripeError>> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('no error came');
}

/** The id in a field that holds an id or, expanded, the object. */
export function idOf(field: string | { id: string } | null): string {
  if (field === null) throw new Error('nothing is there');
  return typeof field === 'string' ? field : field.id;
}

function jsonOf(text: string): unknown {
  return JSON.parse(text);
}
