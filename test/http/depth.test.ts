// JSON that is nested deeper than anything that we take: refused before anything walks it, on every route.
import { expect, test } from '@jest/globals';
import { createApp } from '../../src/http/app.ts';
import { AREAS } from '../../src/http/areas.ts';
import { floor } from './floor.ts';

const nested = (depth: number, inner = '') => '['.repeat(depth) + inner + ']'.repeat(depth);

function send(path: string, body: string, headers: Record<string, string> = {}) {
  const app = createApp(floor(null).deps, AREAS);
  const type = { 'Content-Type': 'application/json' };
  return app.request(path, { method: 'POST', body, headers: { ...type, ...headers } });
}

test.each([
  ['arrays', nested(3_000)],
  ['objects', '{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000)],
  ['one level too many', nested(33)],
  ['what never ends', '['.repeat(100_000)],
])('%s within each other are refused, with an Idempotency-Key too', async (_what, body) => {
  for (const path of ['orders', 'auth/login', 'payments/webhook']) {
    const headers = { 'Idempotency-Key': 'd', 'X-Cart-Token': 'cart_1', 'Stripe-Signature': 't=1,v1=0' };
    const answer = await send(`/api/v1/${path}`, body, headers);
    expect([path, answer.status]).toEqual([path, 422]);
    expect(await answer.json()).toMatchObject({
      code: 'validation_failed',
      errors: [{ path: '', message: expect.stringContaining('32') }],
    });
  }
});

test.each([
  ['32 levels', nested(32)],
  ['brackets within a string', JSON.stringify({ a: `"${nested(3_000)}\\` })],
  ['brackets in what is no JSON', `--part\r\n${'['.repeat(3_000)}`],
  ['many beside each other', `[${'[],'.repeat(1_000)}[]]`],
])('%s are judged by their route', async (_what, body) => {
  const answer = await send('/api/v1/auth/login', body);
  expect(answer.status).not.toBe(500);
  expect(JSON.stringify(await answer.json())).not.toContain('nested');
});
