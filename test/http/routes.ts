// Small routes for the tests of the floor: each shows one thing that an area's route may do.
import { createRoute, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { emptyBody, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../../src/http/openapi.ts';
import { problem } from '../../src/http/problem.ts';
import { type AppRouter, createRouter } from '../../src/http/router.ts';
import { pageQuery, text, uuid } from '../../src/http/schemas.ts';

const thing = z.object({ name: z.string() });
const answer = { 200: jsonAnswer('A thing', thing, { name: 'cup' }) };
const security = SECURITY.public;
const thingBody = z.strictObject({ name: text({ max: 20 }), note: text({ max: 100, multiline: true }).optional() });

const create = createRoute({
  method: 'post',
  path: '/things',
  security,
  request: { body: jsonBody(thingBody, { name: 'cup' }) },
  responses: answer,
});
const cancel = createRoute({
  method: 'post',
  path: '/cancel',
  security,
  request: { body: emptyBody },
  responses: answer,
});
const list = createRoute({
  method: 'get',
  path: '/things',
  security,
  request: { query: pageQuery },
  responses: answer,
});
const read = createRoute({
  method: 'get',
  path: '/things/{id}',
  security,
  request: { params: z.object({ id: uuid }) },
  responses: { ...answer, ...problemResponses('out_of_stock') },
});

/** @param gate what `GET /gate` waits for before it answers */
export function sampleRoutes(gate: Promise<void> = Promise.resolve(), onGate: () => void = () => {}): AppRouter {
  const router = createRouter();
  router.openapi(create, (c) => c.json({ name: c.req.valid('json').name }, 200));
  router.openapi(cancel, (c) => c.json({ name: 'cancelled' }, 200));
  router.openapi(list, (c) => c.json({ name: `limit ${c.req.valid('query').limit}` }, 200));
  router.openapi(read, (c) => c.json({ name: c.req.valid('param').id }, 200));
  router.get('/sold-out', () => {
    throw problem('out_of_stock', { detail: 'None is left.', items: [{ sku: 'SOLD-OUT' }] });
  });
  router.get('/broken', () => {
    throw new Error('connection string postgres://shop:hunter2@db');
  });
  router.get('/large', (c) => c.json({ name: 'x'.repeat(5_000) }));
  router.get('/versioned', (c) => c.json({ name: 'cart' }, 200, { ETag: '"7"' }));
  router.get('/unstored', (c) => c.json({ name: 'cart' }, 200, { ETag: '"7"', 'Cache-Control': 'no-store' }));
  router.get('/gate', async (c) => {
    onGate();
    await gate;
    return c.json({ name: 'through' });
  });
  router.get('/stream', (c) =>
    streamSSE(c, async (stream) => {
      await stream.writeSSE({ data: 'first' });
      await gate;
    }),
  );
  return router;
}
