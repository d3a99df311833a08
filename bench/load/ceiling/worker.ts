// The worker of the ceiling: the shop's worker options, and one activity that makes small SQL transactions.
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import pg from 'pg';
import { loadConfig, requireSettings } from '../../../src/config.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { connectWorker, STICKY_TIMEOUT, setUpWorkflowThreads } from '../../../src/platform/temporal-worker.ts';

export interface CeilingWorkerPlan {
  /** host:port */
  temporal: string;
  namespace: string;
  taskQueue: string;
  databaseUrl: string;
  /** What it writes when it is ready. */
  ready: string;
}

export type BareActivities = ReturnType<typeof createBareActivities>;

/** As many connections as a worker of the shop has by default (DATABASE_POOL_SIZE). */
const POOL_SIZE = 10;

export async function workCeiling(plan: CeilingWorkerPlan): Promise<void> {
  const { temporal, namespace, taskQueue, databaseUrl, ready } = plan;
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL_SIZE });
  const settings = requireSettings(loadConfig({ TEMPORAL_ADDRESS: temporal }), 'TEMPORAL_ADDRESS');
  setUpWorkflowThreads(settings, createLogger('ceiling', 'error'));
  const connection = await connectWorker(settings);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities: createBareActivities(pool),
    workflowsPath: fileURLToPath(import.meta.resolve('./workflow.ts')),
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => worker.shutdown());
  const running = worker.run();
  process.stdout.write(`${ready}\n`);
  await running;
  await Promise.all([pool.end(), connection.close()]);
}

function createBareActivities(pool: pg.Pool) {
  return {
    /** Each step is one transaction: a row is written the first time and changed afterwards. */
    async makeSteps(id: string, steps: number): Promise<number> {
      for (let step = 1; step <= steps; step += 1) {
        await pool.query({
          name: 'step',
          text: 'insert into steps (id, number) values ($1, $2) on conflict (id) do update set number = excluded.number',
          values: [id, step],
        });
      }
      return steps;
    },
  };
}
