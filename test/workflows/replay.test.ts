import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';

const FOLDER = join(import.meta.dirname, '../histories');
const recorded = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const logger = new DefaultLogger('ERROR');

function bundle(workflows: string): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({ workflowsPath: join(import.meta.dirname, workflows), logger });
}

async function replay(workflowBundle: WorkflowBundleWithSourceMap, file: string): Promise<void> {
  const history: unknown = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle }, history);
}

let ours: WorkflowBundleWithSourceMap;
let broken: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  const logging = { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR' }) };
  Runtime.install({ logger, telemetryOptions: { logging } });
  ours = await bundle('../../workflows/index.ts');
  broken = await bundle('broken-twin/index.ts');
});

test('every way in which a checkout ends has been recorded', () => {
  const outcomes = ['card-paid', 'card-expired', 'cod-expired', 'refused'].map((outcome) => `checkout-${outcome}.json`);
  expect(recorded).toEqual(expect.arrayContaining(outcomes));
});

describe.each(recorded)('the recorded history %s', (file) => {
  test('replays on the workflows of this commit', async () => {
    await expect(replay(ours, file)).resolves.toBeUndefined();
  });
});

test.each(recorded)("%s carries ids and amounts, and nobody's name, address or mail", (file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  const payloads = [...text.matchAll(/"data": "([^"]+)"/g)].map(([, data]) =>
    Buffer.from(data ?? '', 'base64').toString(),
  );
  expect(payloads.length).toBeGreaterThan(0);
  expect(text + payloads.join('\n')).not.toMatch(/\bAda\b|example\.com|London|_secret_/);
});

test.each(recorded.filter((file) => file.startsWith('checkout-')))(
  'a broken twin of the checkout is refused by %s',
  async (file) => {
    await expect(replay(broken, file)).rejects.toBeInstanceOf(DeterminismViolationError);
  },
);
