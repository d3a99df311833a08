// P9: recorded histories replay on the workflows of this commit. The replay itself is a program of its own, so that the auditor
// shares no code with what it checks: it hands over names, and reads what was refused.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as read } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ClientBase } from 'pg';
import { at, text } from './fields.ts';
import type { Places } from './places.ts';
import { type ChapterResult, NAMED, type Violation } from './verdict.ts';

const PROGRAM = fileURLToPath(new URL('../replay.ts', import.meta.url));

/** Replays so many histories, chosen by the seed. The ones that always run are too long to be samples. */
export async function replaySample(
  db: ClientBase,
  { temporal, namespace }: Places,
  { replay, seed = 1 }: { replay: number; seed?: number },
): Promise<ChapterResult> {
  const { rows } = await db.query<{ workflowId: string; runId: string }>(
    `SELECT workflow_id AS "workflowId", run_id AS "runId" FROM seen_workflows
     WHERE workflow_id LIKE '%/%' ORDER BY md5($1 || run_id) LIMIT $2`,
    [String(seed), replay],
  );
  const refused = await runReplay({ temporal, namespace, histories: rows });
  const [check, label] = ['p9_replay_refused', 'refused'];
  const finding = { check, label, count: refused.length, examples: refused.slice(0, NAMED) };
  return {
    promise: 'P9',
    title: 'replay',
    figures: [['histories replayed', String(rows.length)]],
    counts: [[label, refused.length]],
    findings: refused.length === 0 ? [] : [finding],
  };
}

async function runReplay(request: object): Promise<Violation[]> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(request));
  const [answer, [code]] = await Promise.all([read(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`the replay ended with ${String(code)}`);
  const refusals: unknown = JSON.parse(answer);
  if (!Array.isArray(refusals)) throw new Error('the replay answered no list');
  return refusals.map((refusal: unknown) => {
    const workflowId = text(at(refusal, 'workflowId')) ?? '';
    const orderId = /^(?:checkout|fulfillment)\/(.+)$/.exec(workflowId)?.[1] ?? null;
    return { orderId, detail: `${workflowId}: ${text(at(refusal, 'reason')) ?? ''}` };
  });
}
