// Run as a process of its own: downloads the Temporal CLI as Temporal's TypeScript SDK does, into the folder that it is given.
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { reasonOf } from './problem.ts';

try {
  // The SDK downloads only as part of starting a server, so one is started and ended.
  const downloadDir = process.argv[2] ?? '.';
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  await environment.teardown();
} catch (error) {
  // The SDK says the address twice before the cause.
  process.stderr.write(`${reasonOf(error).split('): ').at(-1)}\n`);
  process.exitCode = 1;
}
