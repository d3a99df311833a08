// A wait that an abort ends early, for loops that watch something until they are told to stop.
import { setTimeout } from 'node:timers/promises';

/** Resolves after `ms`, or as soon as the signal is aborted. */
export async function pause(ms: number, until: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal: until });
  } catch (error) {
    if (!until.aborted) throw error;
  }
}
