// P2: stock is never oversold and never leaks. Forty buyers of three units at once, over two API and two worker processes,
// round after round; and many-line carts in opposite order. All the while `reserved` is the sum of the live holds.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { rowsOf } from '../support/backstage.ts';
import { type StockedVariant, stockedVariant, stockOf } from '../support/rows.ts';
import { newShopper, pay, statusBecomes } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { type GuestCart, guestCart, type SubmitAnswer, submit } from './carts.ts';
import { type Samples, watchStock } from './stock-sampler.ts';

const UNITS = 3;
const BUYERS = 40;
const ROUNDS = 20;

let shop: RunningStack;
let db: Database;

beforeAll(async () => {
  shop = await startStack({ env: { API_PROCESSES: '2', WORKER_PROCESSES: '2' } });
  const limits = { DATABASE_POOL_SIZE: 2, DATABASE_STATEMENT_TIMEOUT: 30, DATABASE_LOCK_TIMEOUT: 30 };
  db = openDatabase({ DATABASE_URL: shop.stack.databaseUrl, ...limits }, pino({ level: 'silent' }));
});

afterAll(async () => {
  await db.destroy();
  await shop.stop();
});

function apiOf(n: number): string {
  return shop.stack.api[n % shop.stack.api.length] as string;
}

/** All carts are submitted in one moment, over both API processes. */
function submitAtOnce(carts: GuestCart[]): Promise<SubmitAnswer[]> {
  return Promise.all(carts.map((cart, n) => submit(apiOf(n), cart)));
}

/** So many got an order, and each of the others was told which lines were short. */
function expectSold(answers: SubmitAnswer[], units: number, variants: StockedVariant[]): SubmitAnswer[] {
  const placed = answers.filter(({ status }) => status === 201);
  expect(placed).toHaveLength(units);
  const short = variants.map(({ id, sku }) => ({ variantId: id, sku, requested: 1, available: 0 }));
  for (const { status, body } of answers) {
    if (status === 201) continue;
    expect(body).toMatchObject({ status: 409, code: 'out_of_stock', items: expect.arrayContaining(short) });
    expect(body.items).toHaveLength(short.length);
  }
  return placed;
}

async function payAll(answers: SubmitAnswer[]): Promise<void> {
  await Promise.all(
    answers.map(async ({ body }) => {
      await pay(shop.stack, body.payment);
      await statusBecomes(() => newShopper(apiOf(0)).order(body), 'PAID');
    }),
  );
}

/** It was looked often, stock was seen to come and go, and it was never seen wrong. */
function expectRight({ taken, reserved, wrong }: Samples, looks: number): void {
  expect(wrong).toEqual([]);
  expect(taken).toBeGreaterThanOrEqual(looks);
  expect(reserved.size).toBeGreaterThan(UNITS);
}

/** One variant, three units, forty carts in one moment; one of the three orders is paid. */
async function oneRound(): Promise<void> {
  const variant = await stockedVariant(db, UNITS);
  const carts = await Promise.all(Array.from({ length: BUYERS }, (_, n) => guestCart(apiOf(n), [variant.id])));
  const placed = expectSold(await submitAtOnce(carts), UNITS, [variant]);
  expect(await stockOf(db, [variant])).toEqual([{ onHand: UNITS, reserved: UNITS, held: UNITS }]);
  await payAll(placed.slice(0, 1));
  expect(await stockOf(db, [variant])).toEqual([{ onHand: UNITS - 1, reserved: UNITS - 1, held: UNITS - 1 }]);
}

test('3 units and 40 buyers at once, 20 times: exactly 3 orders each time, 37 are told, and the stock is right at every moment', async () => {
  expect([shop.stack.api.length, shop.stack.pids.worker.length]).toEqual([2, 2]);
  const samples = await watchStock(shop.stack.databaseUrl, async () => {
    for (let round = 0; round < ROUNDS; round += 1) await oneRound();
  });
  expectRight(samples, ROUNDS * BUYERS);
});

test('carts over the same variants in opposite order, 40 at once: exactly as many orders as there is stock, and no deadlock', async () => {
  const variants = await Promise.all(Array.from({ length: 4 }, () => stockedVariant(db, UNITS)));
  const ids = variants.map(({ id }) => id);
  const carts = await Promise.all(
    Array.from({ length: BUYERS }, (_, n) => guestCart(apiOf(n), n % 4 < 2 ? ids : ids.toReversed())),
  );
  const samples = await watchStock(shop.stack.databaseUrl, async () => {
    await payAll(expectSold(await submitAtOnce(carts), UNITS, variants));
  });
  expect(await stockOf(db, variants)).toEqual(variants.map(() => ({ onHand: 0, reserved: 0, held: 0 })));
  expectRight(samples, BUYERS);
  expect(await deadlocks()).toBe(0);
});

/** How many the shop's database has had. Its connections are ended first: each reports its counts then at the latest. */
async function deadlocks(): Promise<number> {
  await rowsOf(
    shop.stack,
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  const query = 'SELECT deadlocks::integer FROM pg_stat_database WHERE datname = current_database()';
  const [row] = await rowsOf<{ deadlocks: number }>(shop.stack, query);
  return row?.deadlocks ?? Number.NaN;
}
