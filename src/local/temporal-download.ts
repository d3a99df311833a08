// Run as a process of its own: downloads the Temporal CLI as Temporal's TypeScript SDK does, into the folder that it is given.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const downloadDir = process.argv[2];
if (downloadDir === undefined) throw new Error('usage: temporal-download.ts FOLDER');
// The SDK downloads only as part of starting a server, so one is started and ended.
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir } },
});
await environment.teardown();
