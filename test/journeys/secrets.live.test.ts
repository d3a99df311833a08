// A journey with all its troubles, logged at the finest level: no secret of the shop or of its shoppers is in a log, nor in
// an answer that everyone may read.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { control, mailsTo } from '../support/backstage.ts';
import { ADDRESS, call, type PlacedBody, pay, paymentOf, variantOf } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

/** Those of the home that a person's shop lives by. */
const homeSecrets = z.object({
  postgresPassword: z.string(),
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

/** Places and pays an order, and gives what only its shopper may know. */
async function journey(): Promise<Record<string, string>> {
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

test('no log of a whole journey, its troubles included, and no public answer holds a secret', async () => {
  const its = await journey();
  const secrets = { ...secretsOfTheShop(), ...its };
  for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThan(15);

  const everything = logs();
  expect(everything).toContain('"level":"debug"');
  expect(everything).toContain('a database connection broke');
  const leaked = Object.entries(secrets).filter(([, secret]) => everything.includes(secret));
  expect(leaked.map(([name]) => name)).toEqual([]);

  for (const path of ['/health', '/health/live', '/health/ready', '/metrics', '/api/openapi.json', '/api/docs']) {
    const answer = await (await fetch(`${api}${path}`)).text();
    expect(answer.length).toBeGreaterThan(0);
    expect(Object.keys(secrets).filter((name) => answer.includes(Reflect.get(secrets, name)))).toEqual([]);
  }
});
