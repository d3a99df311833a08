// What undoes the steps of a workflow. A compensation is registered BEFORE its step runs, because a step that timed out may
// have happened; it must be idempotent and harmless when its step did not happen.
import { CancellationScope } from '@temporalio/workflow';

export class Compensations<Reason> {
  private readonly steps: ((reason: Reason) => Promise<void>)[] = [];

  /** Registers what undoes the step that comes next. */
  before(undo: (reason: Reason) => Promise<void>): void {
    this.steps.push(undo);
  }

  /** Undoes everything, last step first. Nothing can cancel it half way. */
  async run(reason: Reason): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      for (const undo of this.steps.toReversed()) await undo(reason);
    });
  }
}
