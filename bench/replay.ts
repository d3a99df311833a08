// Replays histories of a running shop on the workflows of this commit, for the auditor (P9). A program of its own: it takes
// `{ temporal, namespace, histories: [{ workflowId, runId }] }` on its standard input and answers `[{ workflowId, reason }]`, those
// that were refused.
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';

const requestSchema = z.object({
  temporal: z.string(),
  namespace: z.string(),
  histories: z.array(z.object({ workflowId: z.string(), runId: z.string() })),
});
type Request = z.output<typeof requestSchema>;

const WORKFLOWS = join(import.meta.dirname, '../workflows/index.ts');

/** One after the other, so that only one is in memory. */
async function* historiesOf({ namespace, histories }: Request, connection: Connection) {
  const { workflow } = new Client({ connection, namespace });
  for (const { workflowId, runId } of histories)
    yield { workflowId, history: await workflow.getHandle(workflowId, runId).fetchHistory() };
}

async function replay(request: Request): Promise<{ workflowId: string; reason: string }[]> {
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR' }) };
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger, telemetryOptions: { logging } });
  const connection = await Connection.connect({ address: request.temporal });
  try {
    const workflowBundle = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger });
    const refused = [];
    for await (const { workflowId, error } of Worker.runReplayHistories(
      { workflowBundle },
      historiesOf(request, connection),
    ))
      if (error !== undefined) refused.push({ workflowId, reason: error.message });
    return refused;
  } finally {
    await connection.close();
  }
}

console.log(JSON.stringify(await replay(requestSchema.parse(await json(process.stdin)))));
