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

/** Every end of an order, by every way that leads there, and what goes on around it. */
const ENDS = [
  'checkout-card-paid',
  'checkout-card-patient-paid',
  'checkout-card-second-attempt-paid',
  'checkout-card-cancelled',
  'checkout-card-expired',
  'checkout-card-mismatch',
  'checkout-cod-confirmed',
  'checkout-cod-rejected',
  'checkout-cod-expired',
  'checkout-free-paid',
  'checkout-out-of-stock',
  'checkout-coupon-refused',
  'checkout-stopped-by-operator',
  'checkout-resumed-paid',
  'checkout-resumed-expired',
  'fulfillment-cancelled',
  'late-payment-refunded',
  'late-payment-woke-checkout',
  'refund-succeeded',
  'refund-failed',
  'mailer-running',
  'reservation-expiry-running',
];

test('every way in which an order ends has been recorded', () => {
  expect(recorded.map((file) => file.replace(/\.json$/, ''))).toEqual(expect.arrayContaining(ENDS));
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
