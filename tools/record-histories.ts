// Records workflow histories from a running local shop into test/histories, one file per workflow type and outcome, so that
// the replay test can prove on every commit that orders which are under way survive a release (P9).
// Usage: npm start, place some orders, then: npm run record:histories
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { loadConfig } from '../src/config.ts';
import { readStack } from '../src/local/stack-file.ts';
import { openTemporal } from '../src/platform/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

const FOLDER = join(import.meta.dirname, '../test/histories');

const config = loadConfig();
const stack = await readStack(config.PERDURE_HOME);
if (stack === undefined) throw new Error('there is no running shop: npm start');
const temporal = openTemporal({ ...config, TEMPORAL_ADDRESS: stack.temporal, TEMPORAL_NAMESPACE: stack.namespace });
await mkdir(FOLDER, { recursive: true });
const recorded = new Set<string>();
for await (const { workflowId, runId, type, status, typedSearchAttributes } of temporal.client.workflow.list()) {
  const handle = temporal.client.workflow.getHandle(workflowId, runId);
  const outcome = status.name === 'COMPLETED' ? String(await handle.result()) : status.name;
  const method = typedSearchAttributes.get(SEARCH_ATTRIBUTES.paymentMethod);
  const name = [type, method, outcome]
    .filter((part) => part !== undefined)
    .join('-')
    .toLowerCase();
  if (recorded.has(name)) continue;
  recorded.add(name);
  const json = historyToJSON(await handle.fetchHistory()).replaceAll(/\b\d+@[\w.-]+/g, 'recorded');
  await writeFile(join(FOLDER, `${name}.json`), `${json}\n`);
  process.stdout.write(`${name}: ${workflowId}\n`);
}
await temporal.close();
