// The stack that is measured: one of its own, brought up as `npm start` does it, or one that runs already.
import { childEnvironment } from '../../src/config.ts';
import { readStack, type Stack } from '../../src/local/stack-file.ts';
import { removeAbandonedFolders } from '../../test/support/folders.ts';
import { startStack } from '../../test/support/stack.ts';

export interface Site {
  stack: Stack;
  home: string;
  /** Whether it was started for the bench, and goes with it. */
  own: boolean;
  /** Stops what was started for it, and removes its home. */
  leave(): Promise<void>;
}

/** The settings of the shop that a bench may try with other values: its own environment's reach the stack that it starts. */
const TRIED = ['API_PROCESSES', 'WORKER_PROCESSES', 'DATABASE_POOL_SIZE', 'LOG_LEVEL', 'RATE_LIMIT_SCALE'];

/** @param home of a stack that runs; without it one is started in a temporary home */
export async function openSite(home: string | undefined): Promise<Site> {
  if (home !== undefined) {
    const stack = await readStack(home);
    if (stack === undefined) throw new Error(`no stack runs in ${home}`);
    return { stack, home, own: false, leave: async () => undefined };
  }
  removeAbandonedFolders();
  const env = childEnvironment({});
  const tried = Object.fromEntries(TRIED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  const running = await startStack({ own: true, env: { PERDURE_LOGS: 'files', ...tried } });
  return {
    stack: running.stack,
    home: running.home,
    own: true,
    leave: async () => {
      await running.stop();
    },
  };
}
