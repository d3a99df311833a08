// The stack that is measured: one of its own, brought up as `npm start` does it, or one that runs already.
import { fileURLToPath } from 'node:url';
import { readStack, type Stack } from '../../src/local/stack-file.ts';
import { removeAbandonedFolders } from '../../test/support/folders.ts';
import { startStack } from '../../test/support/stack.ts';

export interface Site {
  stack: Stack;
  /** Stops what was started for it, and removes its home. */
  leave(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/**
 * @param home of a stack that runs; without it one is started in a temporary home
 * @param env settings of the stack that is started
 */
export async function openSite(home: string | undefined, env: Record<string, string>): Promise<Site> {
  if (home !== undefined) {
    const stack = await readStack(home);
    if (stack === undefined) throw new Error(`no stack runs in ${home}`);
    return { stack, leave: async () => undefined };
  }
  removeAbandonedFolders();
  const running = await startStack({
    own: true,
    args: [MAIN, 'start'],
    env: { PERDURE_LOGS: 'files', LOG_LEVEL: 'warn', ...env },
  });
  return {
    stack: running.stack,
    leave: async () => {
      await running.stop();
    },
  };
}
