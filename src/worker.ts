// `worker`: runs workflows and activities of the queues it is given (`--queues orders,payments,email`; all by default).
// It sees to it that the shop's always-running workflows are there, and drains on SIGTERM.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { createEmailActivities } from '../activities/email.ts';
import { createExpiryActivities } from '../activities/expiry.ts';
import { createFulfillmentActivities } from '../activities/fulfillment.ts';
import { createLatePaymentActivities } from '../activities/late-payment.ts';
import { createOrderPathActivities } from '../activities/order-path.ts';
import { createOrderActivities } from '../activities/orders.ts';
import { createPaymentActivities } from '../activities/payment.ts';
import { createPlacingActivities } from '../activities/placing.ts';
import { createRefundActivities } from '../activities/refunds.ts';
import { type QueueName, TASK_QUEUES, WORKFLOW_IDS } from '../workflows/messages.ts';
import { type Config, ConfigError, pricingOf, requireSettings } from './config.ts';
import { systemClock } from './platform/clock.ts';
import { type Database, openDatabase } from './platform/database.ts';
import { createLogger, type Logger } from './platform/logger.ts';
import { type Mailer, openMailer } from './platform/mailer.ts';
import { type Announce, createAnnounce } from './platform/news.ts';
import { pause } from './platform/pause.ts';
import { openRedis } from './platform/redis.ts';
import { openStripe } from './platform/stripe.ts';
import { openTemporal, type TemporalClient } from './platform/temporal.ts';
import { connectWorker, STICKY_TIMEOUT, setUpWorkflowThreads } from './platform/temporal-worker.ts';

/** What is under way gets this long to end by itself, then it is cancelled, then it is left to another worker. */
const SHUTDOWN = { shutdownGraceTime: '5s', shutdownForceTime: '10s' } as const;
/** What a worker cannot do without. */
const NEEDED = [
  'DATABASE_URL',
  'TEMPORAL_ADDRESS',
  'STRIPE_SECRET_KEY',
  'SMTP_URL',
  'PUBLIC_URL',
  'TOKEN_SECRET',
] as const;
type Settings = ReturnType<typeof requireSettings<(typeof NEEDED)[number]>>;
/** An always-running workflow that was terminated by hand runs again within this time. */
const ENSURE_EVERY_MS = 10_000;
/** The shop's singletons. A task of one that died with its worker is given to another after `workflowTaskTimeout`. */
const ALWAYS_RUNNING = {
  mailer: { workflowId: WORKFLOW_IDS.mailer, staticSummary: 'Sends the mails that are due' },
  reservationExpiry: {
    workflowId: WORKFLOW_IDS.reservationExpiry,
    staticSummary: 'Ends the holds and coupon uses whose time is over',
    workflowTaskTimeout: '2s',
  },
} as const;
export async function work(config: Config, argv: string[]): Promise<void> {
  const settings = requireSettings(config, ...NEEDED);
  const queues = parseQueues(argv);
  const logger = createLogger('worker', config.LOG_LEVEL);
  installRuntime(logger);
  setUpWorkflowThreads(config, logger);
  const stopping = new AbortController();
  stopOnSignal(() => {
    logger.info('worker stops');
    stopping.abort();
  });
  const db = openDatabase(settings, logger);
  const redis = openRedis(settings, logger);
  const mailer = openMailer(settings.SMTP_URL, config.MAIL_FROM);
  const connection = await connectWorker(settings);
  const temporal = openTemporal(settings);
  try {
    const announce = createAnnounce(redis);
    const activities = createActivities({ db, mailer, announce, settings, logger, stopping: stopping.signal });
    const common = { connection, namespace: config.TEMPORAL_NAMESPACE, activities, ...SHUTDOWN };
    const workers = await Promise.all(
      queues.map((queue) => Worker.create({ ...common, ...queueOptions(queue, config) })),
    );
    const ensuring = queues.includes('orders') ? keepAlwaysRunning(temporal, stopping.signal, logger) : undefined;
    await Promise.all([runAll(workers, stopping, () => sayReady(queues)), ensuring]);
  } finally {
    mailer.close();
    redis?.disconnect();
    await Promise.all([db.destroy(), temporal.close(), connection.close()]);
  }
}

/** Whoever started this process waits for the line, so it is written whatever the level of the log. */
function sayReady(queues: readonly QueueName[]): void {
  createLogger('worker', 'info').info({ queues }, 'worker ready');
}

function createActivities(parts: {
  db: Database;
  mailer: Mailer;
  announce: Announce;
  settings: Settings;
  logger: Logger;
  stopping: AbortSignal;
}) {
  const { settings } = parts;
  const deps = { ...parts, clock: systemClock, stripe: openStripe(settings) };
  const mails = { publicUrl: settings.PUBLIC_URL.replace(/\/$/, ''), tokenSecrets: settings.TOKEN_SECRET };
  const orders = createOrderActivities(deps);
  const payment = createPaymentActivities(deps);
  const placing = createPlacingActivities({ ...deps, pricing: pricingOf(settings) });
  return {
    ...createOrderPathActivities({ ...deps, steps: { ...placing, ...orders, ...payment } }),
    ...orders,
    ...payment,
    ...createRefundActivities(deps),
    ...createLatePaymentActivities(deps),
    ...createFulfillmentActivities(deps),
    ...createEmailActivities({ ...deps, ...mails }),
    ...createExpiryActivities(deps),
  };
}

/** Runs them until they are told to stop. When one breaks, the others stop too, and its error is what comes out. */
async function runAll(workers: Worker[], stopping: AbortController, ready: () => void): Promise<void> {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const running = workers.map((worker) => worker.run().finally(() => stopping.abort()));
  if (stopping.signal.aborted) shutdown();
  else stopping.signal.addEventListener('abort', shutdown);
  ready();
  const ends = await Promise.allSettled(running);
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}

function parseQueues(argv: string[]): QueueName[] {
  const { values } = parseArgs({ args: argv, options: { queues: { type: 'string' } } });
  const names = values.queues?.split(',') ?? Object.keys(TASK_QUEUES);
  const isQueue = (name: string): name is QueueName => Object.hasOwn(TASK_QUEUES, name);
  const wrong = names.filter((name) => !isQueue(name));
  if (wrong.length > 0)
    throw new ConfigError([`--queues: ${wrong.join(', ')} is none of ${Object.keys(TASK_QUEUES).join(', ')}`]);
  return names.filter(isQueue);
}

type QueueOptions = Pick<
  WorkerOptions,
  | 'taskQueue'
  | 'workflowBundle'
  | 'workflowsPath'
  | 'stickyQueueScheduleToStartTimeout'
  | 'maxTaskQueueActivitiesPerSecond'
>;

/** Workflows run on `orders` only; the other queues carry nothing but activities. */
function queueOptions(queue: QueueName, config: Config): QueueOptions {
  const taskQueue = TASK_QUEUES[queue];
  const { PAYMENTS_PER_SECOND: limit } = config;
  if (queue === 'payments' && limit !== undefined) return { taskQueue, maxTaskQueueActivitiesPerSecond: limit };
  if (queue !== 'orders') return { taskQueue };
  const workflows = { taskQueue, stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT };
  if (config.WORKFLOW_BUNDLE !== undefined)
    return { ...workflows, workflowBundle: { codePath: config.WORKFLOW_BUNDLE } };
  return { ...workflows, workflowsPath: fileURLToPath(import.meta.resolve('../workflows/index.ts')) };
}

/** What the SDK says as a warning and we want: queues that carry nothing but activities. */
const EXPECTED = /^No (workflows|Nexus services) registered/;

/** The SDK's own log lines go where ours go, its small talk only at `debug`; the process's signals are ours. */
function installRuntime(logger: Logger): void {
  const levels = { TRACE: 'debug', DEBUG: 'debug', INFO: 'debug', WARN: 'warn', ERROR: 'error' } as const;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      logger[EXPECTED.test(message) ? 'debug' : levels[level]]({ ...meta }, message);
    }),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) } },
  });
}

function stopOnSignal(stop: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
}

/** Starts the shop's singletons where they do not run. Temporal's workflow ids make it idempotent over all workers. */
async function keepAlwaysRunning(temporal: TemporalClient, stopping: AbortSignal, logger: Logger): Promise<void> {
  while (!stopping.aborted) {
    for (const [workflow, options] of Object.entries(ALWAYS_RUNNING)) {
      try {
        const start = { ...options, taskQueue: TASK_QUEUES.orders, workflowIdConflictPolicy: 'USE_EXISTING' } as const;
        const { client } = temporal;
        await client.withDeadline(Date.now() + ENSURE_EVERY_MS, () => client.workflow.start(workflow, start));
      } catch (error) {
        logger.warn({ err: error, workflow }, 'it could not be started, trying again');
      }
    }
    await pause(ENSURE_EVERY_MS, stopping);
  }
}
