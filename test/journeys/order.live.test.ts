// The main job over HTTP, as a shopper and their mail box see it, on a running stack.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mailsTo } from '../support/backstage.ts';
import { call, newShopper, type ProblemBody, pay, statusBecomes, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;
let api: string;
let bulk: string;

beforeAll(async () => {
  shop = await startStack({ env: { PAYMENT_WINDOW: '4', CONFIRMATION_WINDOW: '4', HOLD_GRACE: '60' } });
  api = shop.api;
  bulk = await variantOf(api, 'BULK');
});

afterAll(async () => {
  await shop.stop();
});

async function stockOf(variantId: string): Promise<number> {
  const shopper = newShopper(api);
  await shopper.add(variantId);
  const { body } = await shopper.cart();
  return body.items[0]?.available ?? Number.NaN;
}

test('a guest pays an order by card: it is PAID, its stock has left, and its mail has come', async () => {
  const email = 'card@example.com';
  const shopper = newShopper(api, email);
  const before = await stockOf(bulk);
  await shopper.add(bulk, 2);
  await shopper.add(bulk, 1);
  const cart = await shopper.cart();
  expect(cart.body.items).toMatchObject([{ sku: 'BULK', quantity: 3 }]);

  const placed = await shopper.submit({ paymentMethod: 'card', expectedTotal: cart.body.total });
  expect(placed.status).toBe(201);
  expect(placed.body.order).toMatchObject({ status: 'PENDING', paymentStatus: 'PENDING', total: cart.body.total });
  expect(placed.body.payment).toMatchObject({ status: 'requires_payment_method' });
  expect(await stockOf(bulk)).toBe(before - 3);

  const paid = await pay(shop.stack, placed.body.payment);
  expect(paid.body.status).toBe('succeeded');
  const order = await statusBecomes(() => shopper.order(placed.body), 'PAID');
  expect(order).toMatchObject({ paymentStatus: 'PAID', number: placed.body.order.number });
  expect(await stockOf(bulk)).toBe(before - 3);

  const [mail] = await until('the mail has come', async () => {
    const mails = await mailsTo(shop.stack, email);
    return mails.length > 0 && mails;
  });
  expect(mail?.subject).toBe(`Order ${order.number} is paid`);
  expect(mail?.text).toContain(order.id);
  expect(await mailsTo(shop.stack, email)).toHaveLength(1);
});

test('a declined card leaves the order PENDING and FAILED, and another card pays it', async () => {
  const shopper = newShopper(api);
  await shopper.add(bulk);
  const { body } = await shopper.submit({ paymentMethod: 'card' });
  const payment = body.payment;
  const declined = await pay(shop.stack, payment, 'pm_card_visa_chargeDeclined');
  expect(declined.status).toBe(402);
  await until('the payment is FAILED', async () => (await shopper.order(body)).body.paymentStatus === 'FAILED');
  expect((await shopper.order(body)).body.status).toBe('PENDING');
  await pay(shop.stack, payment);
  await statusBecomes(() => shopper.order(body), 'PAID');
});

test('a guest orders with cash on delivery: it awaits confirmation, and its mail says so', async () => {
  const email = 'cod@example.com';
  const shopper = newShopper(api, email);
  await shopper.add(bulk);
  const placed = await shopper.submit({ paymentMethod: 'cod' });
  expect(placed.status).toBe(201);
  expect(placed.body).toMatchObject({
    order: { status: 'AWAITING_CONFIRMATION', paymentStatus: 'NONE' },
    payment: null,
  });
  const subjects = await until('the mail has come', async () => {
    const mails = await mailsTo(shop.stack, email);
    return mails.length > 0 && mails.map(({ subject }) => subject);
  });
  expect(subjects).toContain(`Order ${placed.body.order.number} received`);
});

test('20 buyers of the last unit make one order, and 19 are told that it is out of stock', async () => {
  const last = await variantOf(api, 'LAST-ONE');
  const shoppers = Array.from({ length: 20 }, () => newShopper(api));
  await Promise.all(shoppers.map((shopper) => shopper.add(last)));
  const answers = await Promise.all(shoppers.map((shopper) => shopper.submit({ paymentMethod: 'card' })));
  const placed = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status !== 201) as unknown as { status: number; body: ProblemBody }[];
  expect(placed).toHaveLength(1);
  expect(refused.map(({ body }) => body.code)).toEqual(Array.from({ length: 19 }, () => 'out_of_stock'));
  expect(refused[0]?.body.items).toMatchObject([{ sku: 'LAST-ONE', requested: 1, available: 0 }]);
  expect(await stockOf(last)).toBe(0);
});

test('an order that nobody pays in its window is EXPIRED, its stock is free, and its cart can be tried again', async () => {
  const shopper = newShopper(api);
  const variant = await variantOf(api, 'BULK-07');
  const before = await stockOf(variant);
  await shopper.add(variant, 5);
  const first = await shopper.submit({ paymentMethod: 'card' });
  expect(await stockOf(variant)).toBe(before - 5);
  const expired = await statusBecomes(() => shopper.order(first.body), 'EXPIRED');
  expect(expired.cancelReason).toBe('payment_window_ended');
  expect(await stockOf(variant)).toBe(before);

  const second = await shopper.submit({ paymentMethod: 'card' });
  expect(second.status).toBe(201);
  expect(second.body.order.id).not.toBe(first.body.order.id);
  await pay(shop.stack, second.body.payment);
  await statusBecomes(() => shopper.order(second.body), 'PAID');
});

test('a cash-on-delivery order that nobody confirms in its window is EXPIRED and its stock is free', async () => {
  const shopper = newShopper(api);
  const variant = await variantOf(api, 'BULK-08');
  const before = await stockOf(variant);
  await shopper.add(variant, 5);
  const placed = await shopper.submit({ paymentMethod: 'cod' });
  await statusBecomes(() => shopper.order(placed.body), 'EXPIRED');
  expect(await stockOf(variant)).toBe(before);
});

test('a cart that is submitted many times at once is one order, and every caller gets it', async () => {
  const shopper = newShopper(api);
  await shopper.add(bulk);
  const answers = await Promise.all(Array.from({ length: 20 }, () => shopper.submit({ paymentMethod: 'card' })));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  const again = await shopper.submit({ paymentMethod: 'card' });
  expect(again.body).toEqual(answers[0]?.body);
});

test('a cart in checkout refuses edits, and names its order', async () => {
  const shopper = newShopper(api);
  await shopper.add(bulk);
  const { body } = await shopper.submit({ paymentMethod: 'card' });
  const edit = (await shopper.add(bulk)) as unknown as { status: number; body: ProblemBody & { orderId: string } };
  expect(edit).toMatchObject({ status: 409, body: { code: 'cart_in_checkout', orderId: body.order.id } });
});

test('a total that is not what the shopper expects is refused with the new total, and nothing is held', async () => {
  const shopper = newShopper(api);
  const variant = await variantOf(api, 'BULK-09');
  const before = await stockOf(variant);
  const { body } = await shopper.add(variant);
  const refused = (await shopper.submit({ paymentMethod: 'card', expectedTotal: body.total - 1 })) as unknown as {
    body: ProblemBody;
  };
  expect(refused.body).toMatchObject({ code: 'cart_changed', total: body.total });
  expect(await stockOf(variant)).toBe(before);
  expect((await shopper.submit({ paymentMethod: 'card', expectedTotal: body.total })).status).toBe(201);
});

test("an order is 404 for everyone without its own token, another order's included", async () => {
  const [mine, theirs] = [newShopper(api), newShopper(api)];
  await Promise.all([mine.add(bulk), theirs.add(bulk)]);
  const [{ body: my }, { body: their }] = await Promise.all([
    mine.submit({ paymentMethod: 'cod' }),
    theirs.submit({ paymentMethod: 'cod' }),
  ]);
  const url = `${api}/api/v1/orders/${my.order.id}`;
  expect((await call(url)).status).toBe(404);
  expect((await call(url, { headers: { 'X-Order-Token': their.order.accessToken ?? '' } })).status).toBe(404);
  expect((await call(`${url}?orderToken=${my.order.accessToken}`)).status).toBe(200);
});

test('a shopper whose cart became a paid order keeps the token: it answers with that order until the next item makes a new cart', async () => {
  const shopper = newShopper(api);
  const added = await shopper.add(bulk);
  const first = await shopper.submit({ paymentMethod: 'card' });
  await pay(shop.stack, first.body.payment);
  await statusBecomes(() => shopper.order(first.body), 'PAID');
  const again = await shopper.submit({ paymentMethod: 'card' });
  expect(again).toMatchObject({ status: 201, body: { order: { id: first.body.order.id, status: 'PAID' } } });
  expect((await shopper.cart()).body).toMatchObject({ code: 'not_found', orderId: first.body.order.id });
  const next = await shopper.add(bulk, 2);
  const cartToken = added.body.cartToken;
  expect(next).toMatchObject({ status: 201, body: { cartToken, items: [{ sku: 'BULK', quantity: 2 }] } });
  expect(next.headers.get('X-Cart-Token')).toBe(cartToken);
  const second = await shopper.submit({ paymentMethod: 'card' });
  expect(second).toMatchObject({ status: 201, body: { order: { status: 'PENDING', items: [{ quantity: 2 }] } } });
  expect(second.body.order.id).not.toBe(first.body.order.id);
});

test('a quantity beyond all reason is refused and changes nothing', async () => {
  const shopper = newShopper(api);
  await shopper.add(bulk, 10_000);
  const tooMany = (await shopper.add(bulk, 1)) as unknown as { status: number; body: ProblemBody };
  expect(tooMany).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  expect((await shopper.cart()).body.items).toMatchObject([{ quantity: 10_000 }]);
});
