// What every answer carries: headers for browsers, ETags, compression.
import { describe, expect, test } from '@jest/globals';
import { floor } from './floor.ts';
import { sampleRoutes } from './routes.ts';

const ORIGINS = { CORS_ORIGINS: 'https://shop.test, https://admin.test' };
const GZIP = { headers: { 'Accept-Encoding': 'gzip' } };

function request(path: string, init?: RequestInit, environment?: Record<string, string>) {
  return floor(() => sampleRoutes(), environment).app.request(path, init);
}

test.each(['/api/v1/things', '/api/v1/broken', '/nothing', '/health/live'])(
  '%s tells browsers to do nothing with it but read',
  async (path) => {
    const { headers } = await request(path);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.has('x-powered-by')).toBe(false);
  },
);

describe('CORS', () => {
  test('lets a configured origin in, with its cookies and our headers', async () => {
    const { headers } = await request('/api/v1/things', { headers: { Origin: 'https://admin.test' } }, ORIGINS);
    expect(headers.get('access-control-allow-origin')).toBe('https://admin.test');
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-expose-headers')).toContain('X-Cart-Token');
  });

  test('answers the preflight of a configured origin', async () => {
    const init = {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://shop.test',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'idempotency-key',
      },
    };
    const response = await request('/api/v1/things', init, ORIGINS);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
  });

  test.each([
    ['another origin', 'https://evil.test', ORIGINS],
    ['any origin when none is configured', 'https://shop.test', {}],
  ])('gives nothing to %s', async (_name, origin, environment) => {
    const { headers } = await request('/api/v1/things', { headers: { Origin: origin } }, environment);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('an ETag', () => {
  test('comes with a read, and makes the next one 304 without a body', async () => {
    const etag = (await request('/api/v1/things')).headers.get('etag') ?? '';
    const again = await request('/api/v1/things', { headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    expect(again.headers.get('x-request-id')).not.toBeNull();
  });

  test('changes with the content', async () => {
    const [a, b] = await Promise.all(['limit=1', 'limit=2'].map(async (query) => request(`/api/v1/things?${query}`)));
    expect(a?.headers.get('etag')).not.toBe(b?.headers.get('etag'));
  });

  test('of the route itself is kept', async () => {
    expect((await request('/api/v1/versioned')).headers.get('etag')).toBe('"7"');
    expect((await request('/api/v1/versioned', { headers: { 'If-None-Match': '"7"' } })).status).toBe(304);
  });

  test('of an answer that must not be stored stays, and never makes the next one 304', async () => {
    const answer = await request('/api/v1/unstored', { headers: { 'If-None-Match': '"7"' } });
    expect([answer.status, answer.headers.get('ETag')]).toEqual([200, '"7"']);
  });

  test('does not come with refusals', async () => {
    expect((await request('/api/v1/sold-out')).headers.get('etag')).toBeNull();
  });
});

test('reads are asked for again each time, and answers to writes and refusals are not kept', async () => {
  const init = { method: 'POST', body: '{"name":"cup"}', headers: { 'Content-Type': 'application/json' } };
  expect((await request('/api/v1/things')).headers.get('cache-control')).toBe('private, no-cache');
  expect((await request('/api/v1/things', init)).headers.get('cache-control')).toBe('no-store');
  expect((await request('/nothing')).headers.get('cache-control')).toBe('no-store');
});

describe('compression', () => {
  test('makes a large answer small, for those who can read it', async () => {
    const response = await request('/api/v1/large', GZIP);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    const body = await new Response(response.body?.pipeThrough(new DecompressionStream('gzip'))).json();
    expect(body).toEqual({ name: 'x'.repeat(5_000) });
    expect((await request('/api/v1/large')).headers.get('content-encoding')).toBeNull();
  });

  test('leaves a small answer alone', async () => {
    expect((await request('/api/v1/things', GZIP)).headers.get('content-encoding')).toBeNull();
  });
});

test('a live stream reaches the client while it is still open, neither read, tagged nor compressed here', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const response = await floor(() => sampleRoutes(promise)).app.request('/api/v1/stream', GZIP);
  const { value } = (await response.body?.getReader().read()) ?? {};
  expect(new TextDecoder().decode(value)).toBe('data: first\n\n');
  expect(response.headers.get('etag')).toBeNull();
  expect(response.headers.get('content-encoding')).toBeNull();
  resolve();
});
