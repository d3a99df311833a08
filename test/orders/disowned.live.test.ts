// What an account leaves behind that has ended: orders that stay, as nobody's, and come to nobody again. On the whole app and the
// real tables; what a checkout does is the real step.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createPlacingActivities } from '../../activities/placing.ts';
import { createApp } from '../../src/http/app.ts';
import { AREAS } from '../../src/http/areas.ts';
import { createClaimOrders } from '../../src/orders/claiming.ts';
import { newId } from '../../src/platform/ids.ts';
import { type Answers, askedShop } from '../http/asked-shop.ts';
import { asking, type Customer, newCustomer } from '../http/customers.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, LATER, NOW, PRICING, stockedVariant } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';

let database: OwnDatabase;
/** The whole app; and the orders' alone, with a Temporal that answers. */
let ask: ReturnType<typeof asking>;
let askOrders: ReturnType<typeof asking>;
let cup: string;

beforeAll(async () => {
  database = await ownDatabase();
  ask = asking(createApp(floor(null, {}, { db: database.db, clock: () => NOW }).deps, AREAS));
  askOrders = asking(askedShop(database.db, placing).app);
  cup = (await stockedVariant(database.db, 1_000)).id;
});
afterAll(() => database.leave());

const placing: Answers = async ({ workflowId }) => {
  const steps = createPlacingActivities({ db: database.db, clock: () => NOW, pricing: PRICING });
  const until = { card: LATER.toISOString(), cod: LATER.toISOString() };
  const times = { placedAt: NOW.toISOString(), expiresAt: until, holdsExpireAt: until };
  const orderId = workflowId.replace('checkout/', '');
  const placed = await steps.placeOrder({ orderId, nextOrderId: newId(NOW), ...times });
  return 'refusal' in placed ? { outcome: 'refused', refusal: placed.refusal } : { outcome: 'placed' };
};

type Headers = Record<string, string>;

/** A guest's cart with one cup. */
async function guestCart(): Promise<Headers> {
  const { body } = await ask('POST', 'cart/items', { json: { variantId: cup, quantity: 1 } });
  return { 'X-Cart-Token': body.cartToken };
}

function submit(headers: Headers, json: Record<string, unknown> = {}) {
  const order = { paymentMethod: 'cod', shippingAddress: ADDRESS, ...json };
  return askOrders('POST', 'orders', { headers: { 'Idempotency-Key': randomUUID(), ...headers }, json: order });
}

const end = async (who: Customer) =>
  expect((await ask('DELETE', 'users/me', { headers: who.bearer })).status).toBe(204);

const orderRow = (id: string) =>
  database.db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

describe('an order of an account that has ended', () => {
  test("is not given to whoever has the token of the guest's cart that it was made of", async () => {
    const who = await newCustomer(database.db);
    const cart = await guestCart();
    const { body } = await submit({ ...who.bearer, ...cart });
    await end(who);
    const other = await newCustomer(database.db);
    for (const stranger of [{}, other.bearer]) {
      const refused = await submit({ ...cart, ...stranger }, { email: who.email });
      expect(refused).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect(await orderRow(body.order.id)).toMatchObject({ customerId: null, email: who.email, disownedAt: NOW });
  });

  test('is not claimed by who comes after on the same mailbox; what a guest has ordered there is', async () => {
    const who = await newCustomer(database.db);
    const [orders, guests] = [
      await insertOrderRow(database.db, { customer_id: who.userId, email: who.email }),
      await insertOrderRow(database.db, { email: who.email }),
    ];
    await end(who);
    const { userId } = await newCustomer(database.db);
    await createClaimOrders({ db: database.db, clock: () => NOW })({ userId, email: who.email });
    expect((await orderRow(orders)).customerId).toBeNull();
    expect((await orderRow(guests)).customerId).toBe(userId);
  });
});
