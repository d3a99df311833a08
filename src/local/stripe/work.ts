// One unit of work: what one request (or one task that fell due) changes. It runs without interruption, its changes
// and events go to the journal as one line, and only then do the events leave for their endpoints.
import { Stripe } from 'stripe';
import { newId } from './ids.ts';
import type { DeliveryRow, Snapshot, Store, StoredEvent, TaskRow } from './store.ts';

export interface Work {
  readonly store: Store;
  /** Seconds since the epoch, as Stripe counts. */
  readonly now: number;
  /** Stores an event about `object` as it is now, with the former values of what an update changed. */
  emit(type: Stripe.Event.Type, object: Snapshot, previous?: object): void;
  /** Has something done `ms` later (by default when a bank would have answered), also when this process ends before that. */
  later(kind: TaskRow['kind'], subject: string, ms?: number): void;
}

/** Which request an event goes back to; null where nobody asked. */
type Cause = { id: string | null; idempotency_key: string | null } | null;

/** Runs a unit of work. What it changed before it threw is kept: a declined payment is a refusal and a fact. */
export type Perform = <R>(cause: Cause, job: (work: Work) => R) => R;

/** How long after its cause a later thing happens (a bank's answer takes days; nobody here waits that long). */
export const LATER_MS = 3_000;

interface Surroundings {
  store: Store;
  /** Milliseconds since the epoch. */
  clock: () => number;
  laterMs: number;
  deliver: (deliveries: DeliveryRow[]) => void;
  schedule: (task: TaskRow) => void;
}

export function createPerform({ store, clock, laterMs, deliver, schedule }: Surroundings): Perform {
  return (cause, job) => {
    const deliveries: DeliveryRow[] = [];
    const tasks: TaskRow[] = [];
    const at = clock();
    const work: Work = {
      store,
      now: Math.floor(at / 1000),
      emit(type, object, previous) {
        const event = eventOf(type, object, previous, Math.floor(at / 1000), cause);
        deliveries.push(...deliveriesOf(store, event));
      },
      later(kind, subject, ms = laterMs) {
        const task: TaskRow = { id: newId('task'), kind, subject, at: at + ms };
        store.put('tasks', task);
        tasks.push(task);
      },
    };
    try {
      return job(work);
    } finally {
      store.commit();
      deliver(deliveries);
      for (const task of tasks) schedule(task);
    }
  };
}

function eventOf(
  type: Stripe.Event.Type,
  object: Snapshot,
  previous: object | undefined,
  created: number,
  cause: Cause,
): StoredEvent {
  return {
    id: newId('evt'),
    object: 'event',
    api_version: Stripe.API_VERSION,
    created,
    data: previous === undefined ? { object } : { object, previous_attributes: previous },
    livemode: false,
    pending_webhooks: 0,
    request: cause,
    type,
  };
}

/** Stores the event and what is to be delivered of it: one delivery an endpoint that listens, none while events are dropped. */
function deliveriesOf(store: Store, event: StoredEvent): DeliveryRow[] {
  const listening = [...store.tables.webhook_endpoints.all()].filter(
    ({ status, enabled_events: enabled }) =>
      status === 'enabled' && (enabled.includes('*') || enabled.includes(event.type)),
  );
  const settings = store.settings();
  const dropped = listening.length > 0 && settings.drop > 0;
  if (dropped) store.put('settings', { ...settings, drop: settings.drop - 1 });

  store.put('events', event);
  if (dropped) return [];
  return listening.map((endpoint) => {
    const delivery: DeliveryRow = { id: newId('whd'), event: event.id, endpoint: endpoint.id };
    store.put('deliveries', delivery);
    return delivery;
  });
}
