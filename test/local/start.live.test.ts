// `npm start` with everything of its own, as a person has it: it keeps its data, survives the death of any part, comes back
// after its own, and leaves nothing when it stops. One shop goes through all of it, in the order of these tests.
import { createConnection } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { createTransport } from 'nodemailer';
import Stripe from 'stripe';
import { respondsOk } from '../../src/local/http-probe.ts';
import { startOf } from '../../src/local/leftovers.ts';
import { withClient } from '../../src/local/postgres.ts';
import type { Stack } from '../../src/local/stack-file.ts';
import { databaseAt } from '../../src/local/temporal-schema.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

const home = temporaryFolder();
let shop: RunningStack;
let intentId: string;

beforeAll(async () => {
  shop = await startStack({ own: true, home });
  intentId = await leaveTraces(shop.stack);
});

afterAll(async () => {
  await shop.stop();
  removeFolder(home);
});

function stripeOf({ stripe, stripeSecretKey }: Stack): Stripe {
  const { hostname, port } = new URL(stripe);
  return new Stripe(stripeSecretKey, { host: hostname, port: Number(port), protocol: 'http', maxNetworkRetries: 0 });
}

const TRACES = {
  rows: [{ note: 'was here' }],
  mails: [{ subject: 'was here' }],
  amount: 1234,
  mailer: expect.stringMatching(/^[0-9a-f-]{36}$/),
};

/** Something of ours in every store: PostgreSQL, the simulator, the inbox. Temporal has the shop's mailer workflow. */
async function leaveTraces(stack: Stack): Promise<string> {
  await withClient(stack.databaseUrl, async (client) => {
    await client.query('create table trace (note text)');
    await client.query("insert into trace values ('was here')");
  });
  const mail = { from: 'a@example.com', to: 'b@example.com', subject: 'was here', text: 'x' };
  await createTransport(`smtp://${stack.smtp}`).sendMail(mail);
  const intent = await stripeOf(stack).paymentIntents.create({ amount: 1234, currency: 'usd' });
  return intent.id;
}

/** What is left of it. */
async function findTraces(stack: Stack): Promise<object> {
  const { rows } = await withClient(stack.databaseUrl, (client) => client.query('select note from trace'));
  const mails: unknown = await (await fetch(`${stack.inbox}/messages?to=b@example.com`)).json();
  const { amount } = await stripeOf(stack).paymentIntents.retrieve(intentId);
  return { rows, mails, amount, mailer: await runIdOfMailer(stack) };
}

async function runIdOfMailer({ temporal, namespace }: Stack): Promise<string | undefined> {
  const connection = await Connection.connect({ address: temporal });
  try {
    const client = new Client({ connection, namespace });
    for await (const { type, runId } of client.workflow.list({ query: 'ExecutionStatus = "Running"' })) {
      if (type === 'mailer') return runId;
    }
    return undefined;
  } finally {
    await connection.close();
  }
}

function pidsOf({ pids }: Stack): Record<string, number> {
  const children = Object.entries(pids).filter(([name]) => name !== 'start');
  const entries = children.flatMap(([name, pid]) => (Array.isArray(pid) ? [[name, pid[0]]] : [[name, pid]]));
  return Object.fromEntries(entries.filter(([, pid]) => pid !== null));
}

async function alive(pids: number[]): Promise<number[]> {
  const starts = await Promise.all(pids.map(async (pid) => ((await startOf(pid)) === undefined ? [] : [pid])));
  return starts.flat();
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });
}

/** Every port that stack.json names. */
function portsOf(stack: Stack): number[] {
  const { api, temporalUi, stripe, inbox, databaseUrl, redisUrl } = stack;
  const urls = [...api, temporalUi, stripe, inbox, databaseUrl, redisUrl].flatMap((url) => (url === null ? [] : [url]));
  const addresses = [stack.temporal, stack.smtp].map((address) => `tcp://${address}`);
  return [...urls, ...addresses].map((url) => Number(new URL(url).port));
}

async function isReady(stack: Stack): Promise<boolean> {
  return respondsOk(`${stack.api[0]}/health/ready`);
}

test('what it runs comes to PostgreSQL by the socket, API and workers not as the owner, and stack.json names the address for everybody else', async () => {
  const { databaseUrl } = shop.stack;
  expect([...new URL(databaseUrl).searchParams.keys()]).toEqual([]);
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query(`select distinct datname::text as database, usename::text as role from pg_stat_activity
      where backend_type = 'client backend' and client_addr is null order by 1`),
  );
  expect(rows).toEqual([
    { database: 'perdure', role: 'perdure_app' },
    { database: 'temporal', role: 'perdure' },
    { database: 'temporal_visibility', role: 'perdure' },
  ]);
});

test('it serves the demo shop, and its UI, docs and inbox are there', async () => {
  const { stack } = shop;
  for (const url of [`${stack.api[0]}/health/ready`, stack.docs, stack.temporalUi, stack.inbox]) {
    expect([url, await respondsOk(`${url}`)]).toEqual([url, true]);
  }
  expect(shop.output()).toContain('Perdure is ready');
});

test('its Temporal server keeps the indexes that workflows are searched by, and no others', async () => {
  const { rows } = await withClient(databaseAt(shop.stack.databaseUrl, 'temporal_visibility'), (client) =>
    client.query<{ indexname: string }>(
      "select indexname from pg_indexes where tablename = 'executions_visibility' and indexname like any ($1)",
      [['by\\_bool%', 'by\\_int%', 'by\\_keyword\\_0%', 'by\\_keyword\\_1%']],
    ),
  );
  const keywords = rows.filter(({ indexname }) => indexname.startsWith('by_keyword'));
  expect([keywords.length, rows.length]).toEqual([4, 5]);
});

test('its logs are JSON lines with the name of the part, after the addresses', async () => {
  const after = shop.output().split('Ctrl-C stops everything')[1]?.split('\n').slice(1) ?? [];
  const parts = after.filter((line) => line !== '').map((line) => JSON.parse(line).part);
  expect(new Set(parts)).toEqual(new Set([...parts, 'postgres', 'api', 'worker']));
});

test('kill -9 of start leaves no orphan, and the next start finds everything again', async () => {
  const before = pidsOf(shop.stack);
  const mailer = await runIdOfMailer(shop.stack);
  await shop.kill();
  await until('no child is left', async () => (await alive(Object.values(before))).length === 0);
  shop = await startStack({ own: true, home });
  expect(await findTraces(shop.stack)).toMatchObject({ ...TRACES, mailer });
});

test.each(['redis', 'temporalUi', 'stripe', 'inbox', 'api', 'worker', 'temporal', 'postgres'])(
  'kill -9 of %s: it comes back with a new pid in stack.json, and the shop works',
  async (name) => {
    const old = pidsOf(shop.stack)[name];
    expect(old).toBeDefined();
    process.kill(old as number, 'SIGKILL');
    const stack = await until(`${name} has a new pid`, async () => {
      const now = await shop.read();
      return now !== undefined && pidsOf(now)[name] !== old && now;
    });
    expect(await alive([pidsOf(stack)[name] as number])).toHaveLength(1);
    await until('the shop is ready', () => isReady(stack));
    shop = { ...shop, stack };
  },
);

test('after all that nothing is lost', async () => {
  expect(await findTraces(shop.stack)).toMatchObject(TRACES);
});

test('an API process that gets SIGTERM ends and is started again', async () => {
  const old = pidsOf(shop.stack).api as number;
  process.kill(old, 'SIGTERM');
  const stack = await until('a new API process', async () => {
    const now = await shop.read();
    return now !== undefined && pidsOf(now).api !== old && now;
  });
  await until('the shop is ready', () => isReady(stack));
  expect(await alive([old])).toEqual([]);
  shop = { ...shop, stack };
});

test('a second start of a home that is running is one sentence, and does not disturb the first', async () => {
  await expect(startStack({ own: true, home })).rejects.toThrow(
    /\n\nThe shop in .* is running already \(process \d+\): stop it first, or set PERDURE_HOME to another folder\.\n/,
  );
  expect(await isReady(shop.stack)).toBe(true);
});

test('SIGTERM stops everything in order: no process, no listener and no stack.json is left', async () => {
  const pids = [...Object.values(pidsOf(shop.stack)), shop.stack.pids.start ?? 0];
  expect(await shop.stop()).toBe(0);
  expect(await alive(pids)).toEqual([]);
  expect(await shop.read()).toBeUndefined();
  const listening = await Promise.all(portsOf(shop.stack).map(async (port) => ((await listens(port)) ? [port] : [])));
  expect(listening.flat()).toEqual([]);
});

test('a later start finds its data, too', async () => {
  shop = await startStack({ own: true, home });
  expect(await findTraces(shop.stack)).toMatchObject(TRACES);
});
