// How many mails strangers can have us send, and what they can write into them.
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cartRoutes } from '../../src/cart/routes.ts';
import { findCoupon } from '../../src/coupons/store.ts';
import { accountArea } from '../../src/http/areas.ts';
import { createRouter } from '../../src/http/router.ts';
import { doors } from '../accounts/door.ts';
import { newAddress, PASSWORD, person } from '../accounts/people.ts';
import { NOW, stockedVariant } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';
import { askedShop, placingIn } from './asked-shop.ts';
import { asking } from './asking.ts';
import { floor } from './floor.ts';

/** A hundred mails asked for from an address, a hundred orders to a mailbox. */
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
    const { app } = floor(
      (all) => {
        const router = createRouter();
        router.get('/asked', async (c) => {
          await all.limits.mailsFrom(c);
          return c.json(null);
        });
        return router.route('/', accountArea(all));
      },
      TENTH,
      { db: database.db },
    );
    const ask = asking(app);
    for (const _ of Array.from({ length: 97 })) expect((await ask('GET', 'asked')).status).toBe(200);
    const email = newAddress();
    const statuses = [];
    for (const path of ['send-otp', 'forgot-password', 'resend-verification', 'send-otp'])
      statuses.push((await ask('POST', `auth/${path}`, { json: { email: newAddress() } })).status);
    expect(statuses).toEqual([202, 202, 202, 429]);
    const json = { email, password: PASSWORD, name: 'Ada' };
    expect((await ask('POST', 'auth/register', { json })).status).toBe(429);
    const users = database.db.selectFrom('users').select('id').where('email', '=', email);
    expect(await users.execute()).toEqual([]);
  });

  test('are limited by the mailbox, under whatever tag it is written', async () => {
    const { limits } = shop({ environment: { RATE_LIMIT_SCALE: '1' } }).deps;
    const mailbox = randomUUID();
    for (const tag of ['', '+1', '+two', '+3+4', '+']) await limits.mailsTo(`${mailbox}${tag}@example.com`, 'otp');
    for (const tag of ['+5', ''])
      await expect(limits.mailsTo(`${mailbox}${tag}@Example.com`, 'otp')).rejects.toMatchObject({
        code: 'rate_limited',
      });
    await limits.mailsTo(`other+${mailbox}@example.com`, 'otp');
    await limits.mailsTo(`${mailbox}@example.org`, 'otp');
  });
});

describe('orders', () => {
  /** A shop, and how one submits to it; 98 orders of this hour have sent their mails to the mailbox already. */
  const orders = (email: string) => {
    const { ask, limits } = Object.assign(askedShop(database.db, TENTH), { answers: placingIn(database.db) });
    for (const _ of Array.from({ length: 98 })) limits.orderMailsTo(email, randomUUID())();
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
