// `worker`: runs workflows and activities of the queues it is given (`--queues orders,payments,email`; all by default).
// It sees to it that the shop's always-running workflows are there, and drains on SIGTERM.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { createEmailActivities } from '../activities/email.ts';
import { createInventoryActivities } from '../activities/inventory.ts';
import { createOrderActivities } from '../activities/orders.ts';
import { createPaymentActivities } from '../activities/payment.ts';
import type { mailer } from '../workflows/mailer.ts';
import { type QueueName, TASK_QUEUES, WORKFLOW_IDS } from '../workflows/messages.ts';
import { type Config, ConfigError, requireSettings } from './config.ts';
import { systemClock } from './platform/clock.ts';
import { openDatabase } from './platform/database.ts';
import { createLogger, type Logger } from './platform/logger.ts';
import { openMailer } from './platform/mailer.ts';
import { pause } from './platform/pause.ts';
import { openStripe } from './platform/stripe.ts';
import { connectionOptions, openTemporal, type TemporalClient } from './platform/temporal.ts';

/** What is under way gets this long to end by itself, then it is cancelled, then it is left to another worker. */
const SHUTDOWN_GRACE = '5s';
const SHUTDOWN_FORCE = '10s';
/** An always-running workflow that was terminated by hand runs again within this time. */
const ENSURE_EVERY_MS = 10_000;

export async function work(config: Config, argv: string[]): Promise<void> {
  const settings = requireSettings(
    config,
    'DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'STRIPE_SECRET_KEY',
    'SMTP_URL',
    'PUBLIC_URL',
    'TOKEN_SECRET',
  );
  const queues = parseQueues(argv);
  const logger = createLogger('worker', config.LOG_LEVEL);
  installRuntime(logger);

  const stopping = new AbortController();
  const db = openDatabase(settings, logger);
  const mailer = openMailer(settings.SMTP_URL, config.MAIL_FROM);
  const deps = { db, mailer, logger, clock: systemClock, stripe: openStripe(settings), stopping: stopping.signal };
  const activities = {
    ...createInventoryActivities(deps),
    ...createOrderActivities(deps),
    ...createPaymentActivities(deps),
    ...createEmailActivities({
      ...deps,
      publicUrl: settings.PUBLIC_URL.replace(/\/$/, ''),
      tokenSecrets: settings.TOKEN_SECRET,
    }),
  };
  const connection = await NativeConnection.connect(connectionOptions(settings));
  const temporal = openTemporal(settings);
  try {
    const common = {
      connection,
      namespace: config.TEMPORAL_NAMESPACE,
      activities,
      shutdownGraceTime: SHUTDOWN_GRACE,
      shutdownForceTime: SHUTDOWN_FORCE,
    };
    const workers = await Promise.all(
      queues.map((queue) => Worker.create({ ...common, ...queueOptions(queue, config) })),
    );
    stopOnSignal(() => {
      logger.info('worker stops');
      stopping.abort();
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    });
    const running = Promise.all(workers.map((worker) => worker.run()));
    const ensuring = queues.includes('orders') ? keepAlwaysRunning(temporal, stopping.signal, logger) : undefined;
    logger.info({ queues }, 'worker ready');
    await running;
    stopping.abort();
    await ensuring;
  } finally {
    mailer.close();
    await Promise.all([db.destroy(), temporal.close(), connection.close()]);
  }
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

/** Workflows run on `orders` only; the other queues carry nothing but activities. */
function queueOptions(
  queue: QueueName,
  config: Config,
): Pick<WorkerOptions, 'taskQueue' | 'workflowBundle' | 'workflowsPath'> {
  const taskQueue = TASK_QUEUES[queue];
  if (queue !== 'orders') return { taskQueue };
  if (config.WORKFLOW_BUNDLE !== undefined) return { taskQueue, workflowBundle: { codePath: config.WORKFLOW_BUNDLE } };
  return { taskQueue, workflowsPath: fileURLToPath(import.meta.resolve('../workflows/index.ts')) };
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
    try {
      await temporal.client.workflow.start<typeof mailer>('mailer', {
        workflowId: WORKFLOW_IDS.mailer,
        taskQueue: TASK_QUEUES.orders,
        workflowIdConflictPolicy: 'USE_EXISTING',
        staticSummary: 'Sends the mails that are due',
      });
    } catch (error) {
      logger.warn({ err: error }, 'the mailer could not be started, trying again');
    }
    await pause(ENSURE_EVERY_MS, stopping);
  }
}
