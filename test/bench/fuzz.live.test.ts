// The fuzz of every run of the tests: right and wrong requests, made of the OpenAPI document, to every route with every role. And
// what it would find: a fault of the server's own, an answer that the document does not know, a refusal that changed something.
import { request as ask, createServer, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Fuzzed, fuzz } from '../../bench/fuzz/run.ts';
import { listen } from '../../src/http/server.ts';
import { rowsOf } from '../support/backstage.ts';
import { type RunningStack, startStack } from '../support/stack.ts';

const REQUESTS = 20_000;
const WITHIN_MS = 600_000;
const SEED = 1;
/** What these need is in somebody's mailbox, known to Stripe alone, or a password that no answer tells. */
const OF_A_SECRET = new Set([
  'POST /api/v1/payments/webhook',
  'POST /api/v1/auth/verify-email',
  'POST /api/v1/auth/reset-password',
  'POST /api/v1/auth/verify-otp',
  'POST /api/v1/auth/change-password',
]);

let shop: RunningStack;

beforeAll(async () => {
  shop = await startStack({ env: { RATE_LIMIT_SCALE: '0' } });
});
afterAll(() => shop.stop());

test(
  `${REQUESTS} requests: no 5xx, every answer is as the document says, and what is refused changes nothing`,
  async () => {
    const fuzzed = await fuzz(shop.stack, { requests: REQUESTS, seed: SEED, signal: new AbortController().signal });
    expect(told(fuzzed)).toEqual([]);
    expect(fuzzed.requests).toBe(REQUESTS);
    expect(fuzzed.neverDone.filter((route) => !OF_A_SECRET.has(route))).toEqual([]);
    expect(fuzzed.refused.still).toBeGreaterThan(1_000);
  },
  WITHIN_MS,
);

describe('it finds', () => {
  /** In front of the shop: what it answers in its place. */
  const lying = async (path: string, lie: (response: ServerResponse) => void | Promise<void>): Promise<string[]> => {
    const [api = ''] = shop.stack.api;
    const front = createServer((request, response) => {
      if (request.url?.startsWith(path) === true) {
        void lie(response);
        return;
      }
      // A connection for each: one that is kept may be closed at the other end while it is chosen.
      const onward = { method: request.method, headers: request.headers, agent: false };
      const passedOn = ask(`${api}${request.url}`, onward, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      passedOn.on('error', () => response.destroy());
      request.pipe(passedOn);
    });
    const address = await listen(front, '127.0.0.1', 0);
    try {
      const stack = { ...shop.stack, api: [address] };
      return told(await fuzz(stack, { requests: 400, seed: SEED, signal: new AbortController().signal }));
    } finally {
      front.closeAllConnections();
      front.close();
    }
  };
  const HEALTH = '/health/live';
  const json = (response: ServerResponse, status: number, body: object): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };

  test.each<[string, (response: ServerResponse) => void | Promise<void>, string]>([
    ['a fault of the server', (response) => json(response, 500, {}), 'GET /health/live: 500'],
    ['a status that the document does not know', (response) => json(response, 418, {}), 'GET /health/live: 418'],
    ['another body', (response) => json(response, 200, { status: 7 }), 'GET /health/live: 200 is not as'],
    [
      'a refusal that changes something',
      async (response) => {
        await rowsOf(shop.stack, 'update products set updated_at = clock_timestamp()');
        json(response, 404, {});
      },
      'GET /health/live: 404 and yet changed products',
    ],
  ])('%s', async (_what, lie, finding) => {
    expect(await lying(HEALTH, lie)).toContainEqual(expect.stringContaining(finding));
  });
});

function told({ findings }: Fuzzed): string[] {
  return findings.map(({ what, sent }) => `${sent.route.name}: ${what} (${sent.role} ${sent.method} ${sent.path})`);
}
