// The mailer's watch, on a real inbox and the real database: a mail is sent once, and a mail server in trouble delays it.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '../../src/local/ports.ts';
import { claimMails } from '../../src/notifications/store.ts';
import { verifyOrderToken } from '../../src/platform/tokens.ts';
import { person } from '../accounts/people.ts';
import { NOW } from '../support/rows.ts';
import { until } from '../support/wait.ts';
import { checkoutAfter } from './checkout-steps.ts';
import { type Mailing, openMailing, TOKEN_SECRETS } from './mailing.ts';

let mailing: Mailing;
beforeEach(async () => {
  mailing = await openMailing();
});
afterEach(() => mailing.close());

/** An order whose payment has come: its row of a mail waits. */
async function paidOrder(): Promise<string> {
  return (await checkoutAfter(mailing.db, ['placeOrder', 'completeOrder'])).orderId;
}

async function mailRow(orderId: string) {
  return mailing.db.selectFrom('mails').selectAll().where('orderId', '=', orderId).executeTakeFirstOrThrow();
}

async function sent(orderId: string): Promise<void> {
  await until(`the mail of ${orderId} is sent`, async () => (await mailRow(orderId)).sentAt !== null);
}

async function tried(orderId: string, attempts: number): Promise<Awaited<ReturnType<typeof mailRow>>> {
  return until(`try ${attempts} of ${orderId} has failed`, async () => {
    const row = await mailRow(orderId);
    return row.attempts === attempts && row.lastError !== null && row;
  });
}

test('a mail is sent once, under a Message-ID of its order and fact, with a link that opens the order', async () => {
  const orderId = await paidOrder();
  const watch = mailing.startWatch();
  await sent(orderId);
  const later = await paidOrder();
  await sent(later);
  await watch.stop();
  const mails = (await mailing.received()).filter(({ text }) => text.includes(orderId));
  expect(mails.map(({ messageId }) => messageId)).toEqual([`<paid.${orderId}@shop.example.com>`]);
  const token = /orderToken=(\S+)/.exec(mails[0]?.text ?? '')?.[1] ?? '';
  expect(verifyOrderToken(TOKEN_SECRETS, orderId, token)).toBe(true);
  expect(mails[0]?.text).toContain(`https://shop.example.com/api/v1/orders/${orderId}?`);
});

test.each([
  ["a customer's order", async () => ({ customerId: (await person(mailing.db)).id })],
  ['an order whose customer has gone', async () => ({ disownedAt: NOW })],
])('a mail of %s opens it for nobody who is not logged in', async (_whose, columns) => {
  const orderId = await paidOrder();
  await mailing.db
    .updateTable('orders')
    .set(await columns())
    .where('id', '=', orderId)
    .execute();
  const watch = mailing.startWatch();
  await sent(orderId);
  await watch.stop();
  const [mail] = await mailing.received();
  expect(mail?.text).toContain(`https://shop.example.com/api/v1/orders/${orderId}`);
  expect(mail?.text).not.toContain('order_');
  expect(mail?.text).not.toContain('orderToken');
});

test('two watches at once, as of two workers, send each of many mails once', async () => {
  const orders = await Promise.all(Array.from({ length: 25 }, () => paidOrder()));
  const watches = [mailing.startWatch(), mailing.startWatch()];
  for (const orderId of orders) await sent(orderId);
  await Promise.all(watches.map((watch) => watch.stop()));
  const ids = (await mailing.received()).map(({ messageId }) => messageId);
  expect(ids.toSorted()).toEqual(orders.map((orderId) => `<paid.${orderId}@shop.example.com>`).toSorted());
});

test('of several claims at once, none takes a mail that another has taken', async () => {
  const orders = await Promise.all(Array.from({ length: 25 }, () => paidOrder()));
  const how = { limit: 10, firstPause: 30, longestPause: 300, maxAttempts: 10 };
  for (let round = 0; round < 5; round += 1) {
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => claimMails(mailing.db, { ...how, now: mailing.now })),
    );
    const claimed = claims.flat().map(({ orderId }) => orderId);
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed.length).toBeLessThanOrEqual(orders.length);
    mailing.now = new Date(mailing.now.getTime() + 3_600_000);
  }
});

test('a mail whose record was lost with its worker is sent again under the same Message-ID', async () => {
  const orderId = await paidOrder();
  const first = mailing.startWatch();
  await sent(orderId);
  await first.stop();
  await mailing.db.updateTable('mails').set({ sentAt: null }).execute();
  mailing.now = (await mailRow(orderId)).dueAt;
  const second = mailing.startWatch();
  await sent(orderId);
  await second.stop();
  const ids = (await mailing.received()).map(({ messageId }) => messageId);
  expect(ids).toEqual([`<paid.${orderId}@shop.example.com>`, `<paid.${orderId}@shop.example.com>`]);
});

test('a mail that is refused waits for its time, holds no other up, and comes then', async () => {
  await mailing.refuse(1);
  const refused = await paidOrder();
  const watch = mailing.startWatch();
  const { dueAt } = await tried(refused, 1);
  expect(dueAt.getTime()).toBeGreaterThan(mailing.now.getTime());
  const other = await paidOrder();
  await sent(other);
  expect(await mailRow(refused)).toMatchObject({ attempts: 1, sentAt: null });

  mailing.now = new Date(dueAt.getTime() - 1);
  const another = await paidOrder();
  await sent(another);
  expect(await mailRow(refused)).toMatchObject({ attempts: 1, sentAt: null });

  mailing.now = dueAt;
  await sent(refused);
  await watch.stop();
  expect(await mailRow(refused)).toMatchObject({ attempts: 2, sentAt: dueAt, lastError: null });
  expect(await mailing.received()).toHaveLength(3);
});

test('the pauses between tries grow to five minutes while the mail server is away, and the mail comes when it is back', async () => {
  const nobody = await freePort();
  await nobody.release();
  const orderId = await paidOrder();
  const away = mailing.startWatch({ smtpPort: nobody.number });
  const pauses: number[] = [];
  for (let attempts = 1; attempts <= 6; attempts += 1) {
    const { dueAt } = await tried(orderId, attempts);
    pauses.push((dueAt.getTime() - mailing.now.getTime()) / 1_000);
    mailing.now = dueAt;
  }
  await away.stop();
  expect(pauses).toEqual([30, 60, 120, 240, 300, 300]);

  mailing.now = new Date(mailing.now.getTime() + 300_000);
  const back = mailing.startWatch();
  await sent(orderId);
  await back.stop();
  expect(await mailing.received()).toHaveLength(1);
});

test('a watch that is cancelled ends, and leaves what is not sent for the next one', async () => {
  await mailing.refuse(1_000);
  const orderId = await paidOrder();
  const watch = mailing.startWatch();
  await tried(orderId, 1);
  await watch.cancel();
  expect(await mailRow(orderId)).toMatchObject({ sentAt: null });
  expect(await mailing.received()).toEqual([]);
});
