// Replays histories of a running shop on the workflows of this commit, for the auditor (P9). A program of its own: it takes
// `{ temporal, namespace, histories: [{ workflowId, runId }] }` on its standard input and answers `[{ workflowId, reason }]`, those
// that were refused.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { z } from 'zod';
import { buildWorkflowBundle } from '../src/platform/workflow-bundle.ts';

const requestSchema = z.object({
  temporal: z.string(),
  namespace: z.string(),
  histories: z.array(z.object({ workflowId: z.string(), runId: z.string() })),
});
type Request = z.output<typeof requestSchema>;

async function workflowCode(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'perdure-replay-'));
  try {
    const file = join(folder, 'workflow-bundle.js');
    await buildWorkflowBundle(file);
    return await readFile(file, 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** One after the other, so that only one is in memory. */
async function* historiesOf({ namespace, histories }: Request, connection: Connection) {
  const { workflow } = new Client({ connection, namespace });
  for (const { workflowId, runId } of histories)
    yield { workflowId, history: await workflow.getHandle(workflowId, runId).fetchHistory() };
}

async function replay(request: Request): Promise<{ workflowId: string; reason: string }[]> {
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR' }) };
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
  const connection = await Connection.connect({ address: request.temporal });
  try {
    const workflowBundle = { code: await workflowCode() };
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
