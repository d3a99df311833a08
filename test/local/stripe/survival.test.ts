// The simulator as the process that it is: started, asked, killed without warning at any moment and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import { clientOf, closeNow, PUBLISHABLE_KEY, SECRET_KEY, until } from './support.ts';

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts');
const ORDER = { amount: 4998, currency: 'usd' };

interface Running {
  child: ChildProcess;
  exit: Promise<unknown[]>;
  output: () => string;
}

function launch(home: string, port: number, extra: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [MAIN, 'stripe-simulator'], {
    env: {
      PATH: process.env.PATH,
      PERDURE_HOME: home,
      STRIPE_SIM_PORT: String(port),
      STRIPE_SECRET_KEY: SECRET_KEY,
      STRIPE_PUBLISHABLE_KEY: PUBLISHABLE_KEY,
      ...extra,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces: string[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  child.stderr.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  return { child, exit: once(child, 'exit'), output: () => pieces.join('') };
}

async function ready(port: number): Promise<void> {
  await until(
    () =>
      fetch(`http://127.0.0.1:${port}/_sim/health`).then(
        (response) => response.ok,
        () => false,
      ),
    'the simulator is ready',
  );
}

/** A port that was free a moment ago, and stays the same through the restarts of a test. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function inOwnHome(run: (home: string, port: number, start: () => Promise<Running>) => Promise<void>) {
  const home = mkdtempSync(join(tmpdir(), 'stripe-home-'));
  const port = await freePort();
  const started: Running[] = [];
  const start = async () => {
    const running = launch(home, port);
    started.push(running);
    await ready(port);
    return running;
  };
  try {
    await run(home, port, start);
  } finally {
    for (const { child, exit } of started) {
      child.kill('SIGKILL');
      await exit;
    }
    rmSync(home, { recursive: true });
  }
}

async function killNow({ child, exit }: Running): Promise<void> {
  child.kill('SIGKILL');
  await exit;
}

describe('a simulator that is killed', () => {
  test('loses nothing that it has answered, at whatever moment it is killed', () =>
    inOwnHome(async (_home, port, start) => {
      const answered = new Map<string, Stripe.PaymentIntent>();
      for (let round = 0; round < 3; round += 1) {
        const running = await start();
        const stripe = clientOf(port);
        const shopper = async (name: string) => {
          for (let n = 0; ; n += 1) {
            const key = `${round}-${name}-${n}`;
            const made = await stripe.paymentIntents.create(ORDER, { idempotencyKey: key });
            answered.set(key, made);
            answered.set(key, await stripe.paymentIntents.confirm(made.id, { payment_method: 'pm_card_visa' }));
          }
        };
        const before = answered.size;
        const shoppers = Promise.allSettled(['a', 'b', 'c', 'd'].map(shopper));
        await until(() => answered.size >= before + 20, 'some orders are answered');
        await killNow(running);
        await shoppers;
      }

      await start();
      const stripe = clientOf(port);
      expect(answered.size).toBeGreaterThanOrEqual(60);
      for (const [key, { id, status }] of answered) {
        const kept = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
        // The last answer of each shopper may have been lost on its way: what was done is then more than what was heard.
        const paid = status === 'succeeded' ? { status, latest_charge: { paid: true } } : {};
        expect(kept).toMatchObject({ id, ...paid });
        const replay = await stripe.paymentIntents.create(ORDER, { idempotencyKey: key });
        expect([replay.id, replay.lastResponse.headers['idempotent-replayed']]).toEqual([id, 'true']);
      }
      const succeeded = new Set<string>();
      for await (const event of stripe.events.list({ type: 'payment_intent.succeeded', limit: 100 })) {
        const id: unknown = Reflect.get(event.data.object, 'id');
        expect(succeeded).not.toContain(id);
        succeeded.add(String(id));
      }
      const heardOf = [...answered.values()].filter(({ status }) => status === 'succeeded');
      expect(heardOf.filter(({ id }) => !succeeded.has(id))).toEqual([]);
    }));

  test('goes on with its webhooks when it was killed in the middle of the retries', () =>
    inOwnHome(async (_home, port, start) => {
      const seen: string[] = [];
      let status = 500;
      const shop = http.createServer((request, response) => {
        request.resume().on('end', () => {
          seen.push(String(request.headers['stripe-signature']));
          response.writeHead(status).end();
        });
      });
      shop.listen(0, '127.0.0.1');
      await once(shop, 'listening');
      try {
        const first = await start();
        const stripe = clientOf(port);
        const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/hooks`;
        await stripe.webhookEndpoints.create({ url, enabled_events: ['payment_intent.created'] });
        await stripe.paymentIntents.create(ORDER);
        await until(() => seen.length >= 2, 'it is being retried');
        await killNow(first);
        status = 200;
        const before = seen.length;
        await start();
        await until(() => seen.length > before, 'it is delivered');
        await until(async () => (await stripe.events.list()).data[0]?.pending_webhooks === 0, 'nothing is pending');
        expect(seen.length).toBeGreaterThanOrEqual(3);
      } finally {
        closeNow(shop);
      }
    }));
});

describe('the process', () => {
  test('stops in order on SIGTERM, with one line for its start and one for its end', () =>
    inOwnHome(async (_home, _port, start) => {
      const running = await start();
      running.child.kill('SIGTERM');
      expect(await running.exit).toEqual([0, null]);
      const lines = running.output().trim().split('\n');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { part: 'stripe', msg: 'the Stripe simulator is listening' },
        { part: 'stripe', msg: 'the Stripe simulator has stopped' },
      ]);
      expect(running.output()).not.toContain(SECRET_KEY);
    }));

  test('says in one sentence that its port is taken', () =>
    inOwnHome(async (home, port, start) => {
      await start();
      const second = launch(join(home, 'second'), port);
      expect(await second.exit).toEqual([1, null]);
      expect(second.output()).toBe(
        `Port ${port} is taken: stop what listens there, or set STRIPE_SIM_PORT to a free one.\n`,
      );
    }));

  test('names the settings that are missing', async () => {
    const running = launch(tmpdir(), 0, { STRIPE_SECRET_KEY: '', STRIPE_PUBLISHABLE_KEY: '' });
    expect(await running.exit).toEqual([78, null]);
    expect(running.output()).toBe(
      'STRIPE_SECRET_KEY: is required here and not set\nSTRIPE_PUBLISHABLE_KEY: is required here and not set\n',
    );
  });
});
