// The storm and its shoppers are drawn from a seed: the same one gives the same; and no kind of fault is left out. The clients
// repeat what a patient client repeats, and nothing else.
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAdmin } from '../../bench/chaos/admin.ts';
import { type ClientOptions, createClient } from '../../bench/chaos/client.ts';
import { newFigures } from '../../bench/chaos/figures.ts';
import { parseOptions } from '../../bench/chaos/options.ts';
import { type Plan, planOf } from '../../bench/chaos/plans.ts';
import { type Deed, drawSchedule, VICTIMS } from '../../bench/chaos/schedule.ts';
import { goShopping } from '../../bench/chaos/stories.ts';
import { createUnderWay } from '../../bench/chaos/under-way.ts';

const SHOP = { orders: 300, scarce: 5, coupons: 3 };
const NUMBERS = Array.from({ length: SHOP.orders }, (_, at) => at + 1);

const plansOf = (seed: number) => NUMBERS.map((number) => planOf(number, { seed, ...SHOP }));

test('the same seed gives the same shoppers, whoever is asked first; another seed gives others', () => {
  expect(planOf(17, { seed: 1, ...SHOP })).toEqual(plansOf(1)[16]);
  expect(plansOf(1)).toEqual(plansOf(1));
  expect(plansOf(2)).not.toEqual(plansOf(1));
});

test('among 300 shoppers every story is played, and scarce goods and coupons are wanted by more than there are', () => {
  const plans = plansOf(1);
  expect(new Set(plans.map(({ story }) => story)).size).toBe(14);
  for (let at = 0; at < SHOP.scarce; at += 1) {
    const wanted = plans.filter(({ lines }) => lines.some((line) => line.from === 'scarce' && line.at === at));
    expect(wanted.length).toBeGreaterThan(5);
  }
  for (let at = 0; at < SHOP.coupons; at += 1) {
    expect(plans.filter(({ coupon }) => coupon === at).length).toBeGreaterThan(3);
  }
});

const killed = (deeds: Deed[]) => deeds.flatMap((deed) => (deed.do === 'kill' ? deed.victims : []));

test.each([1, 2, 3, 4])(
  'seed %i: the same storm again, with so many kills as asked for, each kind twice or more',
  (seed) => {
    const steps = drawSchedule(seed, 24);
    expect(drawSchedule(seed, 24)).toEqual(steps);
    expect(drawSchedule(seed + 1, 24)).not.toEqual(steps);
    const deeds = steps.map(({ deed }) => deed);
    const victims = killed(deeds);
    expect(victims).toHaveLength(24);
    for (const victim of VICTIMS) expect(victims.filter((one) => one === victim).length).toBeGreaterThanOrEqual(2);
    expect(new Set(deeds.map((deed) => deed.do))).toEqual(
      new Set(['kill', 'freeze', 'hold', 'drop', 'stripe', 'mail']),
    );
  },
);

test('the faults are spread over all the orders, one after the other', () => {
  const shares = drawSchedule(1, 24).map(({ after }) => after);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares[0]).toBeLessThan(0.1);
  expect(shares.at(-1)).toBeGreaterThan(0.9);
  expect(shares.at(-1)).toBeLessThan(1);
});

test('what is asked for on the command line; what is no number is refused', () => {
  expect(parseOptions(['--orders', '10000', '--seed', '7'])).toMatchObject({ orders: 10_000, seed: 7, keep: false });
  expect(parseOptions(['--kills', '0'])).toMatchObject({ kills: 0 });
  expect(() => parseOptions(['--orders', 'many'])).toThrow('--orders must be a whole number');
  expect(() => parseOptions(['--order', '3'])).toThrow("'--order'");
});

test.each(['orders', 'shoppers', 'minutes'])('a storm without %s is refused', (name) => {
  expect(() => parseOptions([`--${name}`, '0'])).toThrow(`--${name} must be 1 or more`);
});

let server: Server;
let base: string;
let heard: { key: string | undefined; body: string }[];
let answers: { status: number; code?: string; retryAfter?: string; text?: string }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      heard.push({ key: request.headers['idempotency-key']?.toString(), body });
      const { status, code, retryAfter, text } = answers.shift() ?? { status: 200 };
      response.writeHead(status, {
        'Content-Type': 'application/json',
        ...(retryAfter !== undefined && { 'Retry-After': retryAfter }),
      });
      response.end(text ?? JSON.stringify({ code }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function ask(given: typeof answers, { patienceMs, ...over }: { patienceMs?: number } & Partial<ClientOptions> = {}) {
  [heard, answers] = [[], given];
  const figures = newFigures();
  const { signal: stop } = new AbortController();
  const client = createClient({ from: 'shop', bases: [base], figures, stop, ...over });
  const headers = { 'Idempotency-Key': 'k' };
  const reply = client({
    method: 'POST',
    route: '/orders',
    headers,
    body: { a: 1 },
    ...(patienceMs && { patienceMs }),
  });
  return { figures, reply };
}

test('what is told to come back is sent again, the same under the same key', async () => {
  const later = { status: 503, code: 'unavailable', retryAfter: '0' };
  const { figures, reply } = ask([
    later,
    { status: 409, code: 'request_in_progress', retryAfter: '0' },
    { status: 201 },
  ]);
  expect(await reply).toMatchObject({ status: 201, code: null });
  expect(heard).toEqual([1, 2, 3].map(() => ({ key: 'k', body: '{"a":1}' })));
  expect(figures).toMatchObject({ requests: 3, retries: 2, unavailable: 1, gaveUp: 0 });
  expect(figures.unexpected.size).toBe(0);
});

test.each([500, 502])('a %i is a finding, and is not sent again', async (status) => {
  const { figures, reply } = ask([{ status, ...(status === 500 && { code: 'internal_error' }) }]);
  expect(await reply).toMatchObject({ status });
  expect(heard).toHaveLength(1);
  expect([...figures.unexpected.values()]).toEqual([1]);
});

test('patience ends, and is counted', async () => {
  const { figures, reply } = ask([{ status: 503, code: 'unavailable', retryAfter: '5' }], { patienceMs: 1_000 });
  expect(await reply).toBeUndefined();
  expect(figures).toMatchObject({ requests: 1, gaveUp: 1 });
});

test.each(['shop', 'stripe'] as const)(
  'an answer of the %s that cannot be read is a finding, and not lost',
  async (from) => {
    const { figures, reply } = ask([{ status: 201, text: '{"order": {' }], { from });
    expect(await reply).toMatchObject({ status: 201, ok: false });
    expect(figures).toMatchObject({ requests: 1, lost: 0 });
    expect([...figures.unexpected]).toEqual([['POST /orders: 201 unreadable', 1]]);
  },
);

test('a witness that cannot write an answer down ends the client: the answer is not lost', async () => {
  const saw = (sight: { saw: string }) => {
    if (sight.saw === 'answer') throw new Error('the disk is full');
  };
  const { figures, reply } = ask([], { patienceMs: 1_000, witness: { saw, close: () => undefined } });
  await expect(reply).rejects.toThrow('the disk is full');
  expect(figures).toMatchObject({ requests: 1, lost: 0 });
});

test('a login that does not count any more is renewed once; a new one that does not count is a finding', async () => {
  const login = { status: 200, text: '{"accessToken":"a"}' };
  const refused = { status: 401, code: 'unauthenticated' };
  const [figures, { signal: stop }] = [newFigures(), new AbortController()];
  const client = createClient({ from: 'shop', bases: [base], figures, stop });
  const admin = createAdmin(client, { email: 'admin@example.com', password: 'secret' });
  [heard, answers] = [[], [login, refused, login, { status: 200 }, refused, login, refused]];
  await admin.decide('o1', 'confirm');
  expect(figures.unexpected.size).toBe(0);
  await admin.decide('o2', 'reject');
  expect([...figures.unexpected]).toEqual([['POST /orders/:id/reject: 401 unauthenticated', 1]]);
  expect(heard).toHaveLength(7);
});

test('a shopper with several tabs whose submits all fail ends the run, instead of leaving without an order', async () => {
  [heard, answers] = [[], []];
  const plan = plansOf(1).find(({ story }) => story === 'submittedTwice') as Plan;
  const saw = (sight: { saw: string; route?: string }) => {
    if (sight.route === '/orders') throw new Error('the disk is full');
  };
  const [figures, { signal: stop }] = [newFigures(), new AbortController()];
  const witness = { saw, close: () => undefined };
  const shopping = goShopping(
    {
      goods: { plenty: plan.lines.map(String), scarce: [], coupons: [] },
      client: createClient({ from: 'shop', bases: [base], figures, witness, stop }),
      card: { pay: async () => undefined },
      admin: { decide: async () => undefined },
      witness,
      figures,
      underWay: createUnderWay(),
      window: 20,
      newest: [],
      stop,
    },
    plan,
  );
  await expect(shopping).rejects.toThrow('the disk is full');
});
