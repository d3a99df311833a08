// P1: one cart becomes at most one live order, and every caller gets it. Fifty callers, two API processes, two workers; one
// key, many keys, callers whose connection is cut, and an API process that hangs while the other one answers.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { control, rowsOf } from '../support/backstage.ts';
import { newShopper, pay, statusBecomes, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';
import { type GuestCart, guestCart, type SubmitAnswer, submit, submitOnSocket } from './carts.ts';
import { intentIdsOf, orderIdsOf } from './facts.ts';
import { freeze } from './parts.ts';

const CALLERS = 50;
/** How long Stripe takes for an intent that is to be caught on its way. Well below the API's limit for an answer. */
const SLOW_INTENT_MS = 2_000;

let shop: RunningStack;
let apis: string[];
let bulk: string;

beforeAll(async () => {
  shop = await startStack({ env: { API_PROCESSES: '2', WORKER_PROCESSES: '2' } });
  apis = shop.stack.api;
  bulk = await variantOf(apiOf(0), 'BULK');
});

afterAll(async () => {
  await shop.stop();
});

/** The API process of the n-th caller. */
function apiOf(n: number): string {
  return apis[n % apis.length] as string;
}

function submitAll(cart: GuestCart, keyOf: (n: number) => string): Promise<SubmitAnswer[]> {
  return Promise.all(Array.from({ length: CALLERS }, (_, n) => submit(apiOf(n), cart, { key: keyOf(n) })));
}

async function nextIntentIsSlow(): Promise<void> {
  const fault = { method: 'POST', path: '/v1/payment_intents', times: 1, kind: 'latency', ms: SLOW_INTENT_MS };
  await control(shop.stack, 'faults', fault);
}

async function stockIsHeldFor({ email }: GuestCart): Promise<void> {
  await until('the stock is held', async () => {
    const holds = await rowsOf(
      shop.stack,
      `SELECT FROM holds JOIN checkouts USING (order_id) WHERE email = $1 AND status = 'HELD'`,
      email,
    );
    return holds.length > 0;
  });
}

/** All of them got the same order, whole; and there is one of everything. */
async function expectOneOrder(cart: GuestCart, answers: SubmitAnswer[]): Promise<SubmitAnswer['body']> {
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  const [first] = answers;
  if (first?.body.payment == null) throw new Error('there is no payment in the answer');
  for (const { body } of answers) expect(body).toEqual(first.body);
  const { order, payment } = first.body;
  expect(order).toMatchObject({ status: 'PENDING', accessToken: expect.any(String), number: expect.any(String) });
  expect(payment).toMatchObject({ clientSecret: expect.stringContaining(payment.intentId) });
  expect(await orderIdsOf(shop.stack, cart.email)).toEqual([order.id]);
  expect(await intentIdsOf(shop.stack, order.id)).toEqual([payment.intentId]);
  expect(await rowsOf(shop.stack, 'SELECT status, quantity FROM holds WHERE order_id = $1', order.id)).toEqual([
    { status: 'HELD', quantity: 1 },
  ]);
  return first.body;
}

test('50 callers with one key get one order; the key replays it, and refuses another body', async () => {
  expect(apis).toHaveLength(2);
  const cart = await guestCart(apiOf(0), [bulk]);
  const key = randomUUID();
  const body = await expectOneOrder(cart, await submitAll(cart, () => key));
  for (const api of apis) {
    const replay = await submit(api, cart, { key });
    expect(replay).toMatchObject({ status: 201, body });
    expect(replay.headers.get('Idempotent-Replayed')).toBe('true');
    const other = await submit(api, cart, { key, paymentMethod: 'cod' });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  }
});

test('50 callers with 50 keys get one order, and every key replays it afterwards', async () => {
  const cart = await guestCart(apiOf(0), [bulk]);
  const keys = Array.from({ length: CALLERS }, () => randomUUID());
  const keyOf = (n: number) => keys[n] as string;
  const body = await expectOneOrder(cart, await submitAll(cart, keyOf));
  const replays = await submitAll(cart, keyOf);
  expect(replays.map(({ headers }) => headers.get('Idempotent-Replayed'))).toEqual(keys.map(() => 'true'));
  expect(await expectOneOrder(cart, replays)).toEqual(body);
});

/** How far the first caller gets before its connection is cut. */
const CUTS: [string, (cart: GuestCart, key: string) => Promise<void>][] = [
  [
    'in the middle of its body',
    async (cart, key) => {
      (await submitOnSocket(apiOf(0), cart, { key }, 0.5)).destroy();
    },
  ],
  [
    'right after its last byte',
    async (cart, key) => {
      (await submitOnSocket(apiOf(0), cart, { key }, 1)).destroy();
    },
  ],
  [
    'while its order is being made',
    async (cart, key) => {
      await nextIntentIsSlow();
      const socket = await submitOnSocket(apiOf(0), cart, { key }, 1);
      await stockIsHeldFor(cart);
      socket.destroy();
    },
  ],
];

test.each(CUTS)('50 callers after one whose connection was cut %s get one order', async (_when, cutShort) => {
  const cart = await guestCart(apiOf(0), [bulk]);
  const [cut, shared] = [randomUUID(), randomUUID()];
  await cutShort(cart, cut);
  const body = await expectOneOrder(cart, await submitAll(cart, (n) => [cut, shared, randomUUID()][n % 3] as string));
  expect((await submit(apiOf(1), cart, { key: cut })).body).toEqual(body);
});

test('no caller waits for another: while the API process of half of them hangs, the others have their answer', async () => {
  const cart = await guestCart(apiOf(0), [bulk]);
  await nextIntentIsSlow();
  let answered = 0;
  const hanging = Array.from({ length: CALLERS / 2 }, async () => {
    const answer = await submit(apiOf(0), cart);
    answered += 1;
    return answer;
  });
  await stockIsHeldFor(cart);
  const thaw = freeze(shop.stack.pids.api[0]);
  const others = await Promise.all(Array.from({ length: CALLERS / 2 }, () => submit(apiOf(1), cart))).finally(() => {
    expect(answered).toBe(0);
    thaw();
  });
  await expectOneOrder(cart, [...others, ...(await Promise.all(hanging))]);
});

test('the cart of a PAID order answers with that order; a key from before replays what it said then', async () => {
  const cart = await guestCart(apiOf(0), [bulk]);
  const key = randomUUID();
  const { body: placed } = await submit(apiOf(0), cart, { key });
  await pay(shop.stack, placed.payment);
  await statusBecomes(() => newShopper(apiOf(0)).order(placed), 'PAID');
  const { id, number, total, accessToken } = placed.order;
  const answers = await submitAll(cart, () => randomUUID());
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 201, body: { order: { id, number, total, accessToken, status: 'PAID' } } });
  }
  expect(await orderIdsOf(shop.stack, cart.email)).toEqual([id]);
  const replay = await submit(apiOf(1), cart, { key });
  expect(replay).toMatchObject({ status: 201, body: placed });
  expect(replay.headers.get('Idempotent-Replayed')).toBe('true');
});
