// What an account leaves behind that has ended: orders that stay, as nobody's, and come to nobody again. On the whole app and the
// real tables; what a checkout does is the real step.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../src/http/app.ts';
import { AREAS } from '../../src/http/areas.ts';
import { createClaimOrders } from '../../src/orders/claiming.ts';
import { waitingForLocks } from '../accounts/door.ts';
import { type Person, person } from '../accounts/people.ts';
import { askedShop, placingIn } from '../http/asked-shop.ts';
import { asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, NOW, stockedVariant } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';

let database: OwnDatabase;
/** The whole app; and the orders' alone, with a Temporal that answers. */
let ask: ReturnType<typeof asking>;
let askOrders: ReturnType<typeof asking>;
let cup: string;

beforeAll(async () => {
  database = await ownDatabase();
  ask = asking(createApp(floor(null, {}, { db: database.db, clock: () => NOW }).deps, AREAS));
  askOrders = Object.assign(askedShop(database.db), { answers: placingIn(database.db) }).ask;
  cup = (await stockedVariant(database.db, 1_000)).id;
});
afterAll(() => database.leave());

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

const end = async (who: Person) => expect((await ask('DELETE', 'users/me', { headers: who.bearer })).status).toBe(204);

const orderRow = (id: string) =>
  database.db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

describe('an order of an account that has ended', () => {
  test("is not given to whoever has the token of the guest's cart that it was made of", async () => {
    const who = await person(database.db);
    const cart = await guestCart();
    const { body } = await submit({ ...who.bearer, ...cart });
    await end(who);
    const other = await person(database.db);
    for (const stranger of [{}, other.bearer]) {
      const refused = await submit({ ...cart, ...stranger }, { email: who.email });
      expect(refused).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect(await orderRow(body.order.id)).toMatchObject({ customerId: null, email: who.email, disownedAt: NOW });
  });

  test('is not claimed by who comes after on the same mailbox; what a guest has ordered there is', async () => {
    const who = await person(database.db);
    const [orders, guests] = [
      await insertOrderRow(database.db, { customer_id: who.id, email: who.email }),
      await insertOrderRow(database.db, { email: who.email }),
    ];
    await end(who);
    const { id: userId } = await person(database.db);
    await createClaimOrders({ db: database.db, clock: () => NOW })({ userId, email: who.email });
    expect((await orderRow(orders)).customerId).toBeNull();
    expect((await orderRow(guests)).customerId).toBe(userId);
  });
});

describe('an account that ends', () => {
  test('leaves nothing of its person in carts and in checkouts, those of orders and those that were refused', async () => {
    const who = await person(database.db);
    const fill = () => ask('POST', 'cart/items', { headers: who.bearer, json: { variantId: cup, quantity: 1 } });
    await fill();
    expect((await submit(who.bearer, { note: 'Ring twice', expectedTotal: 1 })).status).toBe(409);
    const placed = await submit(who.bearer, { note: 'Ring twice' });
    expect(placed.status).toBe(201);
    const carts = () => database.db.selectFrom('carts').select('id').where('customerId', '=', who.id).execute();
    const [cart] = await carts();
    await end(who);
    expect(await carts()).toEqual([]);
    const kept = await checkoutsOf(cart?.id ?? '');
    expect(kept).toHaveLength(2);
    for (const row of kept) {
      expect(row).toMatchObject({ customerId: null, email: '', shippingAddress: {}, note: null });
    }
    expect(await orderRow(placed.body.order.id)).toMatchObject({ email: who.email, note: 'Ring twice' });
  });

  test('leaves no cart behind that waits for a submit, and none of what is in it', async () => {
    const who = await person(database.db);
    const { body: cart } = await ask('POST', 'cart/items', {
      headers: who.bearer,
      json: { variantId: cup, quantity: 1 },
    });
    await end(who);
    const row = database.db.selectFrom('carts').select('customerId').where('id', '=', cart.id);
    expect(await row.executeTakeFirst()).toEqual({ customerId: null });
    expect(await database.db.selectFrom('cartItems').select('id').where('cartId', '=', cart.id).execute()).toEqual([]);
  });

  test('waits for no edit of its cart, which may wait for it', async () => {
    const who = await person(database.db);
    await ask('POST', 'cart/items', { headers: who.bearer, json: { variantId: cup, quantity: 1 } });
    await database.db.transaction().execute(async (tx) => {
      await tx.selectFrom('carts').select('id').where('customerId', '=', who.id).forUpdate().execute();
      expect((await ask('DELETE', 'users/me', { headers: who.bearer })).status).toBe(204);
    });
  });

  test('leaves no address behind that is kept in the same moment', async () => {
    const who = await person(database.db);
    const ending = await whileLocked(who, [
      () => ask('DELETE', 'users/me', { headers: who.bearer }),
      () => ask('POST', 'addresses', { headers: who.bearer, json: ADDRESS }),
    ]);
    expect(ending.map(({ status }) => status)).toEqual([204, 401]);
    const kept = database.db.selectFrom('addresses').select('id').where('customerId', '=', who.id);
    expect(await kept.execute()).toEqual([]);
  });

  test("leaves an order that is placed in the same moment as nobody's, whichever comes first", async () => {
    for (const isEndFirst of [true, false]) {
      const who = await person(database.db);
      const headers = { ...who.bearer, ...(await guestCart()) };
      const deleting = () => ask('DELETE', 'users/me', { headers: who.bearer });
      const submitting = () => submit(headers);
      const [deleted] = await whileLocked(who, isEndFirst ? [deleting, submitting] : [submitting, deleting]).then(
        (both) => (isEndFirst ? both : both.toReversed()),
      );
      expect(deleted?.status).toBe(204);
      const orders = database.db.selectFrom('orders').select(['customerId', 'disownedAt']);
      expect(await orders.where('email', '=', who.email).execute()).toEqual([{ customerId: null, disownedAt: NOW }]);
    }
  });

  test('gets no order of a guest that is claimed in the same moment', async () => {
    const who = await person(database.db);
    const guests = await insertOrderRow(database.db, { email: who.email });
    const claim = createClaimOrders({ db: database.db, clock: () => NOW });
    await whileLocked<unknown>(who, [
      () => ask('DELETE', 'users/me', { headers: who.bearer }),
      () => claim({ userId: who.id, email: who.email }),
    ]);
    expect(await orderRow(guests)).toMatchObject({ customerId: null, disownedAt: null });
  });
});

const checkoutsOf = (cartId: string) =>
  database.db.selectFrom('checkouts').selectAll().where('cartId', '=', cartId).execute();

/** What comes of acts that all wait for the row of a customer, in this order, and are then let go. */
async function whileLocked<T>({ id: userId }: Person, acts: readonly (() => Promise<T>)[]): Promise<T[]> {
  const answers: Promise<T>[] = [];
  await database.db.transaction().execute(async (tx) => {
    await tx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
    for (const act of acts) {
      answers.push(act());
      await waitingForLocks(database.db, answers.length);
    }
  });
  return Promise.all(answers);
}
