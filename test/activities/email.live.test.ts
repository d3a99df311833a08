// The mailer's watch, on a real inbox and the real database: a mail is sent once, and a mail server in trouble delays it.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { createEmailActivities } from '../../activities/email.ts';
import { type Inbox, startInbox } from '../../src/local/inbox/server.ts';
import { freePort } from '../../src/local/ports.ts';
import { claimMails } from '../../src/notifications/store.ts';
import { type Mailer, openMailer } from '../../src/platform/mailer.ts';
import { verifyOrderToken } from '../../src/platform/tokens.ts';
import { newCustomer } from '../http/customers.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { NOW } from '../support/rows.ts';
import { call } from '../support/shopper.ts';
import { until } from '../support/wait.ts';
import { checkoutAfter } from './checkout-steps.ts';

const TOKEN_SECRETS = ['the-secret-of-a-test-32-characters'];
const logger = pino({ level: 'silent' });

let database: OwnDatabase;
let folder: string;
let inbox: Inbox;
let mailer: Mailer;
let now: Date;

beforeEach(async () => {
  folder = temporaryFolder();
  now = NOW;
  [database, inbox] = await Promise.all([
    ownDatabase(),
    startInbox({ httpPort: 0, smtpPort: 0, dataDir: folder, logger }),
  ]);
  mailer = openMailer(`smtp://127.0.0.1:${inbox.smtpPort}`, 'Shop <shop@example.com>');
});
afterEach(async () => {
  mailer.close();
  await Promise.all([database.leave(), inbox.close()]);
  removeFolder(folder);
});

interface Watch {
  /** Stops it as a stopping worker does, and waits for its end. */
  stop(): Promise<void>;
}

function startWatch(): Watch {
  const stopping = new AbortController();
  const deps = { db: database.db, mailer, clock: () => now, logger, publicUrl: 'https://shop.example.com' };
  const activities = createEmailActivities({ ...deps, tokenSecrets: TOKEN_SECRETS, stopping: stopping.signal });
  const running = new MockActivityEnvironment().run(() => activities.sendDueMails());
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** An order whose payment has come: its row of a mail waits. */
async function paidOrder(): Promise<string> {
  return (await checkoutAfter(database.db, ['placeOrder', 'completeOrder'])).orderId;
}

interface Received {
  messageId: string;
  text: string;
}

async function received(): Promise<Received[]> {
  return (await call<Received[]>(`${inbox.url}/messages`)).body;
}

async function mailRow(orderId: string) {
  return database.db.selectFrom('mails').selectAll().where('orderId', '=', orderId).executeTakeFirstOrThrow();
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

async function orderTrouble(times: number): Promise<void> {
  await call(`${inbox.url}/_inbox/faults`, { json: { times, kind: 'refuse' } });
}

test('a mail is sent once, under a Message-ID of its order and fact, with a link that opens the order', async () => {
  const orderId = await paidOrder();
  const watch = startWatch();
  await sent(orderId);
  const later = await paidOrder();
  await sent(later);
  await watch.stop();
  const mails = (await received()).filter(({ text }) => text.includes(orderId));
  expect(mails.map(({ messageId }) => messageId)).toEqual([`<paid.${orderId}@shop.example.com>`]);
  const token = /orderToken=(\S+)/.exec(mails[0]?.text ?? '')?.[1] ?? '';
  expect(verifyOrderToken(TOKEN_SECRETS, orderId, token)).toBe(true);
  expect(mails[0]?.text).toContain(`https://shop.example.com/api/v1/orders/${orderId}?`);
});

test.each([
  ["a customer's order", async () => ({ customerId: (await newCustomer(database.db)).userId })],
  ['an order whose customer has gone', async () => ({ disownedAt: NOW })],
])('a mail of %s opens it for nobody who is not logged in', async (_whose, columns) => {
  const orderId = await paidOrder();
  await database.db
    .updateTable('orders')
    .set(await columns())
    .where('id', '=', orderId)
    .execute();
  const watch = startWatch();
  await sent(orderId);
  await watch.stop();
  const [mail] = await received();
  expect(mail?.text).toContain(`https://shop.example.com/api/v1/orders/${orderId}`);
  expect(mail?.text).not.toContain('order_');
  expect(mail?.text).not.toContain('orderToken');
});

test('two watches at once, as of two workers, send each of many mails once', async () => {
  const orders = await Promise.all(Array.from({ length: 25 }, () => paidOrder()));
  const watches = [startWatch(), startWatch()];
  for (const orderId of orders) await sent(orderId);
  await Promise.all(watches.map((watch) => watch.stop()));
  const ids = (await received()).map(({ messageId }) => messageId);
  expect(ids.toSorted()).toEqual(orders.map((orderId) => `<paid.${orderId}@shop.example.com>`).toSorted());
});

test('of several claims at once, none takes a mail that another has taken', async () => {
  const orders = await Promise.all(Array.from({ length: 25 }, () => paidOrder()));
  const how = { limit: 10, firstPause: 30, longestPause: 300, maxAttempts: 10 };
  for (let round = 0; round < 5; round += 1) {
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimMails(database.db, { ...how, now })));
    const claimed = claims.flat().map(({ orderId }) => orderId);
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed.length).toBeLessThanOrEqual(orders.length);
    now = new Date(now.getTime() + 3_600_000);
  }
});

test('a mail whose record was lost with its worker is sent again under the same Message-ID', async () => {
  const orderId = await paidOrder();
  const first = startWatch();
  await sent(orderId);
  await first.stop();
  await database.db.updateTable('mails').set({ sentAt: null }).execute();
  now = (await mailRow(orderId)).dueAt;
  const second = startWatch();
  await sent(orderId);
  await second.stop();
  const ids = (await received()).map(({ messageId }) => messageId);
  expect(ids).toEqual([`<paid.${orderId}@shop.example.com>`, `<paid.${orderId}@shop.example.com>`]);
});

test('a mail that is refused waits for its time, holds no other up, and comes then', async () => {
  await orderTrouble(1);
  const refused = await paidOrder();
  const watch = startWatch();
  const { dueAt } = await tried(refused, 1);
  expect(dueAt.getTime()).toBeGreaterThan(now.getTime());
  const other = await paidOrder();
  await sent(other);
  expect(await mailRow(refused)).toMatchObject({ attempts: 1, sentAt: null });

  now = new Date(dueAt.getTime() - 1);
  const another = await paidOrder();
  await sent(another);
  expect(await mailRow(refused)).toMatchObject({ attempts: 1, sentAt: null });

  now = dueAt;
  await sent(refused);
  await watch.stop();
  expect(await mailRow(refused)).toMatchObject({ attempts: 2, sentAt: dueAt, lastError: null });
  expect(await received()).toHaveLength(3);
});

test('the pauses between tries grow to five minutes while the mail server is away, and the mail comes when it is back', async () => {
  const nobody = await freePort();
  await nobody.release();
  mailer.close();
  mailer = openMailer(`smtp://127.0.0.1:${nobody.number}`, 'Shop <shop@example.com>');
  const orderId = await paidOrder();
  const away = startWatch();
  const pauses: number[] = [];
  for (let attempts = 1; attempts <= 6; attempts += 1) {
    const { dueAt } = await tried(orderId, attempts);
    pauses.push((dueAt.getTime() - now.getTime()) / 1_000);
    now = dueAt;
  }
  await away.stop();
  expect(pauses).toEqual([30, 60, 120, 240, 300, 300]);

  mailer.close();
  mailer = openMailer(`smtp://127.0.0.1:${inbox.smtpPort}`, 'Shop <shop@example.com>');
  now = new Date(now.getTime() + 300_000);
  const back = startWatch();
  await sent(orderId);
  await back.stop();
  expect(await received()).toHaveLength(1);
});

test('a watch that is cancelled ends, and leaves what is not sent for the next one', async () => {
  await orderTrouble(1_000);
  const orderId = await paidOrder();
  const deps = { db: database.db, mailer, clock: () => now, logger, publicUrl: 'https://shop.example.com' };
  const { signal } = new AbortController();
  const activities = createEmailActivities({ ...deps, tokenSecrets: TOKEN_SECRETS, stopping: signal });
  const environment = new MockActivityEnvironment();
  const running = environment.run(() => activities.sendDueMails());
  await tried(orderId, 1);
  environment.cancel();
  await running;
  expect(await mailRow(orderId)).toMatchObject({ sentAt: null });
  expect(await received()).toEqual([]);
});
