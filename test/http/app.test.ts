// The floor under every route: what is refused and how, ids, logs, limits.
import { describe, expect, test } from '@jest/globals';
import { type Floor, floor } from './floor.ts';
import { sampleRoutes } from './routes.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const ID = '01960000-0000-7000-8000-000000000001';

function post(body: string, headers: Record<string, string> = JSON_TYPE): RequestInit {
  return { method: 'POST', body, headers };
}

async function refusal(path: string, init?: RequestInit, { app }: Floor = floor(() => sampleRoutes())) {
  const response = await app.request(path, init);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const body: unknown = await response.json();
  expect(body).toMatchObject({ status: response.status, type: expect.any(String), title: expect.any(String) });
  return { response, body };
}

describe('what is refused', () => {
  test.each([
    ['an unknown route', '/api/v1/nothing', {}, 404, 'not_found'],
    ['an unknown route outside the API', '/nothing', {}, 404, 'not_found'],
    ['a path that cannot name anything', '/api/v1/things/no-uuid', {}, 404, 'not_found'],
    ['a method that is not offered', '/api/v1/things', { method: 'DELETE' }, 405, 'method_not_allowed'],
    ['broken JSON', '/api/v1/things', post('{"name":'), 400, 'malformed_json'],
    [
      'a body without a content type',
      '/api/v1/things',
      { method: 'POST', body: new Blob(['{}']) },
      415,
      'unsupported_media_type',
    ],
    [
      'another content type',
      '/api/v1/things',
      post('name=cup', { 'Content-Type': 'text/plain' }),
      415,
      'unsupported_media_type',
    ],
    [
      'a form',
      '/api/v1/things',
      post('name=cup', { 'Content-Type': 'application/x-www-form-urlencoded' }),
      415,
      'unsupported_media_type',
    ],
    ['no body where one is needed', '/api/v1/things', { method: 'POST' }, 422, 'validation_failed'],
    [
      'an empty JSON body where one is needed',
      '/api/v1/things',
      { method: 'POST', headers: JSON_TYPE },
      422,
      'validation_failed',
    ],
    ['a problem of the route', '/api/v1/sold-out', {}, 409, 'out_of_stock'],
    ['a fault of ours', '/api/v1/broken', {}, 500, 'internal_error'],
  ])('%s is a problem with its own code', async (_name, path, init, status, code) => {
    const { body } = await refusal(path, init);
    expect(body).toMatchObject({ status, code });
  });

  test.each([
    ['a missing field', '{}', 'name'],
    ['a field of another type', '{"name":5}', 'name'],
    ['an unknown field', '{"name":"cup","role":"admin"}', 'role'],
    ['an empty text', '{"name":"  "}', 'name'],
    ['a NUL', '{"name":"c\\u0000p"}', 'name'],
    ['another control character', '{"name":"c\\u001bp"}', 'name'],
    ['a line end in a one-line text', '{"name":"a\\nb"}', 'name'],
    ['half of a surrogate pair', '{"name":"\\ud800"}', 'name'],
    ['a control character in a longer text', '{"name":"cup","note":"a\\u0007b"}', 'note'],
    ['an array instead of an object', '[]', ''],
    ['a number instead of an object', '5', ''],
    ['null instead of an object', 'null', ''],
  ])('%s is named by its path', async (_name, json, path) => {
    const { body } = await refusal('/api/v1/things', post(json));
    expect(body).toMatchObject({
      status: 422,
      code: 'validation_failed',
      errors: expect.arrayContaining([{ path, message: expect.any(String) }]),
    });
  });

  test.each(['limit=0', 'limit=101', 'limit=ten', 'limit=1e1', 'limit=', 'limit=1&limit=2', 'cursor=', 'colour=red'])(
    'the query value %s is named by its name',
    async (query) => {
      const { body } = await refusal(`/api/v1/things?${query}`);
      const path = query.slice(0, query.indexOf('='));
      expect(body).toMatchObject({ status: 422, code: 'validation_failed', errors: [{ path }] });
    },
  );

  test('a method that is not offered is told with those that are', async () => {
    const { response } = await refusal('/api/v1/things', { method: 'PATCH' });
    expect(response.headers.get('allow')).toBe('GET, POST, HEAD');
  });
});

describe('what is taken', () => {
  test.each([
    ['no body', { method: 'POST' }],
    ['an empty JSON body', { method: 'POST', headers: JSON_TYPE }],
    ['an empty object', post('{}')],
  ])('%s, where a write has no stated body', async (_name, init) => {
    const response = await floor(() => sampleRoutes()).app.request('/api/v1/cancel', init);
    expect(response.status).toBe(200);
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/merge-patch+json'])(
    'JSON as %s',
    async (type) => {
      const response = await floor(() => sampleRoutes()).app.request(
        '/api/v1/things',
        post('{"name":"cup"}', { 'Content-Type': type }),
      );
      expect(response.status).toBe(200);
    },
  );

  test('line ends in a longer text, and every other character', async () => {
    const note = 'Zeile 1\r\nline\t2 — 行 🧦';
    const response = await floor(() => sampleRoutes()).app.request(
      '/api/v1/things',
      post(JSON.stringify({ name: 'cup', note })),
    );
    expect(response.status).toBe(200);
  });

  test('an id in capital letters, as its lower-case self', async () => {
    const response = await floor(() => sampleRoutes()).app.request(`/api/v1/things/${ID.toUpperCase()}`);
    expect(await response.json()).toEqual({ name: ID });
  });
});

describe('a body', () => {
  const sized = (bytes: number) => JSON.stringify({ name: 'x'.repeat(bytes - '{"name":""}'.length) });

  test('over the limit is 413, by its stated length', async () => {
    const body = sized(1_025);
    const headers = { ...JSON_TYPE, 'Content-Length': String(body.length) };
    const { body: told } = await refusal(
      '/api/v1/things',
      post(body, headers),
      floor(() => sampleRoutes(), { BODY_LIMIT: '1024' }),
    );
    expect(told).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  test('at the limit is judged by its content', async () => {
    const { body } = await refusal(
      '/api/v1/things',
      post(sized(1_024)),
      floor(() => sampleRoutes(), { BODY_LIMIT: '1024' }),
    );
    expect(body).toMatchObject({ status: 422 });
  });
});

describe('a request id', () => {
  test('of the client is answered and stands in each of the log lines', async () => {
    const { app, lines } = floor(() => sampleRoutes());
    const response = await app.request('/api/v1/broken', { headers: { 'X-Request-Id': 'shop-42.a' } });
    expect(response.headers.get('x-request-id')).toBe('shop-42.a');
    expect(lines.map((line) => line.requestId)).toEqual(['shop-42.a', 'shop-42.a']);
  });

  test.each(['', 'a b', '"quoted"', 'x'.repeat(129)])('that could do harm in a log (%j) is replaced', async (given) => {
    const response = await floor(() => sampleRoutes()).app.request('/api/v1/things', {
      headers: { 'X-Request-Id': given },
    });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the log', () => {
  test('has one line for a request: method, pattern, status and time, and nothing of path or query', async () => {
    const { app, lines } = floor(() => sampleRoutes());
    await app.request(`/api/v1/things/${ID}?orderToken=sesame`);
    expect(lines).toMatchObject([
      { msg: 'request', method: 'GET', route: '/api/v1/things/:id', status: 200, ms: expect.any(Number) },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/sesame|01960000/);
  });

  test('has the error of a fault, and the client has none of it', async () => {
    const { app, lines } = floor(() => sampleRoutes());
    const text = await (await app.request('/api/v1/broken')).text();
    expect(text).not.toContain('hunter2');
    expect(lines).toMatchObject([
      { level: 50, err: { message: expect.stringContaining('connection string') } },
      { status: 500 },
    ]);
  });

  test('tells unknown routes as one, so that made-up paths cannot flood the metrics', async () => {
    const { app, deps, lines } = floor(() => sampleRoutes());
    await app.request('/api/v1/made-up-1');
    await app.request('/api/v1/made-up-2');
    expect(lines).toMatchObject([{ route: 'unmatched' }, { route: 'unmatched' }]);
    expect(await deps.metrics.text()).toContain(
      'http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 2',
    );
  });
});

test('a handler that takes too long is cut with 503 and Retry-After', async () => {
  const never = Promise.withResolvers<void>().promise;
  const { response, body } = await refusal(
    '/api/v1/gate',
    {},
    floor(() => sampleRoutes(never), { REQUEST_TIMEOUT: '0.02' }),
  );
  expect(body).toMatchObject({ status: 503, code: 'unavailable' });
  expect(response.headers.has('retry-after')).toBe(true);
});

test('while draining, everything but liveness and metrics is 503 on a connection that closes', async () => {
  const { app, beginDrain } = floor(() => sampleRoutes());
  beginDrain();
  const refused = await Promise.all(
    ['/api/v1/things', '/health/ready', '/health', '/api/docs'].map(async (path) => app.request(path)),
  );
  expect(
    refused.map((response) => [
      response.status,
      response.headers.get('connection'),
      response.headers.has('retry-after'),
    ]),
  ).toEqual(refused.map(() => [503, 'close', true]));
  const open = await Promise.all(['/health/live', '/metrics'].map(async (path) => app.request(path)));
  expect(open.map((response) => response.status)).toEqual([200, 200]);
});
