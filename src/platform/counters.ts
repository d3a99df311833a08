// How often something happened in a window of time, counted by all processes together. Each counts in memory and tells Redis in the
// background, many keys in one trip, so that counting makes nobody wait; without Redis each process counts for itself (P10).
import type { Redis } from 'ioredis';

/** At most `max` in a window of so many seconds, which begins with the first. */
export interface Limit {
  name: string;
  max: number;
  seconds: number;
}

/** Something that is counted: whose it is, and how often it may be. */
export interface Counted {
  limit: Limit;
  key: string;
}

/** What this process knows: how many there were, and in how many seconds the window ends. */
export interface Count {
  total: number;
  endsIn: number;
}

export interface Counters {
  look(limit: Limit, key: string): Count;
  /** Counts one more. The others hear of it a moment later. */
  add(limit: Limit, key: string): void;
  /** Hears what the others have counted, and tells them what was counted here. Does not wait for a Redis that has just failed. */
  refresh(...counted: Counted[]): Promise<void>;
  /** What was counted counts no more: here at once, with the others when they hear of it, which is all that is told without Redis. */
  clear(limit: Limit, key: string): Promise<void>;
}

/** How long counts gather for one trip. A key that is new here does not wait: what the others know of it is wanted. */
const TELL_EVERY_MS = 10;
/** After a trip that failed, nobody waits for another for this long. */
const DISTRUST_MS = 2_000;
/** Windows that are over are looked for when there are so many keys. */
const SWEEP_AT = 10_000;
const MS_PER_SECOND = 1000;

/** Adds to each key and gives each its sum and what is left of its window (ms), which the first to add has begun. */
const SCRIPT = `
local counts = {}
for i, key in ipairs(KEYS) do
  counts[2 * i - 1] = redis.call('INCRBY', key, ARGV[2 * i - 1])
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[2 * i])
    redis.call('PEXPIRE', key, left)
  end
  counts[2 * i] = left
end
return counts`;

interface Window {
  key: string;
  ms: number;
  endsAt: number;
  /** What Redis said last, or would have said. */
  shared: number;
  /** Counted here and not confirmed by Redis; of these, so many are not even on their way. */
  own: number;
  untold: number;
}

/** @param now milliseconds of a clock that is never set back */
export function createCounters(redis: Redis | null, now: () => number = () => performance.now()): Counters {
  const windows = new Map<string, Window>();
  const untold = new Set<Window>();
  let sweepAt = SWEEP_AT;
  let distrustedUntil = Number.NEGATIVE_INFINITY;

  function windowOf({ name, seconds }: Limit, of: string): Window {
    const key = `limit:${name}:${of}`;
    const found = windows.get(key);
    const time = now();
    if (found !== undefined && found.endsAt > time) return found;
    if (windows.size >= sweepAt) sweep(time);
    const ms = seconds * MS_PER_SECOND;
    const fresh = { key, ms, endsAt: time + ms, shared: 0, own: 0, untold: 0 };
    windows.set(key, fresh);
    return fresh;
  }

  function sweep(time: number): void {
    for (const [key, { endsAt }] of windows) if (endsAt <= time) windows.delete(key);
    sweepAt = Math.max(SWEEP_AT, 2 * windows.size);
  }

  /** One trip for these. Where it fails, what was counted here is all that is known. */
  async function tell(some: Window[]): Promise<void> {
    if (some.length === 0) return;
    const sent = some.map((window) => {
      const count = window.untold;
      window.untold = 0;
      untold.delete(window);
      return { window, count };
    });
    const counts = await exchange(sent);
    for (const [at, { window, count }] of sent.entries()) {
      const [shared, left] = [counts[2 * at], counts[2 * at + 1]];
      window.own -= count;
      window.shared = shared ?? window.shared + count;
      if (left !== undefined) window.endsAt = now() + left;
    }
  }

  /** @returns a sum and what is left for each, one after the other; nothing where Redis does not answer */
  async function exchange(sent: { window: Window; count: number }[]): Promise<number[]> {
    if (redis === null) return [];
    try {
      const keys = sent.map(({ window }) => window.key);
      const values = sent.flatMap(({ window, count }) => [count, window.ms]);
      const counts: unknown = await redis.eval(SCRIPT, keys.length, ...keys, ...values);
      return Array.isArray(counts) ? counts.map(Number) : [];
    } catch {
      distrustedUntil = now() + DISTRUST_MS; // Redis's own client says in the log that it is away
      return [];
    }
  }

  function tellSoon(window: Window, isNew: boolean): void {
    if (isNew) {
      void tell([window]);
      return;
    }
    if (untold.size === 0) setTimeout(() => void tell([...untold]), TELL_EVERY_MS).unref();
    untold.add(window);
  }

  return {
    look(limit, key) {
      const { shared, own, endsAt } = windowOf(limit, key);
      return { total: shared + own, endsIn: (endsAt - now()) / MS_PER_SECOND };
    },
    add(limit, key) {
      const window = windowOf(limit, key);
      window.own += 1;
      window.untold += 1;
      tellSoon(window, window.shared + window.own === 1);
    },
    async refresh(...counted) {
      const trip = tell(counted.map(({ limit, key }) => windowOf(limit, key)));
      if (now() >= distrustedUntil) await trip;
    },
    async clear(limit, key) {
      const cleared = windowOf(limit, key);
      windows.delete(cleared.key);
      untold.delete(cleared);
      try {
        if (now() >= distrustedUntil) await redis?.del(cleared.key);
      } catch {
        distrustedUntil = now() + DISTRUST_MS;
      }
    },
  };
}
