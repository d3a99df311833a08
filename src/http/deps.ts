// What the app and its areas are made from. Everything comes in here, so that a test can pass small fakes or real servers.
import type { Redis } from 'ioredis';
import type Stripe from 'stripe';
import type { Config } from '../config.ts';
import type { RecordAct } from '../platform/audit.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { OrderNews } from '../platform/news.ts';
import type { TemporalClient } from '../platform/temporal.ts';
import type { Limits } from './limits.ts';

/** The settings of an API process: those that it cannot do without are there. */
export type ApiConfig = Config & {
  DATABASE_URL: string;
  TEMPORAL_ADDRESS: string;
  STRIPE_SECRET_KEY: string;
  STRIPE_WEBHOOK_SECRET: string[];
  TOKEN_SECRET: string[];
};

export interface AppDeps {
  config: ApiConfig;
  db: Database;
  /** Null where no Redis is configured. Losing it must never fail a request (P10). */
  redis: Redis | null;
  news: OrderNews;
  temporal: TemporalClient;
  stripe: Stripe;
  logger: Logger;
  clock: Clock;
  record: RecordAct;
  limits: Limits;
  metrics: Metrics;
  /** Aborted when the process begins to drain: new requests are refused, and live streams end by themselves. */
  draining: AbortSignal;
}
