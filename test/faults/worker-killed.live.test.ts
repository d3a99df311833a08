// The worker is killed with -9 while an order is on its way. The order goes on by itself where it was (P5).
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { control } from '../support/backstage.ts';
import { type Answer, call, newShopper, type PlacedBody, pay, type Shopper, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;
let api: string;

beforeAll(async () => {
  shop = await startStack({ env: {} });
  api = shop.api;
});

afterAll(async () => {
  await shop.stop();
});

async function workerPid(): Promise<number | undefined> {
  return (await shop.read())?.pids.worker[0] ?? undefined;
}

async function killWorker(): Promise<void> {
  const pid = await workerPid();
  process.kill(pid as number, 'SIGKILL');
  await until('another worker has come', async () => {
    const next = await workerPid();
    return next !== undefined && next !== pid;
  });
}

async function available(variantId: string): Promise<number> {
  const { body } = await newShopper(api).add(variantId);
  return body.items[0]?.available ?? Number.NaN;
}

/** Repeats under the same key, as clients do, for as long as the answer is "not now". */
async function submitUntilAnswered(shopper: Shopper, key: string): Promise<Answer<PlacedBody>> {
  return until(
    'the submit is answered',
    async () => {
      const answer = await shopper.submit({ paymentMethod: 'card', key });
      return answer.status !== 503 && answer;
    },
    60_000,
  );
}

async function isPaid(shopper: Shopper, placed: PlacedBody): Promise<void> {
  await until('the order is PAID', async () => (await shopper.order(placed)).body.status === 'PAID', 60_000);
}

test('killed between the order and its payment: the order is PAID', async () => {
  const variant = await variantOf(api, 'BULK-01');
  const shopper = newShopper(api);
  await shopper.add(variant);
  const { body } = await shopper.submit({ paymentMethod: 'card' });
  await killWorker();
  await pay(shop.stack, body.payment);
  await isPaid(shopper, body);
});

test('killed while it creates the intent, after the hold: one order, one intent, stock held once, and PAID', async () => {
  const variant = await variantOf(api, 'BULK-02');
  const before = await available(variant);
  const shopper = newShopper(api);
  await shopper.add(variant, 3);
  const fault = { method: 'POST', path: '/v1/payment_intents', times: 1, kind: 'latency', ms: 4_000 };
  await control(shop.stack, 'faults', fault);
  const key = 'killed-between-hold-and-intent';
  const first = submitUntilAnswered(shopper, key);
  await until('the stock is held', async () => (await available(variant)) === before - 3);
  await killWorker();

  const { status, body } = await first;
  expect(status).toBe(201);
  expect(await available(variant)).toBe(before - 3);
  const intents = await call<{ id: string; metadata: { orderId?: string } }[]>(
    `${shop.stack.stripe}/_sim/payment_intents`,
  );
  const ours = intents.body.filter(({ metadata }) => metadata.orderId === body.order.id);
  expect(ours.map(({ id }) => id)).toEqual([body.payment?.intentId]);
  await pay(shop.stack, body.payment);
  await isPaid(shopper, body);
  expect(await available(variant)).toBe(before - 3);
});
