// Journeys with all their troubles, logged at the finest level: no secret of the shop, of its shoppers, customers and machines is
// in a log, nor in an answer that everyone may read.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { control, inMail, mailsTo } from '../support/backstage.ts';
import { ADDRESS, type Answer, call, type PlacedBody, pay, paymentOf, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

/** Those of the home that a person's shop lives by. */
const homeSecrets = z.object({
  postgresPassword: z.string(),
  databasePassword: z.string(),
  stripeSecretKey: z.string(),
  tokenSecret: z.string(),
  webhookEndpoint: z.object({ secret: z.string() }),
  accounts: z.object({ admin: z.string(), inventory: z.string(), customer: z.string() }),
});

let shop: RunningStack;
let api: string;

beforeAll(async () => {
  shop = await startStack({ own: true, env: { PERDURE_LOGS: 'files', LOG_LEVEL: 'debug' } });
  api = shop.api;
});
afterAll(async () => {
  await shop.stop();
});

/** What nobody may read who was not told it: by what it is. */
function secretsOfTheShop(): Record<string, string> {
  const text = readFileSync(join(shop.home, 'secrets.json'), 'utf8');
  const { webhookEndpoint, accounts, ...rest } = homeSecrets.parse(JSON.parse(text));
  return { ...rest, webhookSecret: webhookEndpoint.secret, ...accounts };
}

/** A card's number that passes every check of one (Stripe's own for tests), written as people write it. */
const CARD = '4242 4242 4242 4242';

interface Login {
  accessToken: string;
  refreshToken: string;
}

/** Registers and goes every way that an account has, wrong turns included, and gives what was typed and told on it. */
async function accountJourney(): Promise<Record<string, string>> {
  const email = 'keeper@example.com';
  const [password, mistyped, next] = [
    'a password to search for',
    'a password that is wrong',
    'another one to search for',
  ];
  const auth = <Body = Login>(route: string, json: unknown, headers: Record<string, string> = {}) =>
    call<Body>(`${api}/api/v1/auth/${route}`, { json, headers });
  const told = ({ status, body, headers }: Answer<Login>): Login & { session: string } => {
    expect([200, 201]).toContain(status);
    const session = /session=([^;]+)/.exec(headers.getSetCookie().join())?.[1] ?? '';
    return { accessToken: body.accessToken, refreshToken: body.refreshToken, session };
  };
  const first = told(await auth('register', { email, password, name: 'Kim' }));
  const verifyLink = await inMail(shop.stack, email, /verify-email\?token=(\S+)/);
  await auth('verify-email', { token: verifyLink }, { Authorization: `Bearer ${first.accessToken}` });
  await auth('login', { email, password: mistyped });
  const second = told(await auth('refresh', { refreshToken: first.refreshToken }));
  await auth('refresh', { refreshToken: first.refreshToken });
  await auth('forgot-password', { email });
  const resetLink = await inMail(shop.stack, email, /reset-password\?token=(\S+)/);
  await auth('reset-password', { token: resetLink, newPassword: next });
  await auth('reset-password', { token: resetLink, newPassword: next });
  await auth('send-otp', { email });
  const otp = await inMail(shop.stack, email, /^(\d{6})$/m);
  await auth('verify-otp', { email, otp: otp === '000000' ? '000001' : '000000' });
  const third = told(await auth('verify-otp', { email, otp }));
  const cookie = { Cookie: `session=${third.session}` };
  await call(`${api}/api/v1/users/me`, { headers: cookie });
  await call(`${api}/api/v1/addresses`, { headers: cookie, json: { ...ADDRESS, line2: CARD } });
  await auth('logout', {}, { Cookie: `session=${third.session}`, Origin: 'http://elsewhere.example' });
  await auth('logout', {}, cookie);
  return {
    ...{ password, mistyped, next, verifyLink, resetLink, otp },
    ...{ firstAccess: first.accessToken, firstRefresh: first.refreshToken, firstSession: first.session },
    ...{ secondAccess: second.accessToken, secondRefresh: second.refreshToken, thirdAccess: third.accessToken },
    ...{ thirdRefresh: third.refreshToken, card: CARD, cardDigits: CARD.replaceAll(' ', '') },
  };
}

/** An admin makes a key for a machine, which uses it, goes on after its end, and mistypes it. */
async function machineJourney(): Promise<Record<string, string>> {
  const { email, password } = shop.stack.accounts.admin;
  const admin = await call<Login>(`${api}/api/v1/auth/login`, { json: { email, password } });
  const bearer = { Authorization: `Bearer ${admin.body.accessToken}` };
  const made = await call<{ id: string; key: string }>(`${api}/api/v1/api-keys`, {
    headers: bearer,
    json: { name: 'Scanner', role: 'admin' },
  });
  const { id, key } = made.body;
  await call(`${api}/api/v1/orders/all`, { headers: { 'X-API-Key': key } });
  await call(`${api}/api/v1/users/me`, { headers: { 'X-API-Key': key } });
  await call(`${api}/api/v1/orders/all`, { headers: { 'X-API-Key': `${key}x` } });
  await call(`${api}/api/v1/api-keys/${id}`, { method: 'DELETE', headers: bearer });
  await call(`${api}/api/v1/orders/all`, { headers: { 'X-API-Key': key } });
  return { key, adminAccess: admin.body.accessToken, adminRefresh: admin.body.refreshToken };
}

/** Places and pays an order, and gives what only its shopper may know. */
async function orderJourney(): Promise<Record<string, string>> {
  const variantId = await variantOf(api, 'BULK');
  const cart = await call<{ cartToken: string }>(`${api}/api/v1/cart/items`, { json: { variantId, quantity: 1 } });
  const cartToken = cart.body.cartToken;
  const submit = { paymentMethod: 'card', email: 'secrets@example.com', shippingAddress: ADDRESS };
  const headers = { 'X-Cart-Token': cartToken, 'Idempotency-Key': 'one-journey' };
  await call(`${api}/api/v1/orders`, { headers, json: { ...submit, cartToken } });
  const fault = { method: 'POST', path: '/v1/payment_intents', kind: 'status', status: 500, times: 2 };
  await control(shop.stack, 'faults', fault);
  const placed = await until('the order has its intent', async () => {
    const { body } = await call<PlacedBody>(`${api}/api/v1/orders`, {
      headers: { ...headers, 'Idempotency-Key': randomUUID() },
      json: submit,
    });
    return body.payment !== null && body.payment !== undefined && body;
  });
  const payment = paymentOf(placed);
  const accessToken = placed.order.accessToken ?? '';
  await pay(shop.stack, payment, 'pm_card_visa_chargeDeclined');
  await makeTrouble(accessToken);
  await pay(shop.stack, payment);
  await until('the order is PAID', async () => {
    const url = `${api}/api/v1/orders/${placed.order.id}?orderToken=${accessToken}`;
    return (await call<{ status: string }>(url)).body.status === 'PAID';
  });
  await until('its mail has come', async () => (await mailsTo(shop.stack, submit.email)).length > 0);
  return { cartToken, accessToken, clientSecret: payment.clientSecret };
}

/** Refused requests, a forged event, and a PostgreSQL that is killed under everyone's hands. */
async function makeTrouble(token: string): Promise<void> {
  await call(`${api}/api/v1/orders/${randomUUID()}?orderToken=${token}`);
  await call(`${api}/api/v1/nowhere/${token}?token=${token}`, { headers: { Authorization: `Bearer ${token}` } });
  await call(`${api}/api/v1/payments/webhook`, { headers: { 'Stripe-Signature': 't=1,v1=00' }, json: { id: 'evt_1' } });
  const pid = shop.stack.pids.postgres as number;
  process.kill(pid, 'SIGKILL');
  await until('PostgreSQL is back and the shop is ready', async () => {
    const again = (await shop.read())?.pids.postgres;
    return again !== pid && (await call(`${api}/health/ready`)).status === 200;
  });
}

function logs(): string {
  const folder = join(shop.home, 'logs');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(4);
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
}

test('no log of whole journeys, their troubles included, and no public answer holds a secret', async () => {
  const secrets = {
    ...secretsOfTheShop(),
    ...(await accountJourney()),
    ...(await machineJourney()),
    ...(await orderJourney()),
  };
  const { otp, ...long } = secrets;
  for (const secret of Object.values(long)) expect(secret.length).toBeGreaterThan(15);

  const everything = logs();
  expect(everything).toContain('"level":"debug"');
  expect(everything).toContain('a database connection broke');
  expect(everything).toContain('/api/v1/auth/verify-otp');
  const leaked = Object.entries(long).filter(([, secret]) => everything.includes(secret));
  expect(leaked.map(([name]) => name)).toEqual([]);
  // Six digits may stand in a log by chance: as a word of a message, as a value, or quoted, they would be the code.
  expect(everything).not.toMatch(new RegExp(`["' :=]${otp}["' ,}]`));

  for (const path of ['/health', '/health/live', '/health/ready', '/metrics', '/api/openapi.json', '/api/docs']) {
    const answer = await (await fetch(`${api}${path}`)).text();
    expect(answer.length).toBeGreaterThan(0);
    expect(Object.keys(long).filter((name) => answer.includes(Reflect.get(long, name)))).toEqual([]);
  }
});
