// After the storm: waits until nothing is under way in the shop any more, or nothing moves any more.
import { setTimeout } from 'node:timers/promises';
import { type Places, settled } from '../audit/index.ts';

/** The shop asks Stripe again after a minute at the latest, and whoever lost a worker is taken over in less: this is stillness. */
const STILL_MS = 100_000;
const LOOK_EVERY_MS = 500;

/** @returns what is still under way although nothing has moved for a long time; nothing when all is quiet */
export async function awaitQuiet(places: Places, stop: AbortSignal): Promise<string[]> {
  let left = await settled(places);
  for (let movedAt = Date.now(); left.length > 0 && Date.now() - movedAt < STILL_MS; ) {
    await setTimeout(LOOK_EVERY_MS, undefined, { signal: stop });
    const now = await settled(places);
    if (now.join() !== left.join()) movedAt = Date.now();
    left = now;
  }
  return left;
}
