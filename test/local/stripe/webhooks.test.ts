// Webhooks: endpoints, what is sent to them and how often, and the controls that hold, reorder, repeat and lose events.
import { describe, expect, test } from '@jest/globals';
import { type Bench, simulated, stripeError, until } from './support.ts';

const UNPAID = { amount: 4998, currency: 'usd' };

async function threeIntents({ stripe }: Bench): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) ids.push((await stripe.paymentIntents.create(UNPAID)).id);
  return ids;
}

function subjects(events: { data: { object: object } }[]): unknown[] {
  return events.map(({ data }) => Reflect.get(data.object, 'id'));
}

describe('endpoints', () => {
  test(
    'the secret is shown when the endpoint is made and never again',
    simulated(async ({ stripe }) => {
      const made = await stripe.webhookEndpoints.create({
        url: 'http://127.0.0.1:9/hooks',
        enabled_events: ['charge.refunded'],
        metadata: { a: '1' },
      });
      expect(made.secret).toMatch(/^whsec_\w{32}$/);
      const { secret: _, lastResponse: __, ...shown } = made;
      expect(await stripe.webhookEndpoints.retrieve(made.id)).toEqual(shown);
      expect((await stripe.webhookEndpoints.list()).data).toEqual([shown]);
      const updated = await stripe.webhookEndpoints.update(made.id, { disabled: true, enabled_events: ['*'] });
      expect(updated).toMatchObject({ status: 'disabled', enabled_events: ['*'], metadata: { a: '1' } });
      expect(updated.secret).toBeUndefined();
      expect(await stripe.webhookEndpoints.del(made.id)).toMatchObject({ id: made.id, deleted: true });
      expect((await stripeError(stripe.webhookEndpoints.retrieve(made.id))).statusCode).toBe(404);
    }),
  );

  test(
    'an address that is none is refused',
    simulated(async ({ stripe }) => {
      const error = await stripeError(stripe.webhookEndpoints.create({ url: 'nowhere', enabled_events: ['*'] }));
      expect(error).toMatchObject({ code: 'url_invalid', param: 'url' });
    }),
  );

  test(
    'an endpoint hears what it asked for, a disabled or deleted one nothing',
    simulated(async ({ stripe, listen, paid }) => {
      const all = await listen();
      const some = await listen(['payment_intent.succeeded', 'charge.refunded']);
      const disabled = await listen();
      const deleted = await listen();
      await stripe.webhookEndpoints.update(disabled.endpoint.id, { disabled: true });
      await stripe.webhookEndpoints.del(deleted.endpoint.id);
      const { id } = await paid();
      await stripe.refunds.create({ payment_intent: id });
      await until(() => all.events.length === 5 && some.events.length === 2, 'all has arrived');
      expect(all.types().toSorted()).toEqual([
        'charge.refunded',
        'charge.succeeded',
        'payment_intent.created',
        'payment_intent.succeeded',
        'refund.created',
      ]);
      expect(some.types().toSorted()).toEqual(['charge.refunded', 'payment_intent.succeeded']);
      expect([disabled.events, deleted.events]).toEqual([[], []]);
    }),
  );
});

describe('delivery', () => {
  test(
    'an event carries its version, its request and the object as it was then',
    simulated(async ({ stripe, listen }) => {
      const listener = await listen(['payment_intent.created']);
      const made = await stripe.paymentIntents.create(UNPAID, { idempotencyKey: 'key-1' });
      await stripe.paymentIntents.update(made.id, { amount: 600 });
      await until(() => listener.events.length === 1, 'it has arrived');
      expect(listener.events[0]).toMatchObject({
        object: 'event',
        type: 'payment_intent.created',
        api_version: '2026-10-28.endive',
        livemode: false,
        pending_webhooks: 1,
        request: { id: made.lastResponse.requestId, idempotency_key: 'key-1' },
        data: { object: { id: made.id, amount: 4998 } },
      });
    }),
  );

  test(
    'an event that changes something tells what it was before',
    simulated(async ({ stripe, listen, paid }) => {
      const listener = await listen(['charge.refunded']);
      await stripe.refunds.create({ payment_intent: (await paid()).id, amount: 98 });
      await until(() => listener.events.length === 1, 'it has arrived');
      expect(listener.events[0]?.data).toMatchObject({
        object: { amount_refunded: 98 },
        previous_attributes: { amount_refunded: 0 },
      });
    }),
  );

  test(
    'it is tried again until a 2xx, each time with a fresh signature, and counted as pending until then',
    simulated(async ({ stripe, listen, advance }) => {
      const listener = await listen(['payment_intent.created']);
      listener.answerNext(500, 302);
      await stripe.paymentIntents.create(UNPAID);
      const pending = async () => (await stripe.events.list()).data[0]?.pending_webhooks;
      await until(() => listener.events.length === 1, 'the first try has arrived');
      expect(await pending()).toBe(1);
      advance(2_000);
      await until(() => listener.events.length === 3, 'the third try has arrived');
      await until(async () => (await pending()) === 0, 'nothing is pending');
      expect(new Set(listener.events.map(({ id }) => id)).size).toBe(1);
      expect(new Set(listener.signatures).size).toBeGreaterThan(1);
    }),
  );

  test(
    'what was undelivered when the simulator stopped is delivered by the next one',
    simulated(async (bench) => {
      const listener = await bench.listen(['payment_intent.created']);
      listener.answerNext(500);
      await bench.stripe.paymentIntents.create(UNPAID);
      await until(() => listener.events.length === 1, 'the first try has arrived');
      await bench.restart();
      await until(() => listener.events.length === 2, 'the second try has arrived');
      expect(listener.events[0]?.id).toBe(listener.events[1]?.id);
    }),
  );
});

describe('controls', () => {
  test.each(['fifo', 'lifo'] as const)('held events are let go %s, with duplicates', (order) =>
    simulated(async (bench) => {
      const listener = await bench.listen(['payment_intent.created']);
      await bench.control('POST', '/webhooks', { hold: true });
      const ids = await threeIntents(bench);
      expect((await bench.control('GET', '/webhooks')).body).toMatchObject({ hold: true, held: 3, pending: 3 });
      expect(listener.events).toEqual([]);
      const wanted = order === 'fifo' ? ids : ids.toReversed();
      await bench.control('POST', '/webhooks', { hold: false, order, duplicates: 1 });
      await until(() => listener.events.length === 6, 'all have arrived twice');
      expect(subjects(listener.events)).toEqual([...wanted, ...wanted]);
      await until(async () => (await bench.stripe.events.list()).data.every((e) => e.pending_webhooks === 0), 'done');
    })(),
  );

  test(
    'held events let go in any order all arrive',
    simulated(async (bench) => {
      const listener = await bench.listen(['payment_intent.created']);
      await bench.control('POST', '/webhooks', { hold: true });
      const ids = await threeIntents(bench);
      await bench.control('POST', '/webhooks', { hold: false, order: 'random', duplicates: 2 });
      await until(() => listener.events.length === 9, 'all have arrived three times');
      expect(new Set(subjects(listener.events))).toEqual(new Set(ids));
    }),
  );

  test(
    'a hold outlives a restart',
    simulated(async (bench) => {
      const listener = await bench.listen(['payment_intent.created']);
      await bench.control('POST', '/webhooks', { hold: true });
      await threeIntents(bench);
      await bench.restart();
      expect((await bench.control('GET', '/webhooks')).body).toMatchObject({ hold: true, held: 3 });
      await bench.control('POST', '/webhooks', { hold: false });
      await until(() => listener.events.length === 3, 'all have arrived');
    }),
  );

  test(
    'dropped events are lost to the endpoint and kept in the list',
    simulated(async (bench) => {
      const listener = await bench.listen(['payment_intent.created']);
      await bench.control('POST', '/webhooks', { drop: 2 });
      const ids = await threeIntents(bench);
      await until(() => listener.events.length === 1, 'the third has arrived');
      expect(subjects(listener.events)).toEqual([ids[2]]);
      expect((await bench.stripe.events.list()).data).toHaveLength(3);
      expect((await bench.control('GET', '/webhooks')).body).toMatchObject({ drop: 0, pending: 0 });
    }),
  );

  test(
    'the events tell which of them were acknowledged, also after a restart',
    simulated(async (bench) => {
      const listener = await bench.listen(['payment_intent.created']);
      listener.answerNext(500);
      const { id: order } = await bench.stripe.paymentIntents.create({ ...UNPAID, metadata: { orderId: 'o-1' } });
      await until(() => listener.events.length === 2, 'the second try has arrived');
      await bench.control('POST', '/webhooks', { drop: 1 });
      const { id: dropped } = await bench.stripe.paymentIntents.create(UNPAID);
      await bench.control('POST', '/webhooks', { hold: true });
      const { id: held } = await bench.stripe.paymentIntents.create(UNPAID);
      await bench.restart();
      const moment = expect.stringMatching(/^\d{4}-.*Z$/);
      const told = { type: 'payment_intent.created', created: expect.any(Number), id: expect.any(String) };
      expect((await bench.control('GET', '/events')).body).toEqual([
        { ...told, object: order, orderId: 'o-1', acknowledged: [moment], pending: 0 },
        { ...told, object: dropped, orderId: null, acknowledged: [], pending: 0 },
        { ...told, object: held, orderId: null, acknowledged: [], pending: 1 },
      ]);
    }),
  );

  test(
    'dropping ends with 0',
    simulated(async (bench) => {
      const listener = await bench.listen(['payment_intent.created']);
      await bench.control('POST', '/webhooks', { drop: 5 });
      await bench.control('POST', '/webhooks', { drop: 0 });
      const ids = await threeIntents(bench);
      await until(() => listener.events.length === 3, 'all have arrived');
      expect(new Set(subjects(listener.events))).toEqual(new Set(ids));
    }),
  );
});

describe('the list of events', () => {
  test(
    'it is searched by type, by time and by page',
    simulated(async (bench) => {
      const { stripe, paid, advance } = bench;
      await paid();
      const early = (await stripe.events.list({ limit: 1 })).data[0];
      advance(60_000);
      await paid('pm_card_createDispute');
      const types = async (params: Parameters<typeof stripe.events.list>[0]) =>
        (await stripe.events.list(params)).data.map(({ type }) => type);
      expect(await types({})).toEqual([
        'charge.dispute.created',
        'payment_intent.succeeded',
        'charge.succeeded',
        'payment_intent.created',
        'payment_intent.succeeded',
        'charge.succeeded',
        'payment_intent.created',
      ]);
      expect(await types({ type: 'charge.*' })).toEqual([
        'charge.dispute.created',
        'charge.succeeded',
        'charge.succeeded',
      ]);
      expect(await types({ types: ['charge.succeeded', 'payment_intent.created'], limit: 2 })).toEqual([
        'charge.succeeded',
        'payment_intent.created',
      ]);
      const at = early?.created ?? 0;
      expect(await types({ created: { gt: at + 30 } })).toHaveLength(4);
      expect(await types({ created: { lte: at + 30 } })).toHaveLength(3);
      expect(await types({ created: { gte: at, lt: at + 30 }, limit: 1 })).toEqual(['payment_intent.succeeded']);
      expect(await types({ starting_after: early?.id ?? '', type: 'charge.succeeded' })).toEqual(['charge.succeeded']);
      expect(await types({ ending_before: early?.id ?? '' })).toHaveLength(4);
      expect(await stripe.events.retrieve(early?.id ?? '')).toMatchObject({ type: 'payment_intent.succeeded' });
    }),
  );
});
