// Workflow code that never comes back is noticed, named and ended with its process. The SDK's own limit of 5 s on each entry
// into the sandbox starts a native thread every time, which costs a hundred times what the entry itself does; this monitor
// looks once a second instead, and takes that limit away only from threads that it watches.
import { Worker } from 'node:worker_threads';
import { WorkerThreadClient } from '@temporalio/worker/lib/workflow/threaded-vm.js';
import type { Logger } from './logger.ts';

type Input = Parameters<WorkerThreadClient['send']>[0];

/** A workflow that a thread has been asked to work on and has not answered for. */
export interface Unanswered {
  runId: string;
  workflowId: string | undefined;
}

/** How long a thread may answer nothing while it has something to answer. */
interface Limits {
  /** So much of a processor's time: what loops uses it up, what is honest but starved by others does not. */
  cpuMs: number;
  /** So many looks, for a thread that hangs without using a processor. Looks, not seconds: a frozen process does not look. */
  looks: number;
}

interface Thread {
  worker: Worker;
  /** What it has been asked and has not answered, the oldest first. */
  open: Map<Input, Unanswered>;
  /** By run id, of every workflow that it keeps. */
  workflowIds: Map<string, string>;
  answers: number;
  /** Since the first look that found it silent. */
  silence: { answers: number; looks: number; cpu: Promise<NodeJS.CpuUsage> } | undefined;
}

const LOOK_EVERY_MS = 1000;
/** The SDK's limit is 5 s by the clock. A minute is longer than Temporal waits before it gives the task to another worker. */
const LIMITS: Limits = { cpuMs: 5_000, looks: 60 };
/** EX_SOFTWARE of sysexits.h. */
const EXIT_SOFTWARE = 70;
const MICROSECONDS = 1000;

/**
 * Ends this process, with a line in the log, when one of its workflow threads hangs. Whoever runs the process starts it again;
 * its workflows go on here or elsewhere. Must be called before the SDK's workers are made.
 */
export function endWhenWorkflowsHang(logger: Logger): void {
  const look = watchWorkflowThreads((workflows) => {
    logger.fatal({ workflows }, 'workflow code does not come back: one of these workflows loops; this process ends');
    process.exit(EXIT_SOFTWARE);
  });
  setInterval(look, LOOK_EVERY_MS).unref();
}

/**
 * Watches every workflow thread that the SDK starts from now on, and takes the SDK's limit away from it.
 * @param onHang told what a thread that hangs has been asked, the oldest first
 * @returns looks at all threads once
 */
export function watchWorkflowThreads(onHang: (workflows: Unanswered[]) => void, limits = LIMITS): () => void {
  const threads = new Map<WorkerThreadClient, Thread>();
  const { value: send } = Object.getOwnPropertyDescriptors(WorkerThreadClient.prototype).send;
  if (send === undefined) throw new TypeError('the SDK asks its workflow threads in another way than by `send`');
  WorkerThreadClient.prototype.send = async function watched(input) {
    if (input.type === 'destroy') threads.delete(this);
    if (input.type === 'init') {
      const worker: unknown = Reflect.get(this, 'workerThread');
      if (worker instanceof Worker) {
        threads.set(this, { worker, open: new Map(), workflowIds: new Map(), answers: 0, silence: undefined });
        Reflect.deleteProperty(input, 'isolateExecutionTimeoutMs');
      }
    }
    const thread = threads.get(this);
    // At `init` a thread loads the bundle, for which the SDK, too, gives it all the time that it needs.
    if (thread === undefined || input.type === 'init' || input.type === 'destroy') return send.call(this, input);
    ask(thread, input);
    try {
      return await send.call(this, input);
    } finally {
      thread.open.delete(input);
      thread.answers += 1;
    }
  };
  return () => {
    for (const thread of threads.values()) lookAt(thread, limits, onHang);
  };
}

function ask({ open, workflowIds }: Thread, input: Exclude<Input, { type: 'init' | 'destroy' }>): void {
  const runId = input.type === 'create-workflow' ? input.options.info.runId : input.runId;
  if (input.type === 'create-workflow') workflowIds.set(runId, input.options.info.workflowId);
  open.set(input, { runId, workflowId: workflowIds.get(runId) });
  if (input.type === 'dispose-workflow') workflowIds.delete(runId);
}

function lookAt(thread: Thread, limits: Limits, onHang: (workflows: Unanswered[]) => void): void {
  const { worker, open, answers } = thread;
  if (open.size === 0) {
    thread.silence = undefined;
    return;
  }
  if (thread.silence?.answers !== answers) thread.silence = { answers, looks: 0, cpu: worker.cpuUsage() };
  const { silence } = thread;
  silence.looks += 1;
  const hangs = () => {
    if (thread.silence === silence && thread.answers === answers) onHang([...open.values()]);
  };
  if (silence.looks >= limits.looks) hangs();
  else whenUsed(silence.cpu, worker, limits.cpuMs, hangs).catch(ignoreEnd);
}

/** Looks at the time of a processor that the thread has used. It answers while the thread loops, but not while it waits. */
async function whenUsed(
  start: Promise<NodeJS.CpuUsage>,
  worker: Worker,
  cpuMs: number,
  then: () => void,
): Promise<void> {
  const { user, system } = await worker.cpuUsage(await start);
  if ((user + system) / MICROSECONDS >= cpuMs) then();
}

/** A thread that has ended is the SDK's to tell of. */
function ignoreEnd(): void {}
