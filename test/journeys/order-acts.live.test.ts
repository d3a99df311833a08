// What people do with an order after it was placed, over HTTP on a running stack: they cancel it, pay it on a second try,
// and the shop says yes or no to cash on delivery. Money, stock and the cart go where the order's end says.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mailsTo, rowsOf } from '../support/backstage.ts';
import {
  type Admin,
  type Answer,
  call,
  logIn,
  newShopper,
  type PlacedBody,
  type PlacedPayment,
  type ProblemBody,
  pay,
  paymentOf,
  type Shopper,
  statusBecomes,
  variantOf,
} from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

let shop: RunningStack;
let api: string;
let admin: Admin;
let variant: string;

beforeAll(async () => {
  shop = await startStack();
  api = shop.api;
  [admin, variant] = await Promise.all([logIn(shop.stack), variantOf(api, 'BULK-01')]);
});

afterAll(async () => {
  await shop.stop();
});

interface Ordered {
  shopper: Shopper;
  email: string;
  placed: PlacedBody;
  /** For a card only. */
  readonly payment: PlacedPayment;
}

/** A guest with a placed order of three pieces. */
async function ordered(paymentMethod: 'card' | 'cod'): Promise<Ordered> {
  const email = `${crypto.randomUUID()}@example.com`;
  const shopper = newShopper(api, email);
  await shopper.add(variant, 3);
  const { status, body: placed } = await shopper.submit({ paymentMethod });
  expect(status).toBe(201);
  return {
    shopper,
    email,
    placed,
    get payment() {
      return paymentOf(placed);
    },
  };
}

async function stock(): Promise<{ onHand: number; reserved: number }> {
  const query = 'SELECT on_hand, reserved FROM inventory WHERE variant_id = $1';
  const [row] = await rowsOf<{ on_hand: number; reserved: number }>(shop.stack, query, variant);
  return { onHand: Number(row?.on_hand), reserved: Number(row?.reserved) };
}

async function mailBecomes(email: string, subject: string): Promise<void> {
  await until(`the mail "${subject}" has come`, async () => {
    const mails = await mailsTo(shop.stack, email);
    return mails.some((mail) => mail.subject === subject);
  });
}

/** What the simulator holds of an intent. */
async function atStripe(intentId: string): Promise<{ status: string; amount_received: number }> {
  const { body } = await call<{ status: string; amount_received: number }>(
    `${shop.stack.stripe}/_sim/payment_intents/${intentId}`,
  );
  return body;
}

function refusal(answer: Answer<unknown>): { status: number; code: string; orderStatus?: string } {
  const { code, orderStatus } = answer.body as ProblemBody & { orderStatus?: string };
  return { status: answer.status, code, ...(orderStatus !== undefined && { orderStatus }) };
}

const invalid = (orderStatus: string) => ({ status: 409, code: 'invalid_transition', orderStatus });

/** The cart is there again with what was in it, and can become another order. */
async function canBeOrderedAgain({ shopper, placed }: Ordered): Promise<void> {
  const cart = await shopper.cart();
  expect(cart).toMatchObject({ status: 200, body: { items: [{ sku: 'BULK-01', quantity: 3 }] } });
  const again = await shopper.submit({ paymentMethod: 'cod' });
  expect(again.status).toBe(201);
  expect(again.body.order.id).not.toBe(placed.order.id);
  expect((await shopper.cancel(again.body)).status).toBe(200);
}

describe('cash on delivery', () => {
  test('that the shop confirms is CONFIRMED and due: its stock has left, its cart is closed, its mail has come', async () => {
    const before = await stock();
    const order = await ordered('cod');
    const { shopper, placed } = order;
    const confirmed = await admin.confirm(placed.order.id);
    expect(confirmed).toMatchObject({ status: 200, body: { status: 'CONFIRMED', paymentStatus: 'COD_DUE' } });
    expect((await shopper.order(placed)).body).toMatchObject({ status: 'CONFIRMED', paymentStatus: 'COD_DUE' });
    expect(await stock()).toEqual({ ...before, onHand: before.onHand - 3 });
    expect(refusal(await shopper.cart())).toMatchObject({ status: 404 });
    await mailBecomes(order.email, `Order ${placed.order.number} is confirmed`);
    expect(refusal(await admin.confirm(placed.order.id))).toEqual(invalid('CONFIRMED'));
    expect(refusal(await admin.reject(placed.order.id))).toEqual(invalid('CONFIRMED'));
  });

  test.each(['reject', 'cancel'] as const)(
    'that the shop ends (%s) is CANCELLED: its stock is free, its mail has come, and its cart can be ordered again',
    async (act) => {
      const before = await stock();
      const order = await ordered('cod');
      const ended = await admin[act](order.placed.order.id);
      const cancelReason = act === 'reject' ? 'rejected_by_shop' : 'cancelled_by_shop';
      expect(ended).toMatchObject({ status: 200, body: { status: 'CANCELLED', paymentStatus: 'NONE', cancelReason } });
      expect(await stock()).toEqual(before);
      await mailBecomes(order.email, `Order ${order.placed.order.number} is cancelled`);
      await canBeOrderedAgain(order);
    },
  );

  test('is confirmed and rejected by admins only, and only where there is such an order', async () => {
    const { placed } = await ordered('cod');
    const customer = await logIn(shop.stack, 'customer');
    for (const act of ['confirm', 'reject'] as const) {
      const url = `${api}/api/v1/orders/${placed.order.id}/${act}`;
      const guest = { method: 'POST', headers: { 'X-Order-Token': placed.order.accessToken ?? '' } };
      expect(refusal(await call(url, guest))).toEqual({ status: 401, code: 'unauthenticated' });
      expect(refusal(await customer[act](placed.order.id))).toEqual({ status: 403, code: 'forbidden' });
      expect(refusal(await admin[act](crypto.randomUUID()))).toEqual({ status: 404, code: 'not_found' });
    }
    expect(refusal(await customer.order(placed.order.id))).toEqual({ status: 404, code: 'not_found' });
    expect(refusal(await customer.cancel(placed.order.id))).toEqual({ status: 404, code: 'not_found' });
    expect((await admin.order(placed.order.id)).body).toMatchObject({ status: 'AWAITING_CONFIRMATION' });
  });

  test('that is confirmed and rejected at once goes one way, and the other is told which', async () => {
    const { placed } = await ordered('cod');
    const answers = await Promise.all([admin.confirm(placed.order.id), admin.reject(placed.order.id)]);
    const [won] = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status }) => status !== 200);
    expect(lost.map(refusal)).toEqual([invalid(won?.body.status ?? '')]);
    expect((await admin.order(placed.order.id)).body.status).toBe(won?.body.status);
  });
});

describe('a card order', () => {
  test('that its customer cancels is CANCELLED: its intent too, its stock is free, and its cart can be ordered again', async () => {
    const before = await stock();
    const order = await ordered('card');
    const cancelled = await order.shopper.cancel(order.placed);
    expect(cancelled).toMatchObject({
      status: 200,
      body: { status: 'CANCELLED', paymentStatus: 'NONE', cancelReason: 'cancelled_by_customer' },
    });
    expect((await atStripe(order.payment.intentId)).status).toBe('canceled');
    expect(await stock()).toEqual(before);
    expect(refusal(await order.shopper.cancel(order.placed))).toEqual(invalid('CANCELLED'));
    expect(refusal(await order.shopper.createIntent(order.placed))).toEqual(invalid('CANCELLED'));
    await canBeOrderedAgain(order);
  });

  test('that was paid and is cancelled is refunded, and what was in it is on sale again', async () => {
    const before = await stock();
    const { shopper, placed, payment } = await ordered('card');
    await pay(shop.stack, payment);
    await statusBecomes(() => shopper.order(placed), 'PAID');
    expect(await shopper.cancel(placed)).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
    await until('the money is back', async () => {
      const { body } = await shopper.order(placed);
      return body.status === 'CANCELLED' && body.paymentStatus === 'REFUNDED';
    });
    expect(await stock()).toEqual(before);
    const { body } = await call<{ payment_intent: string; amount: number }[]>(`${shop.stack.stripe}/_sim/refunds`);
    expect(body.filter(({ payment_intent }) => payment_intent === payment.intentId)).toMatchObject([
      { amount: placed.order.total },
    ]);
    expect(refusal(await shopper.cancel(placed))).toEqual(invalid('CANCELLED'));
  });

  test.each(['PENDING', 'PAID'])('that is cancelled by many at once while it is %s moves once', async (status) => {
    const { shopper, placed, payment } = await ordered('card');
    if (status === 'PAID') await pay(shop.stack, payment);
    await statusBecomes(() => shopper.order(placed), status);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? shopper.cancel(placed) : admin.cancel(placed.order.id))),
    );
    const moved = answers.filter((answer) => answer.status === 200);
    expect(moved.length).toBeGreaterThan(0);
    expect(new Set(moved.map(({ body }) => body.status))).toEqual(new Set(['CANCELLED']));
    const refused = answers.filter((answer) => answer.status !== 200).map(refusal);
    expect(refused).toEqual(refused.map(() => invalid('CANCELLED')));
    const { events } = (await shopper.track(placed)).body;
    expect(events.filter(({ to }) => to === 'CANCELLED')).toHaveLength(1);
  });

  test('whose card was declined is paid on a second try, on the same intent', async () => {
    const { shopper, placed, payment } = await ordered('card');
    await pay(shop.stack, payment, 'pm_card_visa_chargeDeclined');
    await until('the payment is FAILED', async () => (await shopper.order(placed)).body.paymentStatus === 'FAILED');
    const again = await shopper.retry(placed, payment.intentId);
    const { intentId, clientSecret } = payment;
    expect(again).toMatchObject({
      status: 200,
      body: { orderId: placed.order.id, attempt: 1, intentId, clientSecret },
    });
    expect((await shopper.createIntent(placed)).body).toEqual(again.body);
    await pay(shop.stack, payment);
    await statusBecomes(() => shopper.order(placed), 'PAID');
    expect(refusal(await shopper.retry(placed, again.body.id))).toEqual(invalid('PAID'));
  });

  test('whose intent was cancelled at Stripe is paid by a new attempt', async () => {
    const { shopper, placed, payment } = await ordered('card');
    const headers = { Authorization: `Bearer ${shop.stack.stripeSecretKey}` };
    const path = `/v1/payment_intents/${payment.intentId}/cancel`;
    expect((await call(`${shop.stack.stripe}${path}`, { method: 'POST', headers })).status).toBe(200);
    const tries = await Promise.all(Array.from({ length: 5 }, () => shopper.retry(placed, payment.intentId)));
    expect(new Set(tries.map(({ body }) => body.intentId)).size).toBe(1);
    const again = tries[0]?.body;
    expect(again).toMatchObject({ attempt: 2, amount: placed.order.total, currency: 'usd' });
    expect(again?.intentId).not.toBe(payment.intentId);
    await pay(shop.stack, { intentId: again?.intentId ?? '', clientSecret: again?.clientSecret ?? '' });
    await statusBecomes(() => shopper.order(placed), 'PAID');
    const { body } = await call<{ items: { attempt: number; status: string; clientSecret: null }[] }>(
      `${api}/api/v1/payments/order/${placed.order.id}`,
      { headers: admin.headers },
    );
    expect(body.items).toMatchObject([
      { attempt: 1, status: 'canceled', clientSecret: null },
      { attempt: 2, status: 'succeeded', clientSecret: null },
    ]);
  });

  test("gives its intent to nobody with another order's token", async () => {
    const [mine, theirs] = [await ordered('card'), await ordered('card')];
    const stranger = {
      order: { ...mine.placed.order, accessToken: theirs.placed.order.accessToken ?? '' },
      payment: null,
    };
    const notFound = { status: 404, code: 'not_found' };
    expect(refusal(await theirs.shopper.createIntent(stranger))).toEqual(notFound);
    expect(refusal(await theirs.shopper.retry(stranger, mine.payment.intentId))).toEqual(notFound);
    expect(refusal(await theirs.shopper.cancel(stranger))).toEqual(notFound);
    expect((await mine.shopper.order(mine.placed)).body.status).toBe('PENDING');
  });
});

test('the story of an order tells every move and who made it; which of the staff, only to admins', async () => {
  const { shopper, placed } = await ordered('cod');
  await admin.confirm(placed.order.id);
  const { events, ...told } = (await shopper.track(placed)).body;
  expect(told).toMatchObject({ status: 'CONFIRMED' });
  expect(events).toMatchObject([
    { sequence: 1, from: null, to: 'AWAITING_CONFIRMATION', actor: 'customer' },
    { sequence: 2, from: 'AWAITING_CONFIRMATION', to: 'CONFIRMED', actor: 'admin' },
  ]);
  const { body } = await admin.track(placed.order.id);
  expect(body.events[1]?.actor).toMatch(/^admin:[0-9a-f-]{36}$/);
});
