// The SDK keeps the stack of every promise that workflow code makes, for the "call stack" of Temporal's UI: an error made,
// formatted and looked up in the source map for each, a third of a workflow thread's time. Its threads start without that here.
import { createRequire } from 'node:module';
import workerThreads from 'node:worker_threads';

/** The file that the SDK's workflow threads run. */
const WORKFLOW_THREAD = createRequire(import.meta.url).resolve(
  '@temporalio/worker/lib/workflow/workflow-worker-thread.js',
);
const PRELOAD = new URL('workflow-thread-preload.ts', import.meta.url).href;

/** Must be called before the SDK's workers are made. All other threads stay as they are. */
export function keepNoWorkflowStacks(): void {
  const { Worker } = workerThreads;
  workerThreads.Worker = class extends Worker {
    constructor(file: string | URL, options: workerThreads.WorkerOptions = {}) {
      const execArgv = [...(options.execArgv ?? process.execArgv), '--import', PRELOAD];
      super(file, file === WORKFLOW_THREAD ? { ...options, execArgv } : options);
    }
  };
}
