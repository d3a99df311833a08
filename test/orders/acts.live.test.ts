// What people ask of an order over HTTP, on the real database and a Temporal that answers as it is told: the right workflow
// is asked in the right words, whatever has happened in between, and each answer of it has one meaning.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ServiceError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { sql } from 'kysely';
import { closeCart, createCart, reopenCart, startCheckout } from '../../src/cart/store.ts';
import { placeOrderExample } from '../../src/orders/schemas.ts';
import { moveOrder } from '../../src/orders/store.ts';
import { saveIntent } from '../../src/payments/store.ts';
import { newId } from '../../src/platform/ids.ts';
import { hashToken, newCartToken } from '../../src/platform/tokens.ts';
import type { MoveRequest } from '../../workflows/messages.ts';
import { askedShop, type Sent } from '../http/asked-shop.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, intentIdOf, intentOf, LATER, NOW, setStatus } from '../support/rows.ts';

let database: OwnDatabase;
let shop: ReturnType<typeof askedShop>;

beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());
beforeEach(() => {
  shop = askedShop(database.db);
});

const cancel = (orderId: string, sent: Sent = {}) => shop.send(orderId, `orders/${orderId}/cancel`, sent);

function submit(cartToken: string) {
  const headers = { 'X-Cart-Token': cartToken, 'Idempotency-Key': cartToken };
  return shop.ask('POST', 'orders', { headers, json: placeOrderExample });
}

const stands = (orderId: string, status: string) => setStatus(database.db, orderId, status);

/** What a workflow does when it is asked for a cancel. */
async function cancelledBy(orderId: string, { by, requestKey }: MoveRequest): Promise<void> {
  const move = { orderId, from: ['PENDING'], to: 'CANCELLED', paymentStatus: 'NONE', actor: by, note: null } as const;
  await moveOrder(database.db, { ...move, requestKey, now: NOW });
}

const BY_CUSTOMER = expect.objectContaining({ by: 'customer', reason: 'cancelled_by_customer' });

describe('a cancel', () => {
  test.each(['PENDING', 'AWAITING_CONFIRMATION'])('of an order that is %s is put to its checkout', async (status) => {
    const orderId = await insertOrderRow(database.db, { status });
    shop.answers = async () => {
      await stands(orderId, 'CANCELLED');
      return { moved: true, status: 'CANCELLED' };
    };
    expect(await cancel(orderId)).toMatchObject({ status: 200, body: { id: orderId, status: 'CANCELLED' } });
    expect(shop.asked).toEqual([{ workflowId: `checkout/${orderId}`, update: 'cancel', request: BY_CUSTOMER }]);
  });

  test.each(['PAID', 'CONFIRMED', 'PROCESSING'])('of an order that is %s is put to its fulfillment', async (status) => {
    const orderId = await insertOrderRow(database.db, { status });
    shop.answers = () => ({ moved: true, status: 'CANCELLED' });
    expect((await cancel(orderId)).status).toBe(200);
    expect(shop.asked).toEqual([{ workflowId: `fulfillment/${orderId}`, update: 'cancel', request: BY_CUSTOMER }]);
  });

  test.each(['SHIPPED', 'DELIVERED', 'CANCELLED', 'EXPIRED', 'REFUNDED'])(
    'of an order that is %s is refused, and nobody is asked',
    async (status) => {
      const orderId = await insertOrderRow(database.db, { status });
      const refused = await cancel(orderId);
      expect(refused).toMatchObject({ status: 409, body: { code: 'invalid_transition', orderStatus: status } });
      expect(shop.asked).toEqual([]);
    },
  );

  test('that comes too late for the checkout, because the money was faster, goes on to the fulfillment', async () => {
    const orderId = await insertOrderRow(database.db);
    shop.answers = ({ workflowId }) =>
      workflowId.startsWith('checkout/') ? { moved: false, status: 'PAID' } : { moved: true, status: 'CANCELLED' };
    expect((await cancel(orderId)).status).toBe(200);
    expect(shop.asked.map(({ workflowId }) => workflowId)).toEqual([`checkout/${orderId}`, `fulfillment/${orderId}`]);
  });

  test.each([
    ['PAID', { status: 200 }],
    ['EXPIRED', { status: 409, body: { code: 'invalid_transition', orderStatus: 'EXPIRED' } }],
  ])('whose checkout has just ended with the order %s is judged by that', async (status, answer) => {
    const orderId = await insertOrderRow(database.db);
    shop.answers = async ({ workflowId }) => {
      if (workflowId.startsWith('fulfillment/')) return { moved: true, status: 'CANCELLED' };
      await stands(orderId, status);
      throw new WorkflowNotFoundError('workflow execution already completed', workflowId, undefined);
    };
    expect(await cancel(orderId)).toMatchObject(answer);
  });

  test.each(['UnprocessedUpdate', 'AcceptedUpdateCompletedWorkflow'])(
    'that no workflow has judged, because each ended in that moment (%s), is asked again',
    async (type) => {
      const orderId = await insertOrderRow(database.db);
      shop.answers = async ({ workflowId }) => {
        const nth = shop.asked.filter((question) => question.workflowId === workflowId).length;
        const unjudged = new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable('unjudged', type));
        if (nth === 1) throw unjudged;
        if (workflowId.startsWith('fulfillment/')) return { moved: true, status: 'CANCELLED' };
        await stands(orderId, 'PAID');
        throw new WorkflowNotFoundError('workflow execution already completed', workflowId, undefined);
      };
      expect((await cancel(orderId)).status).toBe(200);
    },
  );

  test('that its workflow breaks on is our fault, and is not asked for ever', async () => {
    const orderId = await insertOrderRow(database.db);
    shop.answers = () => {
      throw new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable('broken'));
    };
    expect((await cancel(orderId)).status).toBe(500);
    expect(shop.asked).toHaveLength(1);
  });

  test('that its workflow refuses is refused with where the order stands', async () => {
    const orderId = await insertOrderRow(database.db, { status: 'PROCESSING' });
    shop.answers = () => ({ moved: false, status: 'SHIPPED' });
    const refused = await cancel(orderId);
    expect(refused).toMatchObject({ status: 409, body: { code: 'invalid_transition', orderStatus: 'SHIPPED' } });
  });

  test('while Temporal is away is 503, and may be repeated under the same key', async () => {
    const orderId = await insertOrderRow(database.db);
    shop.answers = () => {
      throw new ServiceError('14 UNAVAILABLE');
    };
    const away = await cancel(orderId, { key: 'again' });
    expect(away).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(away.headers.get('Retry-After')).not.toBeNull();
    shop.answers = () => ({ moved: true, status: 'CANCELLED' });
    expect((await cancel(orderId, { key: 'again' })).status).toBe(200);
  });

  test('whose answer was lost is told the same again under its key; under another, or none, it comes too late', async () => {
    const orderId = await insertOrderRow(database.db);
    shop.answers = async ({ request }) => {
      await cancelledBy(orderId, request as MoveRequest);
      throw new ServiceError('14 UNAVAILABLE');
    };
    expect((await cancel(orderId, { key: 'lost' })).status).toBe(503);
    expect(await cancel(orderId, { key: 'lost' })).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
    for (const key of ['another', null]) expect((await cancel(orderId, { key })).status).toBe(409);
    expect(shop.asked).toHaveLength(1);
  });

  test('that is repeated under its key while the first is still running gets the same answer, and waits for no other', async () => {
    const orderId = await insertOrderRow(database.db);
    const { promise: bothAsked, resolve } = Promise.withResolvers<void>();
    // The workflow makes the two requests one.
    let move: Promise<void> | undefined;
    shop.answers = async ({ request }) => {
      if (shop.asked.length === 2) resolve();
      await bothAsked;
      move ??= cancelledBy(orderId, request as MoveRequest);
      await move;
      return { moved: true, status: 'CANCELLED' };
    };
    const both = await Promise.all([cancel(orderId, { key: 'twice' }), cancel(orderId, { key: 'twice' })]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('takes {} or nothing, by PUT and by PATCH, and no other field', async () => {
    shop.answers = () => ({ moved: true, status: 'CANCELLED' });
    const orders = await Promise.all(Array.from({ length: 3 }, () => insertOrderRow(database.db)));
    const [first = '', second = '', third = ''] = orders;
    expect((await cancel(first, { json: {} })).status).toBe(200);
    expect((await cancel(second, { method: 'PATCH' })).status).toBe(200);
    expect((await cancel(third, { json: { reason: 'dear' } })).status).toBe(422);
  });
});

test('a cart whose order ends while it is submitted is ordered again at once', async () => {
  const [cartToken, next] = [newCartToken(), newId(NOW)];
  const first = await cartInCheckout(cartToken);
  shop.answers = async ({ workflowId }) => {
    if (workflowId === `checkout/${next}`) {
      await insertOrderRow(database.db, { id: next, cart_id: first.cartId, status: 'AWAITING_CONFIRMATION' });
    } else {
      await insertOrderRow(database.db, { id: first.orderId, cart_id: first.cartId, status: 'EXPIRED' });
      await reopenCart(database.db, { ...first, nextOrderId: next, now: NOW });
    }
    return { outcome: 'placed' };
  };
  const placed = await submit(cartToken);
  expect(placed).toMatchObject({ status: 201, body: { order: { id: next } } });
  expect(shop.asked.map(({ workflowId }) => workflowId)).toEqual([`checkout/${first.orderId}`, `checkout/${next}`]);
});

test('a cart whose order was paid and cancelled while it is submitted is answered with that order, at once', async () => {
  const cartToken = newCartToken();
  const first = await cartInCheckout(cartToken);
  shop.answers = async () => {
    await insertOrderRow(database.db, { id: first.orderId, cart_id: first.cartId, status: 'CANCELLED' });
    await closeCart(database.db, first.orderId, NOW).execute();
    return { outcome: 'placed' };
  };
  const placed = await submit(cartToken);
  expect(placed).toMatchObject({ status: 201, body: { order: { id: first.orderId, status: 'CANCELLED' } } });
  expect(shop.asked).toHaveLength(1);
});

async function cartInCheckout(cartToken: string): Promise<{ cartId: string; orderId: string }> {
  const [id, nextOrderId] = [newId(NOW), newId(NOW)];
  const tokenHash = hashToken(cartToken);
  await createCart(database.db, { id, nextOrderId, tokenHash, currency: 'usd', expiresAt: LATER, now: NOW });
  await startCheckout(database.db, id, NOW).execute();
  return { cartId: id, orderId: nextOrderId };
}

test('nothing of an order is there for anybody without its own token', async () => {
  const [mine, theirs] = [await insertOrderRow(database.db), await insertOrderRow(database.db)];
  await saveIntent(database.db, newId(NOW), intentOf(mine, 1), NOW);
  const { send, tokenOf } = shop;
  const routes: [string, Sent][] = [
    [`orders/${mine}`, { method: 'GET' }],
    [`orders/${mine}/track`, { method: 'GET' }],
    [`orders/${mine}/cancel`, {}],
    [`payments/order/${mine}`, { method: 'GET' }],
    [`payments/${intentIdOf(mine, 1)}`, { method: 'GET' }],
    [`payments/${intentIdOf(mine, 1)}/retry`, { method: 'POST' }],
    ['payments/create-intent', { method: 'POST', json: { orderId: mine } }],
  ];
  for (const [path, sent] of routes) {
    for (const token of [null, '', tokenOf(theirs)]) {
      expect([path, (await send(mine, path, { ...sent, token })).body['code']]).toEqual([path, 'not_found']);
    }
  }
  expect(shop.asked).toEqual([]);
});

test("the customer reads an order's story without the names of the staff", async () => {
  const orderId = await insertOrderRow(database.db, { status: 'CONFIRMED' });
  const { send } = shop;
  await sql`INSERT INTO order_events (order_id, sequence, from_status, to_status, actor, note, created_at) VALUES
    (${orderId}, 2, 'AWAITING_CONFIRMATION', 'CONFIRMED', ${`admin:${newId(NOW)}`}, 'confirmed_by_shop', ${NOW}),
    (${orderId}, 1, NULL, 'AWAITING_CONFIRMATION', 'customer', NULL, ${NOW})`.execute(database.db);
  const at = NOW.toISOString();
  expect((await send(orderId, `orders/${orderId}/track`, { method: 'GET' })).body).toMatchObject({
    status: 'CONFIRMED',
    events: [
      { sequence: 1, from: null, to: 'AWAITING_CONFIRMATION', actor: 'customer', note: null, at },
      { sequence: 2, from: 'AWAITING_CONFIRMATION', to: 'CONFIRMED', actor: 'admin', note: 'confirmed_by_shop', at },
    ],
    shipments: [],
  });
});
