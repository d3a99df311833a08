// How many mails strangers can have us send, and what they can write into them.
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cartRoutes } from '../../src/cart/routes.ts';
import { findCoupon } from '../../src/coupons/store.ts';
import { doors } from '../accounts/door.ts';
import { newAddress, person } from '../accounts/people.ts';
import { NOW, stockedVariant } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';
import { askedShop, placingIn } from './asked-shop.ts';
import { asking } from './asking.ts';
import { floor } from './floor.ts';

/** Twenty mails asked for from an address, ten orders to a mailbox. */
const TENTH = { RATE_LIMIT_SCALE: '0.1' };

const { database, shop } = doors();
let askCart: ReturnType<typeof asking>;
let cup: string;
beforeAll(async () => {
  askCart = asking(floor((all) => cartRoutes(all, findCoupon), {}, { db: database.db, clock: () => NOW }).app);
  cup = (await stockedVariant(database.db, 1_000)).id;
});

describe('mails about accounts', () => {
  test('are limited by where they are asked for, to however many people they go', async () => {
    const { post, register } = shop({ environment: TENTH });
    const statuses = [];
    const paths = ['auth/send-otp', 'auth/forgot-password', 'auth/resend-verification'];
    for (const at of Array.from({ length: 21 }, (_, n) => n))
      statuses.push((await post(paths[at % 3] ?? '', { email: newAddress() })).status);
    expect(statuses).toEqual([...Array<number>(20).fill(202), 429]);
    const email = newAddress();
    expect((await register(email)).status).toBe(429);
    const users = database.db.selectFrom('users').select('id').where('email', '=', email);
    expect(await users.execute()).toEqual([]);
  });

  test('are limited by the mailbox, under whatever tag it is written', async () => {
    const { limits } = shop({ environment: { RATE_LIMIT_SCALE: '1' } }).deps;
    const mailbox = randomUUID();
    for (const tag of ['', '+1', '+two', '+3+4', '+']) await limits.mailsTo(`${mailbox}${tag}@example.com`);
    for (const tag of ['+5', ''])
      await expect(limits.mailsTo(`${mailbox}${tag}@Example.com`)).rejects.toMatchObject({ code: 'rate_limited' });
    await limits.mailsTo(`other+${mailbox}@example.com`);
    await limits.mailsTo(`${mailbox}@example.org`);
  });
});

describe('orders', () => {
  /** A shop, and how one submits to it; eight orders of this hour have sent their mails to the mailbox already. */
  const orders = (email: string) => {
    const { ask, limits } = Object.assign(askedShop(database.db, TENTH), { answers: placingIn(database.db) });
    for (const _ of Array.from({ length: 8 })) limits.orderMailsTo(email, randomUUID())();
    return async (owner: Record<string, string>, sent: Record<string, unknown> = {}) => {
      const headers = { 'Idempotency-Key': randomUUID(), ...owner };
      const json = { paymentMethod: 'cod', shippingAddress: ADDRESS, ...sent };
      const { status, body } = await ask('POST', 'orders', { headers, json });
      return { status, code: body.code, orderId: body.order?.id };
    };
  };
  const fill = async (headers: Record<string, string> = {}) => {
    const { body } = await askCart('POST', 'cart/items', { headers, json: { variantId: cup, quantity: 1 } });
    return { 'X-Cart-Token': body.cartToken };
  };

  test('of guests whose mails go to one mailbox are limited; a repeat is none of its own', async () => {
    const mailbox = randomUUID();
    const once = { email: `${mailbox}@example.com` };
    const submit = orders(once.email);
    const [first, second, third] = [await fill(), await fill(), await fill()];
    const repeats = await Promise.all(Array.from({ length: 5 }, () => submit(first, once)));
    expect(new Set(repeats.map(({ status, orderId }) => `${status} ${orderId}`)).size).toBe(1);
    expect((await submit(second, { email: `${mailbox}+tag@example.com` })).status).toBe(201);
    expect(await submit(third, once)).toMatchObject({ status: 429, code: 'rate_limited' });
    expect((await submit(first, once)).status).toBe(201);
    expect((await submit(third, { email: newAddress() })).status).toBe(201);
  });

  test('of a customer, who need not have proven the address, are limited alike', async () => {
    const { bearer, email } = await person(database.db);
    const submit = orders(email);
    const statuses = [];
    for (const _ of Array.from({ length: 3 })) {
      await fill(bearer);
      const { status, orderId } = await submit(bearer);
      statuses.push(status);
      if (orderId !== undefined)
        await database.db.updateTable('carts').set({ status: 'ordered' }).where('nextOrderId', '=', orderId).execute();
    }
    expect(statuses).toEqual([201, 201, 429]);
  });
});

describe('a name that would put a link into our mails', () => {
  const LINKS = ['You won! http://evil.example/claim', 'see HTTPS://evil.example', 'Ada www.evil.example'];

  test.each(LINKS)('is refused of who registers: %s', async (name) => {
    const refused = await shop().post('auth/register', {
      email: newAddress(),
      password: 'correct horse battery',
      name,
    });
    expect(refused).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'name', message: 'must not contain a link' }] },
    });
  });

  test.each(LINKS)('is refused of who orders: %s', async (name) => {
    const { ask } = askedShop(database.db);
    const headers = { 'Idempotency-Key': randomUUID(), 'X-Cart-Token': 'cart_of_nobody' };
    const json = { paymentMethod: 'cod', email: newAddress(), shippingAddress: { ...ADDRESS, name } };
    expect(await ask('POST', 'orders', { headers, json })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'shippingAddress.name' }] },
    });
  });

  test.each(['Dr. Ada K. Lovelace', 'O’Brien-Smith, c/o St. Mary', 'Aww. Ada', 'Example.com Ltd'])(
    'is not one like %s',
    async (name) => {
      const json = { email: newAddress(), password: 'correct horse battery', name };
      expect((await shop().post('auth/register', json)).status).toBe(201);
    },
  );
});
