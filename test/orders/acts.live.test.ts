// What people ask of an order over HTTP, on the real database and a Temporal that answers as it is told: the right workflow
// is asked in the right words, whatever has happened in between, and each answer of it has one meaning.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ServiceError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { sql } from 'kysely';
import { closeCart, createCart, reopenCart, startCheckout } from '../../src/cart/store.ts';
import { createApp } from '../../src/http/app.ts';
import { orderRoutes } from '../../src/orders/routes.ts';
import type { CheckoutAnswer, IntentAnswer, MoveAnswer } from '../../src/orders/rules.ts';
import { placeOrderExample } from '../../src/orders/schemas.ts';
import { moveOrder } from '../../src/orders/store.ts';
import { paymentRoutes } from '../../src/payments/routes.ts';
import { saveIntent } from '../../src/payments/store.ts';
import { newId } from '../../src/platform/ids.ts';
import type { TemporalClient } from '../../src/platform/temporal.ts';
import { hashToken, newCartToken, orderToken } from '../../src/platform/tokens.ts';
import type { MoveRequest } from '../../workflows/messages.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, LATER, NOW } from '../support/rows.ts';

interface Asked {
  workflowId: string;
  update: string;
  request: unknown;
}

type WorkflowAnswer = CheckoutAnswer | MoveAnswer | IntentAnswer;

let database: OwnDatabase;
/** What Temporal has been asked, and what it answers. */
let asked: Asked[];
let answers: (question: Asked) => WorkflowAnswer | Promise<WorkflowAnswer>;

beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());
beforeEach(() => {
  asked = [];
  answers = () => {
    throw new Error('nothing should be asked');
  };
});

/** The part of the client that asks workflows. */
function temporalDouble(): TemporalClient {
  const ask = async (workflowId: string, { name }: { name: string }, [request]: unknown[] = []) => {
    const question = { workflowId, update: name, request };
    asked.push(question);
    return answers(question);
  };
  const workflow = {
    getHandle: (id: string) => ({
      executeUpdate: (update: { name: string }, options: { args?: unknown[] } = {}) => ask(id, update, options.args),
    }),
    executeUpdateWithStart: (update: { name: string }, options: WithStart) =>
      ask(options.startWorkflowOperation.options.workflowId, update, options.args),
  };
  const client = { workflow, withDeadline: (_deadline: number, call: () => unknown) => call() };
  return { client } as unknown as TemporalClient;
}
interface WithStart {
  args?: unknown[];
  startWorkflowOperation: { options: { workflowId: string } };
}

interface Sent {
  method?: string;
  token?: string | null;
  key?: string | null;
  json?: unknown;
}

function shop() {
  const { deps } = floor(null, {}, { db: database.db, clock: () => NOW, temporal: temporalDouble() });
  const app = createApp(deps, [orderRoutes, paymentRoutes]);
  const tokenOf = (orderId: string) => orderToken(deps.config.TOKEN_SECRET, orderId);
  /** As the owner of the order, unless told. */
  const send = async (orderId: string, path: string, sent: Sent = {}) => {
    const { method = 'PUT', token = tokenOf(orderId), key = newId(new Date()), json } = sent;
    const response = await app.request(`/api/v1/${path}`, {
      method,
      headers: {
        ...(token !== null && { 'X-Order-Token': token }),
        ...(key !== null && { 'Idempotency-Key': key }),
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  };
  const cancel = (orderId: string, sent: Sent = {}) => send(orderId, `orders/${orderId}/cancel`, sent);
  const submit = async (cartToken: string) => {
    const response = await app.request('/api/v1/orders', {
      method: 'POST',
      headers: { 'X-Cart-Token': cartToken, 'Idempotency-Key': cartToken, 'Content-Type': 'application/json' },
      body: JSON.stringify(placeOrderExample),
    });
    return { status: response.status, body: await response.json() };
  };
  return { send, cancel, submit, tokenOf };
}

async function stands(orderId: string, status: string): Promise<void> {
  await sql`UPDATE orders SET status = ${status} WHERE id = ${orderId}`.execute(database.db);
}

/** What a workflow does when it is asked for a cancel. */
async function cancelledBy(orderId: string, { by, requestKey }: MoveRequest): Promise<void> {
  const move = { orderId, from: ['PENDING'], to: 'CANCELLED', paymentStatus: 'NONE', actor: by, note: null } as const;
  await moveOrder(database.db, { ...move, requestKey, now: NOW });
}

const BY_CUSTOMER = expect.objectContaining({ by: 'customer', reason: 'cancelled_by_customer' });

describe('a cancel', () => {
  test.each(['PENDING', 'AWAITING_CONFIRMATION'])('of an order that is %s is put to its checkout', async (status) => {
    const orderId = await insertOrderRow(database.db, { status });
    answers = async () => {
      await stands(orderId, 'CANCELLED');
      return { moved: true, status: 'CANCELLED' };
    };
    expect(await shop().cancel(orderId)).toMatchObject({ status: 200, body: { id: orderId, status: 'CANCELLED' } });
    expect(asked).toEqual([{ workflowId: `checkout/${orderId}`, update: 'cancel', request: BY_CUSTOMER }]);
  });

  test.each(['PAID', 'CONFIRMED', 'PROCESSING'])('of an order that is %s is put to its fulfillment', async (status) => {
    const orderId = await insertOrderRow(database.db, { status });
    answers = () => ({ moved: true, status: 'CANCELLED' });
    expect((await shop().cancel(orderId)).status).toBe(200);
    expect(asked).toEqual([{ workflowId: `fulfillment/${orderId}`, update: 'cancel', request: BY_CUSTOMER }]);
  });

  test.each(['SHIPPED', 'DELIVERED', 'CANCELLED', 'EXPIRED', 'REFUNDED'])(
    'of an order that is %s is refused, and nobody is asked',
    async (status) => {
      const orderId = await insertOrderRow(database.db, { status });
      const refused = await shop().cancel(orderId);
      expect(refused).toMatchObject({ status: 409, body: { code: 'invalid_transition', orderStatus: status } });
      expect(asked).toEqual([]);
    },
  );

  test('that comes too late for the checkout, because the money was faster, goes on to the fulfillment', async () => {
    const orderId = await insertOrderRow(database.db);
    answers = ({ workflowId }) =>
      workflowId.startsWith('checkout/') ? { moved: false, status: 'PAID' } : { moved: true, status: 'CANCELLED' };
    expect((await shop().cancel(orderId)).status).toBe(200);
    expect(asked.map(({ workflowId }) => workflowId)).toEqual([`checkout/${orderId}`, `fulfillment/${orderId}`]);
  });

  test.each([
    ['PAID', { status: 200 }],
    ['EXPIRED', { status: 409, body: { code: 'invalid_transition', orderStatus: 'EXPIRED' } }],
  ])('whose checkout has just ended with the order %s is judged by that', async (status, answer) => {
    const orderId = await insertOrderRow(database.db);
    answers = async ({ workflowId }) => {
      if (workflowId.startsWith('fulfillment/')) return { moved: true, status: 'CANCELLED' };
      await stands(orderId, status);
      throw new WorkflowNotFoundError('workflow execution already completed', workflowId, undefined);
    };
    expect(await shop().cancel(orderId)).toMatchObject(answer);
  });

  test.each(['UnprocessedUpdate', 'AcceptedUpdateCompletedWorkflow'])(
    'that no workflow has judged, because each ended in that moment (%s), is asked again',
    async (type) => {
      const orderId = await insertOrderRow(database.db);
      answers = async ({ workflowId }) => {
        const nth = asked.filter((question) => question.workflowId === workflowId).length;
        const unjudged = new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable('unjudged', type));
        if (nth === 1) throw unjudged;
        if (workflowId.startsWith('fulfillment/')) return { moved: true, status: 'CANCELLED' };
        await stands(orderId, 'PAID');
        throw new WorkflowNotFoundError('workflow execution already completed', workflowId, undefined);
      };
      expect((await shop().cancel(orderId)).status).toBe(200);
    },
  );

  test('that its workflow breaks on is our fault, and is not asked for ever', async () => {
    const orderId = await insertOrderRow(database.db);
    answers = () => {
      throw new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable('broken'));
    };
    expect((await shop().cancel(orderId)).status).toBe(500);
    expect(asked).toHaveLength(1);
  });

  test('that its workflow refuses is refused with where the order stands', async () => {
    const orderId = await insertOrderRow(database.db, { status: 'PROCESSING' });
    answers = () => ({ moved: false, status: 'SHIPPED' });
    const refused = await shop().cancel(orderId);
    expect(refused).toMatchObject({ status: 409, body: { code: 'invalid_transition', orderStatus: 'SHIPPED' } });
  });

  test('while Temporal is away is 503, and may be repeated under the same key', async () => {
    const orderId = await insertOrderRow(database.db);
    answers = () => {
      throw new ServiceError('14 UNAVAILABLE');
    };
    const { cancel } = shop();
    const away = await cancel(orderId, { key: 'again' });
    expect(away).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(away.headers.get('Retry-After')).not.toBeNull();
    answers = () => ({ moved: true, status: 'CANCELLED' });
    expect((await cancel(orderId, { key: 'again' })).status).toBe(200);
  });

  test('whose answer was lost is told the same again under its key; under another, or none, it comes too late', async () => {
    const orderId = await insertOrderRow(database.db);
    answers = async ({ request }) => {
      await cancelledBy(orderId, request as MoveRequest);
      throw new ServiceError('14 UNAVAILABLE');
    };
    const { cancel } = shop();
    expect((await cancel(orderId, { key: 'lost' })).status).toBe(503);
    expect(await cancel(orderId, { key: 'lost' })).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
    for (const key of ['another', null]) expect((await cancel(orderId, { key })).status).toBe(409);
    expect(asked).toHaveLength(1);
  });

  test('that is repeated under its key while the first is still running gets the same answer, and waits for no other', async () => {
    const orderId = await insertOrderRow(database.db);
    const { promise: bothAsked, resolve } = Promise.withResolvers<void>();
    // The workflow makes the two requests one.
    let move: Promise<void> | undefined;
    answers = async ({ request }) => {
      if (asked.length === 2) resolve();
      await bothAsked;
      move ??= cancelledBy(orderId, request as MoveRequest);
      await move;
      return { moved: true, status: 'CANCELLED' };
    };
    const { cancel } = shop();
    const both = await Promise.all([cancel(orderId, { key: 'twice' }), cancel(orderId, { key: 'twice' })]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('takes {} or nothing, by PUT and by PATCH, and no other field', async () => {
    answers = () => ({ moved: true, status: 'CANCELLED' });
    const { cancel } = shop();
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
  answers = async ({ workflowId }) => {
    if (workflowId === `checkout/${next}`) {
      await insertOrderRow(database.db, { id: next, cart_id: first.cartId, status: 'AWAITING_CONFIRMATION' });
    } else {
      await insertOrderRow(database.db, { id: first.orderId, cart_id: first.cartId, status: 'EXPIRED' });
      await reopenCart(database.db, { ...first, nextOrderId: next, now: NOW });
    }
    return { outcome: 'placed' };
  };
  const placed = await shop().submit(cartToken);
  expect(placed).toMatchObject({ status: 201, body: { order: { id: next } } });
  expect(asked.map(({ workflowId }) => workflowId)).toEqual([`checkout/${first.orderId}`, `checkout/${next}`]);
});

test('a cart whose order was paid and cancelled while it is submitted is answered with that order, at once', async () => {
  const cartToken = newCartToken();
  const first = await cartInCheckout(cartToken);
  answers = async () => {
    await insertOrderRow(database.db, { id: first.orderId, cart_id: first.cartId, status: 'CANCELLED' });
    await closeCart(database.db, first.orderId, NOW);
    return { outcome: 'placed' };
  };
  const placed = await shop().submit(cartToken);
  expect(placed).toMatchObject({ status: 201, body: { order: { id: first.orderId, status: 'CANCELLED' } } });
  expect(asked).toHaveLength(1);
});

async function cartInCheckout(cartToken: string): Promise<{ cartId: string; orderId: string }> {
  const [id, nextOrderId] = [newId(NOW), newId(NOW)];
  const tokenHash = hashToken(cartToken);
  await createCart(database.db, { id, nextOrderId, tokenHash, currency: 'usd', expiresAt: LATER, now: NOW });
  await startCheckout(database.db, id, NOW);
  return { cartId: id, orderId: nextOrderId };
}

test('nothing of an order is there for anybody without its own token', async () => {
  const [mine, theirs] = [await insertOrderRow(database.db), await insertOrderRow(database.db)];
  await saveIntent(database.db, newId(NOW), intentOf(mine, 1), NOW);
  const { send, tokenOf } = shop();
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
  expect(asked).toEqual([]);
});

test("the customer reads an order's story without the names of the staff", async () => {
  const orderId = await insertOrderRow(database.db, { status: 'CONFIRMED' });
  const { send } = shop();
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

/** As Stripe's ids look: letters, digits and underscores. */
function intentIdOf(orderId: string, attempt: number): string {
  return `pi_${orderId.replaceAll('-', '')}_${attempt}`;
}

function intentOf(orderId: string, attempt: number) {
  const intentId = intentIdOf(orderId, attempt);
  const [clientSecret, intentStatus] = [`${intentId}_secret`, 'requires_payment_method'];
  return { orderId, attempt, intentId, clientSecret, amount: 1_000, currency: 'usd', intentStatus };
}

describe("the order's intent", () => {
  async function orderWithIntents(columns: Record<string, string> = {}): Promise<string> {
    const orderId = await insertOrderRow(database.db, columns);
    for (const attempt of [1, 2]) await saveIntent(database.db, newId(NOW), intentOf(orderId, attempt), NOW);
    // Money that names the order, but came by no attempt of ours.
    const { intentId, clientSecret, amount, currency, intentStatus } = intentOf(orderId, 3);
    await sql`INSERT INTO payments (id, order_id, attempt, intent_id, client_secret, amount, currency, intent_status, created_at, updated_at)
      VALUES (${newId(NOW)}, ${orderId}, NULL, ${intentId}, ${clientSecret}, ${amount}, ${currency}, ${intentStatus}, ${NOW}, ${NOW})`.execute(
      database.db,
    );
    return orderId;
  }

  test('is the newest attempt, when its checkout says that it is live, whichever attempt is tried again', async () => {
    const orderId = await orderWithIntents();
    answers = () => ({ outcome: 'live' });
    const { send } = shop();
    const newest = {
      attempt: 2,
      orderId,
      clientSecret: `${intentIdOf(orderId, 2)}_secret`,
      amount: 1_000,
      currency: 'usd',
    };
    const created = await send(orderId, 'payments/create-intent', { method: 'POST', json: { orderId } });
    expect(created).toMatchObject({ status: 200, body: newest });
    for (const id of [created.body['id'], intentIdOf(orderId, 1)]) {
      const again = await send(orderId, `payments/${String(id)}/retry`, { method: 'POST' });
      expect(again).toMatchObject({ status: 200, body: newest });
    }
    expect(asked).toEqual(
      Array.from({ length: 3 }, () => ({ workflowId: `checkout/${orderId}`, update: 'intent', request: undefined })),
    );
  });

  test.each([
    ['none', 409, 'invalid_transition'],
    ['unavailable', 503, 'unavailable'],
  ] as const)('is refused when its checkout says %s', async (outcome, status, code) => {
    const orderId = await orderWithIntents();
    answers = () => ({ outcome });
    const refused = await shop().send(orderId, 'payments/create-intent', { method: 'POST', json: { orderId } });
    expect(refused).toMatchObject({ status, body: { code } });
  });

  test('is refused with the order that its checkout has left behind, when that has just ended', async () => {
    const orderId = await orderWithIntents();
    answers = async ({ workflowId }) => {
      await stands(orderId, 'EXPIRED');
      throw new WorkflowNotFoundError('workflow execution already completed', workflowId, undefined);
    };
    const refused = await shop().send(orderId, 'payments/create-intent', { method: 'POST', json: { orderId } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'invalid_transition', orderStatus: 'EXPIRED' } });
  });

  test.each(['AWAITING_CONFIRMATION', 'PAID', 'EXPIRED'])(
    'is nobody to ask for when the order is %s',
    async (status) => {
      const orderId = await orderWithIntents({ status });
      const refused = await shop().send(orderId, `payments/${intentIdOf(orderId, 1)}/retry`, { method: 'POST' });
      expect(refused).toMatchObject({ status: 409, body: { code: 'invalid_transition', orderStatus: status } });
      expect(asked).toEqual([]);
    },
  );

  test('needs an Idempotency-Key to be made or tried again', async () => {
    const orderId = await orderWithIntents();
    const { send } = shop();
    const post = { method: 'POST', key: null };
    const refused = [
      await send(orderId, 'payments/create-intent', { ...post, json: { orderId } }),
      await send(orderId, `payments/${intentIdOf(orderId, 1)}/retry`, post),
    ];
    expect(refused.map(({ body }) => body['code'])).toEqual(['idempotency_key_missing', 'idempotency_key_missing']);
  });

  test('is listed with all attempts, and its secret only while it can be paid', async () => {
    const orderId = await orderWithIntents();
    const { send } = shop();
    const list = async () => {
      const { body } = await send(orderId, `payments/order/${orderId}`, { method: 'GET' });
      return body as { items: { attempt: number | null; clientSecret: string | null }[]; nextCursor: null };
    };
    const secrets = [`${intentIdOf(orderId, 1)}_secret`, `${intentIdOf(orderId, 2)}_secret`, null];
    expect((await list()).items.map(({ attempt }) => attempt)).toEqual([1, 2, null]);
    expect((await list()).items.map(({ clientSecret }) => clientSecret)).toEqual(secrets);
    await stands(orderId, 'PAID');
    expect((await list()).items.map(({ clientSecret }) => clientSecret)).toEqual([null, null, null]);
    const one = await send(orderId, `payments/${intentIdOf(orderId, 1)}`, { method: 'GET' });
    expect(one).toMatchObject({ status: 200, body: { attempt: 1, clientSecret: null } });
  });

  test.each(['webhook', 'pi_', '1', 'pi_1%2f'])('is not there under %s', async (id) => {
    const orderId = await insertOrderRow(database.db);
    expect((await shop().send(orderId, `payments/${id}`, { method: 'GET' })).status).toBe(404);
  });
});
