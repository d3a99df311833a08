// The server itself: limits against slow clients, bytes that are no request, and a stop that cuts nobody off.
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Drain, watchServer } from '../../src/http/drain.ts';
import { createServer, listen } from '../../src/http/server.ts';
import { type Floor, floor } from './floor.ts';
import { sampleRoutes } from './routes.ts';
import { portOf, wire } from './wire.ts';

let running: Drain | undefined;
afterEach(async () => {
  await running?.close(0);
  running = undefined;
});

async function start(shop: Floor = floor(() => sampleRoutes())) {
  const server = createServer(shop.app);
  const drain = watchServer(server);
  await listen(server, '127.0.0.1', 0);
  running = drain;
  return { server, drain, port: portOf(server), ...shop };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`;

describe('a server', () => {
  test('cuts headers after 15 seconds and whole requests after 30, and looks every second', async () => {
    const { server } = await start();
    expect([server.headersTimeout, server.requestTimeout]).toEqual([15_000, 30_000]);
    expect(Object(server).connectionsCheckingInterval ?? 1_000).toBe(1_000);
  });

  test('keeps idle connections longer than a load balancer does', async () => {
    const { server } = await start();
    expect(server.keepAliveTimeout).toBeGreaterThan(60_000);
  });

  test('takes a body in pieces, and refuses it once the pieces are too much', async () => {
    const { port } = await start(floor(() => sampleRoutes(), { BODY_LIMIT: '1024' }));
    const client = await wire(port);
    const head =
      'POST /api/v1/things HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    client.send(`${head}e\r\n{"name":"cup"}\r\n0\r\n\r\n`);
    expect(await client.received(/"name":"cup"/)).toContain('HTTP/1.1 200');
    client.send(`${head}400\r\n${'x'.repeat(1_024)}\r\n1\r\ny\r\n0\r\n\r\n`);
    expect(await client.received(/payload_too_large/)).toContain('HTTP/1.1 413');
    client.socket.destroy();
  });

  test.each([
    ['bytes that are no request', 'hello\r\n\r\n', 400, 'malformed_request'],
    ['headers beyond all measure', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'payload_too_large'],
  ])('answers %s with a problem and closes', async (_name, bytes, status, code) => {
    const { port } = await start();
    const client = await wire(port);
    client.send(bytes);
    const [head = '', body = ''] = (await client.ended()).split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status}`);
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });

  test('says which port is taken', async () => {
    const { port, app } = await start();
    await expect(listen(createServer(app), '127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('a server that stops', () => {
  async function withOneUnderWay() {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const shop = await start(floor(() => sampleRoutes(gate.promise, begun.resolve)));
    const slow = await wire(shop.port);
    slow.send(get('/api/v1/gate'));
    await begun.promise;
    return { ...shop, slow, gate };
  }

  test('lets a request that is under way end, and refuses new ones on old and new connections meanwhile', async () => {
    const { drain, beginDrain, port, slow, gate } = await withOneUnderWay();
    const old = await wire(port);
    old.send(get('/api/v1/things'));
    await old.received(/limit 20/);
    beginDrain();
    const closed = drain.close(60_000);
    old.send(get('/api/v1/things'));
    const fresh = await wire(port);
    fresh.send(get('/api/v1/things'));
    for (const refused of await Promise.all([old.ended(), fresh.ended()])) {
      expect(refused).toMatch(/HTTP\/1\.1 503[^]*connection: close[^]*retry-after: \d/i);
    }
    gate.resolve();
    expect(await closed).toBe(0);
    expect(await slow.ended()).toMatch(/HTTP\/1\.1 200[^]*through/);
  });

  test('waits for the limit and no longer, and tells how many it cut', async () => {
    const { drain, beginDrain, slow } = await withOneUnderWay();
    beginDrain();
    expect(await drain.close(10)).toBe(1);
    expect(await slow.ended()).toBe('');
  });

  test('with nothing under way is closed at once, idle connections too', async () => {
    const { drain, port } = await start();
    const idle = await wire(port);
    idle.send(get('/health/live'));
    await idle.received(/"ok"/);
    expect(await drain.close(60_000)).toBe(0);
    await idle.ended();
  });

  test('no longer waits for a client that has gone away', async () => {
    const { drain, slow } = await withOneUnderWay();
    const closed = drain.close(60_000);
    slow.socket.destroy();
    expect(await closed).toBe(0);
  });
});
