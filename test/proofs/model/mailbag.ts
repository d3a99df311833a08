// Stripe's events as a test sees them: they come to an endpoint of the test's own, and the test hands them to the shop, signed,
// when and as often as it likes.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import { until } from '../../support/wait.ts';
import type { ProofShop } from '../shop.ts';

export interface Mailbag {
  /** The events of an intent that have come, in the order in which they came. */
  of(intentId: string): Stripe.Event[];
  /** Waits until there is one more of this type than are known already, and gives all that are new. */
  next(intentId: string, type: string, known: ReadonlySet<string>): Promise<Stripe.Event[]>;
  /** The newest event of an intent; waits for its first one. */
  last(intentId: string): Promise<Stripe.Event>;
  /** Hands an event to the shop, so many times at once. @returns the statuses of the answers */
  hand(event: Stripe.Event, times?: number): Promise<number[]>;
  close(): void;
}

/** @param alone nobody but this test tells the shop of events from now on */
export async function openMailbag({ stripe, stack, api }: ProofShop, { alone }: { alone: boolean }): Promise<Mailbag> {
  const bag = new Map<string, Stripe.Event[]>();
  const keep = async (request: IncomingMessage): Promise<void> => {
    const event = await read(request);
    const { object } = event.data;
    if ('id' in object) bag.set(object.id, [...(bag.get(object.id) ?? []), event]);
  };
  const server = createServer((request, response) => {
    void keep(request).finally(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  if (alone) {
    const { data } = await stripe.webhookEndpoints.list();
    for (const { id } of data) await stripe.webhookEndpoints.update(id, { disabled: true });
  }
  const { port } = server.address() as AddressInfo;
  await stripe.webhookEndpoints.create({ url: `http://127.0.0.1:${port}/`, enabled_events: ['*'] });

  const post = async (event: Stripe.Event): Promise<number> => {
    const payload = JSON.stringify(event);
    const signature = stripe.webhooks.generateTestHeaderString({ payload, secret: stack.webhookSecret });
    const headers = { 'Content-Type': 'application/json', 'Stripe-Signature': signature };
    const answer = await fetch(`${api}/api/v1/payments/webhook`, { method: 'POST', headers, body: payload });
    await answer.text();
    return answer.status;
  };
  const all = (intentId: string) => bag.get(intentId) ?? [];
  return {
    of: all,
    next: (intentId, type, known) =>
      until(`Stripe tells of ${type} of ${intentId}`, async () => {
        const fresh = all(intentId).filter(({ id }) => !known.has(id));
        return fresh.some((event) => event.type === type) && fresh;
      }),
    last: (intentId) => until(`Stripe tells of ${intentId}`, async () => all(intentId).at(-1)),
    hand: (event, times = 1) => Promise.all(Array.from({ length: times }, () => post(event))),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function read(request: IncomingMessage): Promise<Stripe.Event> {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part;
  const event: Stripe.Event = JSON.parse(body);
  return event;
}
