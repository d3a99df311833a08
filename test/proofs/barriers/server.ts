// The barriers themselves, in the test's process: a step that comes to one gets no answer until it is let go.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** `before`: nothing is done yet. `after`: the effect is done, and nobody knows of it. */
export type Side = 'before' | 'after';

/** Where a step of an order is stopped. */
export interface Border {
  orderId: string;
  step: string;
  side: Side;
}

/** What preload.ts sends: the steps that a worker has, or one that has come to a border. */
type Told = { steps: string[] } | { step: string; side: Side; args: unknown[] };

export interface Barriers {
  /** What `BARRIERS_URL` has to say. */
  url: string;
  /** The activities of the workers that were started, and what these ask of Stripe. */
  steps(): ReadonlySet<string>;
  /**
   * Puts barriers up. Each holds everybody who comes to it: the repeat of a step that was held for too long, too, so that the
   * order gets no further however slow the machine is.
   * @param orderOf finds the order that a step is about, by its arguments as JSON
   */
  put(borders: readonly Border[], orderOf: (args: string) => Promise<string | undefined>): void;
  /** The borders at which nobody is held now. */
  empty(): Border[];
  /** Whoever comes from now on passes; who is held stays. */
  letPass(): void;
  /** Lets everybody go who is held. */
  release(): void;
  close(): void;
}

export async function openBarriers(): Promise<Barriers> {
  const steps = new Set<string>();
  const held = new Map<ServerResponse, string>();
  let borders = new Map<string, Border>();
  let find: (args: string) => Promise<string | undefined> = async () => undefined;

  async function arrive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const told: Told = JSON.parse(await text(request));
    if ('steps' in told) for (const step of told.steps) steps.add(step);
    const key = 'steps' in told ? undefined : await borderOf(told);
    if (key === undefined) return void response.end();
    response.once('close', () => held.delete(response));
    held.set(response, key);
  }

  async function borderOf({ step, side, args }: Exclude<Told, { steps: string[] }>): Promise<string | undefined> {
    if (![...borders.values()].some((border) => border.step === step && border.side === side)) return undefined;
    const orderId = await find(JSON.stringify(args));
    const key = keyOf({ orderId: orderId ?? '', step, side });
    return borders.has(key) ? key : undefined;
  }

  const server = createServer((request, response) => {
    arrive(request, response).catch(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const release = () => {
    for (const response of held.keys()) response.end();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    steps: () => steps,
    put: (wanted, orderOf) => {
      borders = new Map(wanted.map((border) => [keyOf(border), border]));
      find = orderOf;
    },
    empty: () => {
      const reached = new Set(held.values());
      return [...borders].filter(([key]) => !reached.has(key)).map(([, border]) => border);
    },
    letPass: () => borders.clear(),
    release,
    close: () => {
      release();
      server.close();
      server.closeAllConnections();
    },
  };
}

function keyOf({ orderId, step, side }: Border): string {
  return `${orderId} ${step} ${side}`;
}
