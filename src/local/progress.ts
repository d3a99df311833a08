// Tells a person what a start is doing and for how long: plain lines, the same on a terminal and in a pipe.

/** A step that is silent for longer than this looks as if it hung. */
const STILL_EVERY_MS = 15_000;
/** A step that is over sooner than this is not worth a line of its own before its result. */
const ANNOUNCE_AFTER_MS = 400;

export type Tell = {
  /** One line. */
  say: (line: string) => void;
  /** Does the work and says how long it took; says so while it runs when it takes long. */
  step: <T>(what: string, work: () => Promise<T>) => Promise<T>;
};

/** @param write takes one line at a time, without its newline */
export function createProgress(write: (line: string) => void): Tell {
  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const started = Date.now();
    const announce = setTimeout(() => write(`  ${what} ...`), ANNOUNCE_AFTER_MS);
    const still = setInterval(() => write(`  ${what} ... ${elapsed(started)} so far`), STILL_EVERY_MS);
    try {
      const result = await work();
      write(`  ${what}: ${elapsed(started)}`);
      return result;
    } finally {
      clearTimeout(announce);
      clearInterval(still);
    }
  };
  return { say: write, step };
}

/** How long ago a moment was, as a person says it. */
export function elapsed(since: number): string {
  const seconds = (Date.now() - since) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
