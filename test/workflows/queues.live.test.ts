// Each task queue's workers are started and stopped alone: the path that every order takes needs no worker of `payments`, and
// what does need one waits for it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { childEnvironment } from '../../src/config.ts';
import { launch } from '../../src/local/launch.ts';
import { newShopper, type PlacedBody, pay, type Shopper, statusBecomes, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;
let bulk: string;

beforeAll(async () => {
  shop = await startStack({ env: { WORKER_PROCESSES: '0' } });
  bulk = await variantOf(shop.api, 'BULK');
});
afterAll(async () => {
  for (const stop of running) stop();
  await shop.stop();
});

/** What ends the workers of this test. */
const running: (() => void)[] = [];

/** A worker of these queues. Gives what ends it, as an accident does. */
function startWorker(queues: string): () => void {
  const { stack, home, api } = shop;
  const secrets: { tokenSecret: string } = JSON.parse(readFileSync(join(home, 'secrets.json'), 'utf8'));
  const settings = {
    DATABASE_URL: stack.databaseUrl,
    TEMPORAL_ADDRESS: stack.temporal,
    TEMPORAL_NAMESPACE: stack.namespace,
    STRIPE_SECRET_KEY: stack.stripeSecretKey,
    STRIPE_API_BASE: stack.stripe,
    SMTP_URL: `smtp://${stack.smtp}`,
    PUBLIC_URL: api,
    TOKEN_SECRET: secrets.tokenSecret,
    PAYMENTS_PER_SECOND: '50',
    LOG_LEVEL: 'silent',
  };
  const args = ['src/main.ts', 'worker', '--queues', queues];
  const worker = launch({ program: process.execPath, args, env: childEnvironment(settings) });
  const stop = () => {
    worker.kill('SIGKILL');
  };
  running.push(stop);
  return stop;
}

async function ordered(): Promise<{ shopper: Shopper; placed: PlacedBody }> {
  const shopper = newShopper(shop.api);
  await shopper.add(bulk);
  const answer = await until('the order is placed', async () => {
    const submitted = await shopper.submit({ paymentMethod: 'card', key: 'until-a-worker-comes' });
    return submitted.status !== 503 && submitted;
  });
  expect(answer.status).toBe(201);
  return { shopper, placed: answer.body };
}

test('orders are placed and paid without a worker of `payments`; a cancel waits for one and is made when it comes', async () => {
  startWorker('orders,email');
  const paid = await ordered();
  await pay(shop.stack, paid.placed.payment);
  await statusBecomes(() => paid.shopper.order(paid.placed), 'PAID');

  const waiting = await ordered();
  expect((await waiting.shopper.cancel(waiting.placed)).status).toBe(503);
  expect((await waiting.shopper.order(waiting.placed)).body.status).toBe('PENDING');
  const stopPayments = startWorker('payments');
  await statusBecomes(() => waiting.shopper.order(waiting.placed), 'CANCELLED');

  stopPayments();
  const after = await ordered();
  await pay(shop.stack, after.placed.payment);
  await statusBecomes(() => after.shopper.order(after.placed), 'PAID');
});
