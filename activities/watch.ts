// The watch of an always-running workflow: one long activity with a heartbeat looks again and again for what is due, so that
// looking costs an indexed query and no workflow history.
import { Context } from '@temporalio/activity';
import { pause } from '../src/platform/pause.ts';

export interface Watch {
  /** Fires when the worker stops: the watch ends then, and another worker takes the next one. */
  stopping: AbortSignal;
  /** How long it looks for, under the activity's own limit. */
  lastsMs: number;
  lookEveryMs: number;
  /** Under half of the activity's heartbeat timeout. */
  heartbeatEveryMs: number;
}

/** What a look says: there may be more, look again at once; there was nothing, look again later; or the watch is over. */
export type Sight = 'more' | 'nothing' | 'over';

/** Looks until a look ends the watch, its time is over, or it is told to stop. */
export async function watchFor(watch: Watch, look: () => Promise<Sight>): Promise<void> {
  const context = Context.current();
  const heartbeat = setInterval(() => context.heartbeat(), watch.heartbeatEveryMs);
  const over = AbortSignal.any([watch.stopping, context.cancellationSignal, AbortSignal.timeout(watch.lastsMs)]);
  try {
    while (!over.aborted) {
      const sight = await look();
      if (sight === 'over') return;
      if (sight === 'nothing') await pause(watch.lookEveryMs, over);
    }
  } finally {
    clearInterval(heartbeat);
  }
}
