// What undoes the steps of a workflow. A compensation is registered BEFORE its step runs, because a step that timed out may
// have happened; it must be idempotent and harmless when its step did not happen.
import { CancellationScope } from '@temporalio/workflow';

/** What a compensation says when it finds that what was done must stand: nothing before it is undone then. */
export interface Kept<Standing> {
  keep: Standing;
}

export class Compensations<Reason, Standing> {
  private readonly steps: ((reason: Reason) => Promise<void | Kept<Standing>>)[] = [];

  /** Registers what undoes the step that comes next. */
  before(undo: (reason: Reason) => Promise<void | Kept<Standing>>): void {
    this.steps.push(undo);
  }

  /**
   * Undoes everything, last step first. Nothing can cancel it half way.
   * @returns what stands after all, where a compensation has found that
   */
  async run(reason: Reason): Promise<Standing | undefined> {
    return CancellationScope.nonCancellable(async () => {
      for (const undo of this.steps.toReversed()) {
        const kept = await undo(reason);
        if (kept !== undefined) return kept.keep;
      }
      return undefined;
    });
  }
}
