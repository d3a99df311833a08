// Keeps one program running: starts it, says when it is ready, starts it again when it dies, and stops it when told to.
// `start` puts one of these around every part of the stack.
import { pause } from '../platform/pause.ts';
import { begin, type Life, type Part, stopLife } from './life.ts';
import type { Logs } from './logs.ts';
import { StartProblem } from './problem.ts';

export type Supervised = {
  part: Part;
  pid: () => number | undefined;
  /** Resolves when it is ready for the first time; rejects with a StartProblem when it dies before that. */
  ready: Promise<void>;
  /** Stops it: asks first, and kills what has not gone in the part's own time. */
  stop: () => Promise<void>;
  /** Ends it at once. */
  kill: () => void;
};

/** A part that was well comes back within a second, and this leaves nearly all of it for its own start. */
const RESTART_MS = 100;
/** A part that dies again and again is tried less and less often, in the end every so many milliseconds. */
const RESTART_MAX_MS = 10_000;
/** "Well" is: became ready, and lived for this long. */
const WELL_MS = 1000;

/**
 * Starts a part and keeps it running until `stop`.
 * @param onPid told whenever its process is a new one
 */
export function supervise(part: Part, logs: Logs, onPid: () => void): Supervised {
  const stopping = new AbortController();
  const firstReady = Promise.withResolvers<void>();
  let life: Life | undefined;

  const keepRunning = async (): Promise<void> => {
    let everReady = false;
    let wait = RESTART_MS;
    while (!stopping.signal.aborted) {
      life = await begin(part, logs);
      const began = Date.now();
      if (stopping.signal.aborted) life.signal('SIGKILL');
      onPid();
      const ready = await life.ready;
      if (ready) {
        everReady = true;
        firstReady.resolve();
      }
      const how = await life.ended;
      if (stopping.signal.aborted) return;
      if (!everReady) throw neverReady(part, how, logs);
      wait = ready && Date.now() - began >= WELL_MS ? RESTART_MS : Math.min(wait * 2, RESTART_MAX_MS);
      logs.event(part.name, 'warn', `${part.name} ended (${how}) and is started again in ${wait} ms`);
      await pause(wait, stopping.signal);
    }
  };

  const running = keepRunning().catch((error: unknown) => firstReady.reject(error));
  firstReady.promise.catch(() => undefined); // the one who awaits `ready` hears of it, now or later
  return {
    part,
    pid: () => life?.pid,
    ready: firstReady.promise,
    stop: async () => {
      stopping.abort();
      if (life !== undefined) await stopLife(part, life, logs);
      await running;
    },
    kill: () => {
      stopping.abort();
      life?.signal(part.killSignal ?? 'SIGKILL');
    },
  };
}

function neverReady(part: Part, how: string, logs: Logs): StartProblem {
  const last = logs.tail(part.name).map((line) => `\n    ${line}`);
  return new StartProblem(`${part.name} ended (${how}) before it was ready. Its last lines:${last.join('')}`);
}
