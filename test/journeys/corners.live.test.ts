// The corners of the order path: what two tabs, a stubborn Stripe and odd prices must not break.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { control, rowsOf } from '../support/backstage.ts';
import { ADDRESS, call, newShopper, type ProblemBody, pay, statusBecomes, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;
let api: string;

beforeAll(async () => {
  shop = await startStack({ env: { PAYMENT_WINDOW: '4', HOLD_GRACE: '30' } });
  api = shop.api;
});

afterAll(async () => {
  await shop.stop();
});

async function priced(sku: string, price: number): Promise<string> {
  await rowsOf(shop.stack, 'UPDATE variants SET price = $1 WHERE sku = $2', price, sku);
  return variantOf(api, sku);
}

async function stockOf(variantId: string): Promise<{ onHand: number; reserved: number }> {
  const query = 'SELECT on_hand, reserved FROM inventory WHERE variant_id = $1';
  const [row] = await rowsOf<{ on_hand: number; reserved: number }>(shop.stack, query, variantId);
  return { onHand: Number(row?.on_hand), reserved: Number(row?.reserved) };
}

test('two tabs, one paying by card and one on delivery, while no worker answers: one order, paid in one way', async () => {
  const variant = await variantOf(api, 'BULK-01');
  const shopper = newShopper(api);
  const { body: cart } = await shopper.add(variant);
  const [worker] = (await shop.read())?.pids.worker ?? [];
  process.kill(worker as number, 'SIGSTOP');
  const isSaved = (method: string) => async () => {
    const query = 'SELECT FROM checkouts WHERE cart_id = $1 AND payment_method = $2';
    return (await rowsOf(shop.stack, query, cart.id, method)).length > 0;
  };
  const byCard = shopper.submit({ paymentMethod: 'card' });
  await until('the first tab has submitted', isSaved('card'));
  const onDelivery = shopper.submit({ paymentMethod: 'cod' });
  await until('the second tab has submitted', isSaved('cod'));
  process.kill(worker as number, 'SIGCONT');

  const [first, second] = await Promise.all([byCard, onDelivery]);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(first.body.order).toMatchObject({ status: 'AWAITING_CONFIRMATION', paymentMethod: 'cod' });
  expect(second.body).toEqual(first.body);
  expect(first.body.payment).toBeNull();
  const intents = await call<{ metadata: { orderId?: string } }[]>(`${shop.stack.stripe}/_sim/payment_intents`);
  expect(intents.body.filter(({ metadata }) => metadata.orderId === first.body.order.id)).toEqual([]);
});

test('when Stripe refuses to cancel an intent at the end of the window, the order ends and its stock is free all the same', async () => {
  const variant = await variantOf(api, 'BULK-02');
  const before = await stockOf(variant);
  const shopper = newShopper(api);
  await shopper.add(variant, 3);
  const { body } = await shopper.submit({ paymentMethod: 'card' });
  const path = `/v1/payment_intents/${body.payment?.intentId}/cancel`;
  await control(shop.stack, 'faults', { method: 'POST', path, times: 50, kind: 'status', status: 400 });
  expect(await stockOf(variant)).toEqual({ ...before, reserved: before.reserved + 3 });
  await statusBecomes(() => shopper.order(body), 'EXPIRED');
  await until('the stock is free', async () => (await stockOf(variant)).reserved === before.reserved);
  expect((await shopper.add(variant)).status).toBe(200);
});

test('a payment that Stripe does not take is refused, holds nothing, and leaves the cart to its shopper', async () => {
  const variant = await priced('BULK-03', 10);
  const before = await stockOf(variant);
  const shopper = newShopper(api);
  await shopper.add(variant);
  const refused = (await shopper.submit({ paymentMethod: 'card' })) as unknown as { status: number; body: ProblemBody };
  expect(refused).toMatchObject({ status: 409, body: { code: 'payment_refused' } });
  expect(await stockOf(variant)).toEqual(before);
  expect((await shopper.submit({ paymentMethod: 'cod' })).status).toBe(201);
});

test.each(['card', 'cod'] as const)(
  'an order that costs nothing is PAID at once, without a payment (%s)',
  async (paymentMethod) => {
    const variant = await priced('BULK-04', 0);
    const before = await stockOf(variant);
    const shopper = newShopper(api);
    await shopper.add(variant, 2);
    const placed = await shopper.submit({ paymentMethod });
    expect(placed).toMatchObject({
      status: 201,
      body: { order: { status: 'PAID', paymentStatus: 'NONE', total: 0 }, payment: null },
    });
    expect(await stockOf(variant)).toEqual({ onHand: before.onHand - 2, reserved: before.reserved });
  },
);

test('what is priced in another currency than the shop sells in cannot come into a cart', async () => {
  const variant = await variantOf(api, 'BULK-05');
  const query = `UPDATE products SET currency = 'jpy' WHERE id = (SELECT product_id FROM variants WHERE id = $1)`;
  await rowsOf(shop.stack, query, variant);
  const answer = await newShopper(api).add(variant);
  expect(answer.status).toBe(404);
  await rowsOf(shop.stack, `UPDATE products SET currency = 'usd'`);
});

test('a caller who expects another total than the order has is told so, and the order stays', async () => {
  const shopper = newShopper(api);
  const { body: cart } = await shopper.add(await variantOf(api, 'BULK-06'));
  const { body } = await shopper.submit({ paymentMethod: 'card' });
  const other = (await shopper.submit({ paymentMethod: 'card', expectedTotal: cart.total + 1 })) as unknown as {
    body: ProblemBody;
  };
  expect(other.body).toMatchObject({ code: 'cart_changed', total: cart.total });
  await pay(shop.stack, body.payment);
  await statusBecomes(() => shopper.order(body), 'PAID');
});

test.each(['Germany', 'gb', 'ZZ', 'XA', ''])(
  'an address in a country that is none (%p) is refused by its field',
  async (country) => {
    const { body } = await newShopper(api).add(await variantOf(api, 'BULK-06'));
    const answer = await call<ProblemBody & { errors: { path: string }[] }>(`${api}/api/v1/orders`, {
      headers: { 'X-Cart-Token': body.cartToken ?? '', 'Idempotency-Key': `in-${country}` },
      json: { paymentMethod: 'cod', email: 'ada@example.com', shippingAddress: { ...ADDRESS, country } },
    });
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ path }) => path)).toEqual(['shippingAddress.country']);
  },
);
