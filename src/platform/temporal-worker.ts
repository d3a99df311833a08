// How a worker process reaches Temporal and runs workflow code: what every worker of the shop has in common, whatever it runs.
import { NativeConnection } from '@temporalio/worker';
import type { Config } from '../config.ts';
import type { Logger } from './logger.ts';
import { connectionOptions, type TemporalSettings } from './temporal.ts';
import { endWhenWorkflowsHang } from './workflow-monitor.ts';
import { keepNoWorkflowStacks } from './workflow-threads.ts';

/**
 * A workflow that a killed worker had in its cache waits this long before it goes to another one: short, because a hold must
 * end within 5 s of its time; not so short that a busy worker loses its own cache.
 */
export const STICKY_TIMEOUT = '1s';

/** Connects a worker. The SDK would compress every message: a fifth of what an order costs here and at the server. */
export function connectWorker(settings: TemporalSettings): Promise<NativeConnection> {
  const grpcCompression = { codec: settings.TEMPORAL_GRPC_COMPRESSION };
  return NativeConnection.connect({ ...connectionOptions(settings), grpcCompression });
}

/** Sets how workflow threads are watched, and what they keep. Must be called before the process makes its workers. */
export function setUpWorkflowThreads(config: Config, logger: Logger): void {
  if (config.WORKFLOW_WATCHDOG === 'monitor') endWhenWorkflowsHang(logger);
  if (!config.WORKFLOW_CALL_STACKS) keepNoWorkflowStacks();
}
