// A shop for proofs that drive many orders at once: one stack, and beside its API a second one whose windows are short, so that
// each order can have the window that its story needs. Every buyer has goods and a coupon that nobody else touches.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import type Stripe from 'stripe';
import { loadConfig, requireSettings } from '../../src/config.ts';
import { createCrew } from '../../src/local/crew.ts';
import { createFileLogs } from '../../src/local/logs.ts';
import { apiPart } from '../../src/local/own-parts.ts';
import { freePort } from '../../src/local/ports.ts';
import type { Stack } from '../../src/local/stack-file.ts';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import { openStripe } from '../../src/platform/stripe.ts';
import type { TemporalClient } from '../../src/platform/temporal.ts';
import { temporalOf } from '../support/backstage.ts';
import { type StockedVariant, stockedVariant } from '../support/rows.ts';
import { type Admin, logIn } from '../support/shopper.ts';
import { startStack } from '../support/stack.ts';

export interface ProofShop {
  stack: Stack;
  /** The API with the usual windows. */
  api: string;
  /** The same shop, where orders have the short windows. */
  hurried: string;
  db: Database;
  temporal: TemporalClient;
  /** As the shop's owner, with the secret key. */
  stripe: Stripe;
  admin: Admin;
  close(): Promise<void>;
}

/** What one buyer may buy, and with what. */
export interface Goods {
  variant: StockedVariant;
  onHand: number;
  price: number;
  coupon: { id: string; code: string; minimum: number };
  email: string;
}

/** Takes this off, in minor units; it can be used once. */
export const COUPON_VALUE = 100;

const POOL = 20;
const DRAIN_TIMEOUT = 5;

/** @param short the windows at `hurried`, seconds */
export async function openShop(short: { window: number; grace: number }): Promise<ProofShop> {
  const shop = await startStack();
  const { stack, home, api } = shop;
  const hurried = await startHurried(stack, home, short);
  const urls = { DATABASE_URL: stack.databaseUrl, STRIPE_API_BASE: stack.stripe };
  const config = requireSettings(loadConfig({ ...urls, DATABASE_POOL_SIZE: String(POOL) }), 'DATABASE_URL');
  const db = openDatabase(config, pino({ level: 'silent' }));
  const temporal = temporalOf(stack);
  return {
    stack,
    api,
    hurried: hurried.url,
    db,
    temporal,
    stripe: openStripe({ ...config, STRIPE_SECRET_KEY: stack.stripeSecretKey }),
    admin: await logIn(stack),
    close: async () => {
      await Promise.all([db.destroy(), temporal.close(), hurried.stop()]);
      await shop.stop();
    },
  };
}

async function startHurried(
  stack: Stack,
  home: string,
  { window, grace }: { window: number; grace: number },
): Promise<{ url: string; stop: () => Promise<void> }> {
  const { tokenSecret }: { tokenSecret: string } = JSON.parse(await readFile(join(home, 'secrets.json'), 'utf8'));
  const logs = createFileLogs(join(home, 'hurried'));
  const crew = createCrew(logs, () => undefined);
  const port = await freePort();
  const settings = {
    DATABASE_URL: stack.databaseUrl,
    TEMPORAL_ADDRESS: stack.temporal,
    TEMPORAL_NAMESPACE: stack.namespace,
    STRIPE_API_BASE: stack.stripe,
    STRIPE_SECRET_KEY: stack.stripeSecretKey,
    STRIPE_WEBHOOK_SECRET: stack.webhookSecret,
    TOKEN_SECRET: tokenSecret,
    PAYMENT_WINDOW: String(window),
    CONFIRMATION_WINDOW: String(window),
    HOLD_GRACE: String(grace),
    RATE_LIMIT_SCALE: '0',
    ...(stack.redisUrl !== null && { REDIS_URL: stack.redisUrl }),
  };
  await crew.start('api', apiPart('api', port, settings, DRAIN_TIMEOUT));
  const stop = async (): Promise<void> => {
    await crew.stop();
    await logs.close();
  };
  return { url: `http://127.0.0.1:${port.number}`, stop };
}

/** @param stock.minimum what the goods must cost for the coupon, in minor units as the price */
export async function newGoods(
  db: Database,
  { onHand, price = 1_250, minimum = 0 }: { onHand: number; price?: number; minimum?: number },
): Promise<Goods> {
  const variant = await stockedVariant(db, onHand, price);
  const id = newId(new Date());
  const code = `C${id.slice(-12)}`.toUpperCase();
  const terms = {
    kind: 'fixed',
    value: COUPON_VALUE,
    currency: 'usd',
    minimumSubtotal: minimum,
    totalLimit: 1,
  } as const;
  await db
    .insertInto('coupons')
    .values({ id, code, ...terms })
    .execute();
  return { variant, onHand, price, coupon: { id, code, minimum }, email: `${id}@example.com` };
}
