// P10: losing Redis costs speed, not correctness; losing Temporal or PostgreSQL costs availability (503 with Retry-After),
// not data. Each is killed with -9 and kept away, and frozen, which is worse: nothing is refused, nothing is answered.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, call, newShopper, pay, paymentOf, statusBecomes, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';
import { type GuestCart, guestCart, type SubmitAnswer, submit } from './carts.ts';
import { intentIdsOf, movesOf, orderIdsOf, written } from './facts.ts';
import { freeze, freezePostgres, type GiveBack, keepDead, killAndFreeze } from './parts.ts';

/** What the API promises of an answer and of its readiness while a dependency is away (architecture: P10). */
const ANSWER_WITHIN_MS = 10_000;
const UNREADY_WITHIN_MS = 15_000;
/** So many repeat a submit at once. */
const CALLERS = 5;
/** A part that was killed starts anew, and all who lost it connect again. */
const BACK_WITHIN_MS = 60_000;

let shop: RunningStack;
let api: string;
let bulk: string;

beforeAll(async () => {
  shop = await startStack({ own: true });
  api = shop.api;
  bulk = await variantOf(api, 'BULK');
});

afterAll(async () => {
  await shop.stop();
});

interface Health {
  status: string;
  dependencies: { redis: { status: string } };
}

async function health(path: string): Promise<Answer<Health>> {
  return call<Health>(`${api}/health${path}`);
}

async function becomesReady(): Promise<void> {
  await until('it is ready again', async () => (await health('/ready')).status === 200, BACK_WITHIN_MS);
}

/** Pays, and waits until the order is PAID; exactly once. */
async function payFor(answer: SubmitAnswer): Promise<void> {
  await pay(shop.stack, answer.body.payment);
  await statusBecomes(() => newShopper(api).order(answer.body), 'PAID');
  expect(await movesOf(shop.stack, answer.body.order.id)).toEqual(['PENDING', 'PAID']);
}

/** The same submit until it is answered, as a client repeats it under one key; and there is one of everything. */
async function submitAgain(cart: GuestCart, key: string): Promise<SubmitAnswer> {
  const answer = await until(
    'the submit is answered',
    async () => {
      const again = await submit(api, cart, { key });
      return again.status !== 503 && again;
    },
    BACK_WITHIN_MS,
  );
  expect(answer.status).toBe(201);
  const { id } = answer.body.order;
  expect(await orderIdsOf(shop.stack, cart.email)).toEqual([id]);
  expect(await intentIdsOf(shop.stack, id)).toEqual([paymentOf(answer.body).intentId]);
  return answer;
}

const REDIS_AWAY: [string, () => Promise<() => unknown>][] = [
  ['killed with -9 whenever it comes back', async () => keepDead(shop, 'redis')],
  ['frozen', async () => freeze((await shop.read())?.pids.redis)],
];

test.each(REDIS_AWAY)(
  'while Redis is %s, orders are placed and paid, and health says degraded',
  async (_how, takeAway) => {
    const giveBack = await takeAway();
    try {
      await until('it is told', async () => (await health('')).body.status === 'degraded');
      const carts = await Promise.all(Array.from({ length: 4 }, () => guestCart(api, [bulk])));
      const answers = await Promise.all(carts.map((cart) => submit(api, cart, { within: ANSWER_WITHIN_MS })));
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
      await Promise.all(answers.map(payFor));
      expect((await health('/ready')).status).toBe(200);
      expect((await health('')).body).toMatchObject({
        status: 'degraded',
        dependencies: { redis: { status: 'down' } },
      });
    } finally {
      await giveBack();
    }
    await until('it is back', async () => (await health('')).body.status === 'ok');
  },
);

/** Every caller is told to come back, in time, and readiness is gone, in time. */
async function expectUnavailable(cart: GuestCart, key: string): Promise<void> {
  const [answers] = await Promise.all([
    Promise.all(Array.from({ length: CALLERS }, () => submit(api, cart, { key, within: ANSWER_WITHIN_MS }))),
    until('it is not ready', async () => (await health('/ready')).status === 503, UNREADY_WITHIN_MS),
  ]);
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
  }
}

const TEMPORAL_AWAY: [string, () => Promise<GiveBack>][] = [
  ['frozen', async () => freeze((await shop.read())?.pids.temporal)],
  ['killed with -9', async () => killAndFreeze(shop, 'temporal')],
];

describe.each(TEMPORAL_AWAY)('while Temporal is %s', (_how, takeAway) => {
  test('a submit is 503 and nothing is written; afterwards it makes its order, and what was paid meanwhile is PAID', async () => {
    const before = await submit(api, await guestCart(api, [bulk]));
    const [cart, key] = [await guestCart(api, [bulk]), randomUUID()];
    const rows = await written(shop.stack);
    const giveBack = await takeAway();
    try {
      await pay(shop.stack, before.body.payment);
      await expectUnavailable(cart, key);
      expect(await written(shop.stack)).toEqual(rows);
    } finally {
      giveBack();
    }
    await becomesReady();
    await payFor(await submitAgain(cart, key));
    await statusBecomes(() => newShopper(api).order(before.body), 'PAID');
    expect(await movesOf(shop.stack, before.body.order.id)).toEqual(['PENDING', 'PAID']);
  });
});

const POSTGRES_AWAY: [string, () => Promise<GiveBack>][] = [
  ['frozen', async () => freezePostgres((await shop.read()) ?? shop.stack)],
  ['killed with -9', async () => killAndFreeze(shop, 'postgres')],
];

describe.each(POSTGRES_AWAY)('while PostgreSQL is %s', (_how, takeAway) => {
  test('a submit is 503; afterwards nothing was written, it makes its order, and what was paid meanwhile is PAID', async () => {
    const before = await submit(api, await guestCart(api, [bulk]));
    const [cart, key] = [await guestCart(api, [bulk]), randomUUID()];
    // Several callers at once, whatever connections they meet.
    await Promise.all(Array.from({ length: CALLERS }, () => health('')));
    const giveBack = await takeAway();
    try {
      await pay(shop.stack, before.body.payment);
      await expectUnavailable(cart, key);
    } finally {
      giveBack();
    }
    await becomesReady();
    expect(await orderIdsOf(shop.stack, cart.email)).toEqual([]);
    await payFor(await submitAgain(cart, key));
    await statusBecomes(() => newShopper(api).order(before.body), 'PAID');
    expect(await movesOf(shop.stack, before.body.order.id)).toEqual(['PENDING', 'PAID']);
  });
});
