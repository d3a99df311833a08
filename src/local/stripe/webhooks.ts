// Delivers events to their endpoints: signed afresh at each attempt, retried with growing pauses until a 2xx, several
// at a time and in no promised order, as Stripe does. What is undelivered when the process ends goes on at its next start.
import { createHmac } from 'node:crypto';
import type { Logger } from '../../platform/logger.ts';
import type { Post } from './post.ts';
import type { DeliveryRow, Store } from './store.ts';

/** Stripe waits minutes and gives up after three days; here a shop that comes back is to be told soon. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** A busy endpoint gets at most so many requests at once. */
const AT_ONCE = 16;

interface HeldRelease {
  order: 'fifo' | 'lifo' | 'random';
  /** How many times more than once each event is sent. */
  duplicates: number;
}

export interface Webhooks {
  deliver: (deliveries: DeliveryRow[]) => void;
  /** Keeps back, from now on, everything that has not yet left. */
  hold(): void;
  /** Lets go what was held, one after the other in the order asked for; what comes later is delivered as always. */
  release(how: HeldRelease): void;
  /** Forgets everything that waits: its rows are gone. */
  forget(): void;
  state(): { hold: boolean; held: number; pending: number };
  close(): Promise<void>;
}

interface Parcel {
  delivery: DeliveryRow;
  failures: number;
  /** A further copy of a delivery: sent once, whatever the answer. */
  copy?: true;
}
interface Lane {
  waiting: Parcel[];
  underWay: number;
}

export function createWebhooks(store: Store, post: Post, clock: () => number, logger: Logger): Webhooks {
  const lanes = new Map<string, Lane>();
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let held: Parcel[] = [];
  let closed = false;

  function track(job: Promise<void>): void {
    running.add(job);
    void job.finally(() => running.delete(job));
  }

  function enqueue(parcel: Parcel): void {
    if (closed) return;
    if (store.settings().hold) {
      held.push(parcel);
      return;
    }
    const lane = lanes.get(parcel.delivery.endpoint) ?? { waiting: [], underWay: 0 };
    lanes.set(parcel.delivery.endpoint, lane);
    lane.waiting.push(parcel);
    pump(lane);
  }

  function pump(lane: Lane): void {
    while (lane.underWay < AT_ONCE) {
      const parcel = lane.waiting.shift();
      if (parcel === undefined) return;
      lane.underWay += 1;
      track(
        attempt(parcel).finally(() => {
          lane.underWay -= 1;
          if (!closed) pump(lane);
        }),
      );
    }
  }

  async function attempt(parcel: Parcel): Promise<void> {
    const { delivery } = parcel;
    const endpoint = store.tables.webhook_endpoints.get(delivery.endpoint);
    const event = store.tables.events.get(delivery.event);
    if (endpoint === undefined || endpoint.status !== 'enabled' || event === undefined) {
      done(delivery);
      return;
    }
    const pending = store.tables.deliveries.inGroup(event.id).length;
    const payload = JSON.stringify({ ...event, pending_webhooks: pending });
    const answer = await post(endpoint.url, payload, sign(payload, endpoint.secret, Math.floor(clock() / 1000)));
    if (closed) return;
    if (answer.ok) acknowledged(delivery);
    else if (parcel.copy !== true) retry(parcel, answer.reason);
  }

  function acknowledged(delivery: DeliveryRow): void {
    const { id, event } = delivery;
    const isFirst = store.tables.acknowledgements.get(id) === undefined;
    // One that was taken back meanwhile, with everything else, is not to come back by its answer.
    if (isFirst && store.tables.events.get(event) !== undefined)
      store.put('acknowledgements', { id, event, at: clock() });
    done(delivery);
  }

  function done(delivery: DeliveryRow): void {
    if (store.tables.deliveries.get(delivery.id) !== undefined) store.remove('deliveries', delivery.id);
    store.commit();
  }

  function retry(parcel: Parcel, reason: string): void {
    const pause = Math.min(FIRST_RETRY_MS * 2 ** parcel.failures, LONGEST_RETRY_MS);
    logger.debug({ event: parcel.delivery.event, reason, retryInMs: pause }, 'webhook not delivered');
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (store.tables.deliveries.get(parcel.delivery.id) === undefined) return;
      enqueue({ ...parcel, failures: parcel.failures + 1 });
    }, pause);
    timers.add(timer);
  }

  function setHold(hold: boolean): void {
    store.put('settings', { ...store.settings(), hold });
    store.commit();
  }

  async function sendInOrder(parcels: Parcel[]): Promise<void> {
    for (const [at, parcel] of parcels.entries()) {
      if (closed) return;
      if (store.settings().hold) {
        held.push(...parcels.slice(at));
        return;
      }
      await attempt(parcel);
    }
  }

  return {
    deliver(deliveries) {
      for (const delivery of deliveries) enqueue({ delivery, failures: 0 });
    },
    hold() {
      setHold(true);
      for (const lane of lanes.values()) held.push(...lane.waiting.splice(0));
    },
    release({ order, duplicates }) {
      setHold(false);
      const parcels = arrange(held, order);
      held = [];
      const copies = parcels.map((parcel): Parcel => ({ ...parcel, copy: true }));
      const all = [...parcels, ...Array.from({ length: duplicates }, () => copies).flat()];
      track(sendInOrder(order === 'random' ? arrange(all, order) : all));
    },
    forget() {
      held = [];
      for (const lane of lanes.values()) lane.waiting.length = 0;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
    state: () => ({ hold: store.settings().hold, held: held.length, pending: store.tables.deliveries.size() }),
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      post.close();
      await Promise.all(running);
    },
  };
}

function arrange(parcels: Parcel[], order: HeldRelease['order']): Parcel[] {
  if (order === 'fifo') return parcels;
  if (order === 'lifo') return parcels.toReversed();
  return parcels
    .map((parcel) => ({ parcel, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ parcel }) => parcel);
}

/** The `Stripe-Signature` header. https://docs.stripe.com/webhooks#verify-manually */
function sign(payload: string, secret: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${payload}`).digest('hex')}`;
}
