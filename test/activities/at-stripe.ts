// A database and a Stripe of one's own (the simulator), for tests of what is done at both.
import { pino } from 'pino';
import Stripe from 'stripe';
import { startStripeSimulator } from '../../src/local/stripe/server.ts';
import type { Database } from '../../src/platform/database.ts';
import { openStripe } from '../../src/platform/stripe.ts';
import { control } from '../support/backstage.ts';
import { ownDatabase } from '../support/database.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { call } from '../support/shopper.ts';

const SECRET_KEY = 'sk_test_activities';

/** A request that the simulator has got. */
interface Asked {
  method: string;
  path: string;
  idempotencyKey: string | null;
}

export interface AtStripe {
  db: Database;
  /** As the workers open it. */
  stripe: Stripe;
  /** One that waits so long for an answer, and tries nothing again by itself. */
  onceWithin(timeoutMs: number): Stripe;
  /** A control of the simulator. */
  control(path: string, json: unknown): Promise<void>;
  intents(): Promise<Stripe.PaymentIntent[]>;
  refunds(): Promise<Stripe.Refund[]>;
  /** The requests so far. */
  asked(): Promise<Asked[]>;
  close(): Promise<void>;
}

/** @param laterMs how long what takes a bank its time takes here */
export async function openAtStripe(laterMs = 10): Promise<AtStripe> {
  const dataDir = temporaryFolder();
  const keys = { secretKey: SECRET_KEY, publishableKey: 'pk_test_activities' };
  const logger = pino({ level: 'silent' });
  const [database, simulator] = await Promise.all([
    ownDatabase(),
    startStripeSimulator({ port: 0, dataDir, ...keys, logger, laterMs }),
  ]);
  const { hostname: host, port } = new URL(simulator.url);
  const list = async <T>(what: string) => (await call<T[]>(`${simulator.url}/_sim/${what}`)).body;
  return {
    db: database.db,
    stripe: openStripe({ STRIPE_SECRET_KEY: SECRET_KEY, STRIPE_API_BASE: simulator.url }),
    onceWithin: (timeout) => new Stripe(SECRET_KEY, { host, port, protocol: 'http', timeout, maxNetworkRetries: 0 }),
    control: (path, json) => control({ stripe: simulator.url }, path, json),
    intents: () => list('payment_intents'),
    refunds: () => list('refunds'),
    asked: () => list('requests'),
    close: async () => {
      await Promise.all([database.leave(), simulator.close()]);
      removeFolder(dataDir);
    },
  };
}
