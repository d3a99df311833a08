// When the stack has to stop: a signal, or the end of the npm that runs it. A second Ctrl-C does not wait.
import { startedByNpm } from '../config.ts';

export type Shutdown = {
  /** Aborted when the stack is to stop. */
  signal: AbortSignal;
  /** Resolves with it. */
  requested: Promise<void>;
  /** Called when the person does not want to wait any longer. */
  onImpatience: (act: () => void) => void;
};

/** npm passes the Ctrl-C that we get from the terminal on to us once more: within this time it is the same one. */
const SAME_KEYPRESS_MS = 500;
/** How soon the end of npm is seen. */
const PARENT_POLL_MS = 1000;

/** Watches for it from now on. */
export function watchForShutdown(): Shutdown {
  const stop = new AbortController();
  const impatience = new AbortController();
  let first = 0;
  const request = (): void => {
    if (first === 0) {
      first = Date.now();
      stop.abort(new Error('the start was stopped'));
    } else if (Date.now() - first > SAME_KEYPRESS_MS) {
      impatience.abort();
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, request);
  if (startedByNpm()) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent && first === 0) request();
    }, PARENT_POLL_MS).unref();
  }
  return {
    signal: stop.signal,
    requested: new Promise((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true })),
    onImpatience: (act) => impatience.signal.addEventListener('abort', act, { once: true }),
  };
}
