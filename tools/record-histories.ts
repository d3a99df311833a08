// Records workflow histories from a running local shop into test/histories, so that the replay test can prove on every commit
// that orders which are under way survive a release (P9).
// Usage: npm start, bring workflows to where they should be recorded, then name each and what it shows:
//   npm run record:histories -- checkout/<order id>=checkout-card-paid mailer=mailer-running
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { loadConfig } from '../src/config.ts';
import { readStack } from '../src/local/stack-file.ts';
import { openTemporal } from '../src/platform/temporal.ts';

const FOLDER = join(import.meta.dirname, '../test/histories');
/** Workers name themselves by process and machine. */
const WORKER_NAMES = /\b\d+@[\w.-]+/g;

const config = loadConfig();
const stack = await readStack(config.PERDURE_HOME);
if (stack === undefined) throw new Error('there is no running shop: npm start');
const temporal = openTemporal({ ...config, TEMPORAL_ADDRESS: stack.temporal, TEMPORAL_NAMESPACE: stack.namespace });
await mkdir(FOLDER, { recursive: true });
for (const argument of process.argv.slice(2)) {
  const [workflowId, name] = argument.split('=');
  if (workflowId === undefined || name === undefined) throw new Error(`not <workflow id>=<name>: ${argument}`);
  const history = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
  const json = historyToJSON(history).replaceAll(WORKER_NAMES, 'recorded');
  await writeFile(join(FOLDER, `${name}.json`), `${json}\n`);
  process.stdout.write(`${name}: ${workflowId}\n`);
}
await temporal.close();
