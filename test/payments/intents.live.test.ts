// The intent of an order over HTTP, on the real database and a Temporal that answers as it is told: its checkout is asked for it, and
// its secret is told only while it can be paid.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/common';
import { sql } from 'kysely';
import { saveIntent } from '../../src/payments/store.ts';
import { newId } from '../../src/platform/ids.ts';
import { askedShop } from '../http/asked-shop.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, intentIdOf, intentOf, NOW, setStatus } from '../support/rows.ts';

let database: OwnDatabase;
let shop: ReturnType<typeof askedShop>;

beforeAll(async () => {
  database = await ownDatabase();
});
afterAll(() => database.leave());
beforeEach(() => {
  shop = askedShop(database.db);
});

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
    shop.answers = () => ({ outcome: 'live' });
    const { send } = shop;
    const newest = {
      attempt: 2,
      orderId,
      clientSecret: `${intentIdOf(orderId, 2)}_secret`,
      amount: 1_000,
      currency: 'usd',
    };
    const created = await send(orderId, 'payments/create-intent', { method: 'POST', json: { orderId } });
    expect(created).toMatchObject({ status: 200, body: newest });
    for (const id of [created.body.id, intentIdOf(orderId, 1)]) {
      const again = await send(orderId, `payments/${id}/retry`, { method: 'POST' });
      expect(again).toMatchObject({ status: 200, body: newest });
    }
    expect(shop.asked).toEqual(
      Array.from({ length: 3 }, () => ({ workflowId: `checkout/${orderId}`, update: 'intent', request: undefined })),
    );
  });

  test.each([
    ['none', 409, 'invalid_transition'],
    ['unavailable', 503, 'unavailable'],
  ] as const)('is refused when its checkout says %s', async (outcome, status, code) => {
    const orderId = await orderWithIntents();
    shop.answers = () => ({ outcome });
    const refused = await shop.send(orderId, 'payments/create-intent', { method: 'POST', json: { orderId } });
    expect(refused).toMatchObject({ status, body: { code } });
  });

  test('is refused with the order that its checkout has left behind, when that has just ended', async () => {
    const orderId = await orderWithIntents();
    shop.answers = async ({ workflowId }) => {
      await setStatus(database.db, orderId, 'EXPIRED');
      throw new WorkflowNotFoundError('workflow execution already completed', workflowId, undefined);
    };
    const refused = await shop.send(orderId, 'payments/create-intent', { method: 'POST', json: { orderId } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'invalid_transition', orderStatus: 'EXPIRED' } });
  });

  test.each(['AWAITING_CONFIRMATION', 'PAID', 'EXPIRED'])(
    'is nobody to ask for when the order is %s',
    async (status) => {
      const orderId = await orderWithIntents({ status });
      const refused = await shop.send(orderId, `payments/${intentIdOf(orderId, 1)}/retry`, { method: 'POST' });
      expect(refused).toMatchObject({ status: 409, body: { code: 'invalid_transition', orderStatus: status } });
      expect(shop.asked).toEqual([]);
    },
  );

  test('needs an Idempotency-Key to be made or tried again', async () => {
    const orderId = await orderWithIntents();
    const { send } = shop;
    const post = { method: 'POST', key: null };
    const refused = [
      await send(orderId, 'payments/create-intent', { ...post, json: { orderId } }),
      await send(orderId, `payments/${intentIdOf(orderId, 1)}/retry`, post),
    ];
    expect(refused.map(({ body }) => body.code)).toEqual(['idempotency_key_missing', 'idempotency_key_missing']);
  });

  test('is listed with all attempts, and its secret only while it can be paid', async () => {
    const orderId = await orderWithIntents();
    const { send } = shop;
    const list = async () => {
      const { body } = await send(orderId, `payments/order/${orderId}`, { method: 'GET' });
      return body as { items: { attempt: number | null; clientSecret: string | null }[]; nextCursor: null };
    };
    const secrets = [`${intentIdOf(orderId, 1)}_secret`, `${intentIdOf(orderId, 2)}_secret`, null];
    expect((await list()).items.map(({ attempt }) => attempt)).toEqual([1, 2, null]);
    expect((await list()).items.map(({ clientSecret }) => clientSecret)).toEqual(secrets);
    await setStatus(database.db, orderId, 'PAID');
    expect((await list()).items.map(({ clientSecret }) => clientSecret)).toEqual([null, null, null]);
    const one = await send(orderId, `payments/${intentIdOf(orderId, 1)}`, { method: 'GET' });
    expect(one).toMatchObject({ status: 200, body: { attempt: 1, clientSecret: null } });
  });

  test.each(['webhook', 'pi_', '1', 'pi_1%2f'])('is not there under %s', async (id) => {
    const orderId = await insertOrderRow(database.db);
    expect((await shop.send(orderId, `payments/${id}`, { method: 'GET' })).status).toBe(404);
  });
});
