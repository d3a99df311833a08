// Each step of a checkout on the real database: done twice or five times at once it leaves what it leaves once, and a step
// that comes after its unwinding leaves nothing.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { NOW } from '../support/rows.ts';
import {
  type Checkout,
  checkoutAfter,
  checkoutState,
  ON_HAND,
  type Sent,
  type StepName,
  TOTAL,
} from './checkout-steps.ts';

const AT_ONCE = 5;

let database: OwnDatabase;
beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());

function after(names: readonly StepName[], sent?: Sent): Promise<Checkout> {
  return checkoutAfter(database.db, names, sent);
}

function stateOf(made: Checkout): Promise<unknown> {
  return checkoutState(database.db, made);
}

const PLACED: readonly StepName[] = ['placeOrder'];
const COD: Sent = { paymentMethod: 'cod' };

/** Each step with what comes before it, and what it does to the state so that it cannot pass by doing nothing. */
const STEPS: { step: StepName; before: readonly StepName[]; sent?: Sent; leaves: object }[] = [
  {
    step: 'placeOrder',
    before: [],
    leaves: {
      cart: { status: 'checkout', version: 2 },
      stock: [
        [5, 1],
        [5, 2],
      ],
      holds: [{ status: 'HELD' }, { status: 'HELD' }],
      order: { status: 'PENDING', total: TOTAL },
      items: [{ line_total: 1_250 }, { line_total: 2_500 }],
      events: [{ sequence: 1 }],
      mails: null,
    },
  },
  {
    step: 'placeOrder',
    before: [],
    sent: COD,
    leaves: { order: { status: 'AWAITING_CONFIRMATION' }, mails: [{ fact: 'placed' }] },
  },
  {
    step: 'placeOrder',
    before: [],
    sent: { expectedTotal: TOTAL - 1 },
    leaves: {
      cart: { status: 'open', version: 2 },
      'names this order': false,
      checkout: { refusal: { code: 'cart_changed', total: TOTAL } },
      stock: [
        [5, 0],
        [5, 0],
      ],
      holds: null,
      order: null,
    },
  },
  { step: 'notePaymentFailed', before: PLACED, leaves: { order: { status: 'PENDING', payment_status: 'FAILED' } } },
  {
    step: 'completeOrder',
    before: PLACED,
    leaves: {
      order: { status: 'PAID', payment_status: 'PAID', captured: TOTAL },
      cart: { status: 'ordered', version: 3 },
      stock: [
        [4, 0],
        [3, 0],
      ],
      movements: [
        ['sold', -2],
        ['sold', -1],
      ],
      events: [{ to_status: 'PENDING' }, { from_status: 'PENDING', to_status: 'PAID' }],
      mails: [{ fact: 'paid' }],
    },
  },
  {
    step: 'confirmOrder',
    before: PLACED,
    sent: COD,
    leaves: {
      order: { status: 'CONFIRMED', payment_status: 'COD_DUE', captured: 0 },
      cart: { status: 'ordered' },
      stock: [
        [4, 0],
        [3, 0],
      ],
      events: [{ to_status: 'AWAITING_CONFIRMATION' }, { to_status: 'CONFIRMED', actor: 'admin:1' }],
      mails: [{ fact: 'confirmed' }, { fact: 'placed' }],
    },
  },
  {
    step: 'endOrder',
    before: PLACED,
    leaves: {
      order: { status: 'EXPIRED', cancel_reason: 'payment_window_ended' },
      cart: { status: 'open' },
      'names this order': false,
      stock: [
        [5, 0],
        [5, 0],
      ],
      holds: [{ status: 'RELEASED' }, { status: 'RELEASED' }],
      events: [{ to_status: 'PENDING' }, { to_status: 'EXPIRED' }],
      mails: [{ fact: 'expired' }],
    },
  },
  {
    step: 'endOrder',
    before: [],
    leaves: { order: null, events: null, mails: null, cart: { status: 'open' }, 'names this order': false },
  },
  {
    step: 'refuse',
    before: PLACED,
    leaves: {
      order: { status: 'CANCELLED' },
      cart: { status: 'open' },
      checkout: { refusal: { code: 'payment_refused' } },
      mails: null,
    },
  },
];

describe.each(STEPS)('$step after $before', ({ step, before, sent, leaves }) => {
  test('done twice leaves what it leaves once, and answers the same', async () => {
    const made = await after(before, sent);
    const answer = await made.steps[step]();
    const once = await stateOf(made);
    expect(once).toMatchObject(leaves);
    expect(await made.steps[step]()).toEqual(answer);
    expect(await stateOf(made)).toEqual(once);
  });

  test('done several times at once leaves what it leaves once, and answers all the same', async () => {
    const [single, raced] = [await after(before, sent), await after(before, sent)];
    await single.steps[step]();
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => raced.steps[step]()));
    expect(await stateOf(raced)).toEqual(await stateOf(single));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });
});

test('an order that is placed after its unwinding is told so, however it ended, and leaves nothing', async () => {
  for (const [before, ended] of [
    [['endOrder'], 'CANCELLED'],
    [['placeOrder', 'endOrder'], 'EXPIRED'],
    [['placeOrder', 'completeOrder', 'endOrder'], 'PAID'],
  ] as const) {
    const made = await after(before);
    const unwound = await stateOf(made);
    expect(await made.steps.placeOrder()).toEqual({ ended });
    expect(await stateOf(made)).toEqual(unwound);
  }
});

test('an order that is placed while it is unwound leaves what the unwinding leaves: nothing held, nothing live', async () => {
  for (let round = 0; round < 10; round += 1) {
    const made = await after([]);
    await Promise.all([made.steps.placeOrder(), made.steps.endOrder()]);
    expect(await stateOf(made)).toMatchObject({
      stock: [
        [ON_HAND, 0],
        [ON_HAND, 0],
      ],
      cart: { status: 'open' },
    });
    expect(await liveRows(made)).toEqual([]);
  }
});

async function liveRows({ orderId }: Checkout): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT 'order' FROM orders WHERE id = ${orderId} AND status NOT IN ('EXPIRED', 'CANCELLED')
    UNION ALL SELECT 'hold' FROM holds WHERE order_id = ${orderId} AND status = 'HELD'`.execute(database.db);
  return rows;
}

test('a declined payment is not noted on an order that has been paid meanwhile, or has ended', async () => {
  for (const end of ['completeOrder', 'endOrder'] as const) {
    const made = await after([...PLACED, end]);
    const before = await stateOf(made);
    await made.steps.notePaymentFailed();
    expect(await stateOf(made)).toEqual(before);
  }
});

/** What the reservation-expiry workflow leaves of an order's holds when their time is over. */
async function expireHoldsOf({ orderId }: Checkout): Promise<void> {
  await sql`
    WITH expired AS (UPDATE holds SET status = 'EXPIRED', settled_at = ${NOW} WHERE order_id = ${orderId} RETURNING *)
    UPDATE inventory SET reserved = reserved - expired.quantity
    FROM expired WHERE expired.variant_id = inventory.variant_id`.execute(database.db);
}

test('an order whose holds have expired is completed like any other where there is stock', async () => {
  const [made, held] = [await after(PLACED), await after([...PLACED, 'completeOrder'])];
  await expireHoldsOf(made);
  expect(await made.steps.completeOrder()).toBe('done');
  expect(await stateOf(made)).toEqual(await stateOf(held));
});

test('an order whose holds have expired, and whose stock is gone, is not completed, and nothing is changed', async () => {
  const made = await after(PLACED);
  await expireHoldsOf(made);
  await sql`UPDATE inventory SET on_hand = 1 WHERE variant_id IN (SELECT variant_id FROM cart_items WHERE cart_id = ${made.cartId})`.execute(
    database.db,
  );
  const before = await stateOf(made);
  expect(await made.steps.completeOrder()).toBe('not_held');
  expect(await stateOf(made)).toEqual(before);
});

test('an order that is complete is not ended any more: its unwinding is told where it stands', async () => {
  const made = await after([...PLACED, 'completeOrder']);
  expect(await made.steps.endOrder()).toBe('PAID');
  expect(await stateOf(made)).toMatchObject({ order: { status: 'PAID' }, mails: [{ fact: 'paid' }] });
});

test('an order that has ended is not completed any more', async () => {
  const made = await after([...PLACED, 'endOrder']);
  const before = await stateOf(made);
  expect(await made.steps.completeOrder()).toBe('ended');
  expect(await stateOf(made)).toEqual(before);
});

test('an order that is paid and ended at once is one of the two, whole', async () => {
  for (let round = 0; round < 15; round += 1) {
    const made = await after(PLACED);
    await Promise.allSettled(
      round % 2 === 0
        ? [made.steps.completeOrder(), made.steps.endOrder()]
        : [made.steps.endOrder(), made.steps.completeOrder()],
    );
    const state = await stateOf(made);
    const { rows } = await sql<{ status: string }>`SELECT status FROM orders WHERE id = ${made.orderId}`.execute(
      database.db,
    );
    const paid = {
      order: { captured: TOTAL },
      cart: { status: 'ordered' },
      stock: [
        [4, 0],
        [3, 0],
      ],
      mails: [{ fact: 'paid' }],
    };
    const ended = {
      order: { captured: 0 },
      cart: { status: 'open' },
      stock: [
        [5, 0],
        [5, 0],
      ],
      mails: [{ fact: 'expired' }],
    };
    expect(state).toMatchObject(rows[0]?.status === 'PAID' ? paid : ended);
  }
});

test('the prices of the submit stand, whatever the catalog says afterwards', async () => {
  const made = await after(PLACED);
  await sql`UPDATE variants SET price = 9999 WHERE id IN (SELECT variant_id FROM cart_items WHERE cart_id = ${made.cartId})`.execute(
    database.db,
  );
  expect(await made.steps.placeOrder()).toMatchObject({ placed: { total: TOTAL } });
  await made.steps.completeOrder();
  expect(await stateOf(made)).toMatchObject({
    order: { total: TOTAL },
    items: [
      { unit_price: 1_250, line_total: 1_250 },
      { unit_price: 1_250, line_total: 2_500 },
    ],
  });
});

test.each(['completeOrder', 'endOrder'] as const)('%s tells whoever follows the order', async (step) => {
  const made = await after(PLACED);
  expect(made.announced).toEqual([]);
  await made.steps[step]();
  expect(made.announced).toEqual([made.orderId]);
});
