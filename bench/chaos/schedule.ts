// The storm, written down before it begins: the same seed gives the same faults in the same order. Kinds go round, so that each
// is hit as often as any other, however short the storm is.
import { type Random, randomStream } from '../random.ts';

/** Who can be killed. `backend` is one of PostgreSQL's own processes: it then ends all the others, and recovers. */
export const VICTIMS = ['api', 'worker', 'temporal', 'postgres', 'redis', 'stripe', 'inbox', 'backend'] as const;
export type Victim = (typeof VICTIMS)[number];
export type Freezable = Exclude<Victim, 'backend'>;

/** What the simulator is told to do to the next requests. */
export interface StripeFault {
  method: string;
  path: string;
  kind: 'status' | 'latency' | 'reset_before' | 'reset_after';
  times: number;
  status?: number;
  ms?: number;
}

export type Deed =
  /** `which`: of two API or worker processes, or of PostgreSQL's backends, the one at this share of them. */
  | { do: 'kill'; victims: Victim[]; which: number }
  | { do: 'freeze'; victim: Freezable; which: number; seconds: number }
  | { do: 'hold'; seconds: number; order: 'fifo' | 'lifo' | 'random'; duplicates: number }
  | { do: 'drop'; events: number }
  | { do: 'stripe'; fault: StripeFault }
  | { do: 'mail'; kind: 'refuse' | 'slow'; times: number; ms: number };

export interface Step {
  /** The share of the orders that must have begun, 0 to 1. */
  after: number;
  /** Milliseconds since the step before it, at least. */
  pauseMs: number;
  deed: Deed;
}

const PAUSE_MS = [700, 2_200] as const;
const FREEZE_SECONDS = [1, 8] as const;
const HOLD_SECONDS = [2, 6] as const;
const DUPLICATES = [0, 3] as const;
const DROPS = [1, 4] as const;
const FAULTS = [1, 4] as const;
const MAILS = [2, 8] as const;
/** A slow mail server answers after so long. */
const MAIL_MS = [500, 4_000] as const;
/** From a little late to longer than the shop's patience with Stripe (5 s). */
const LATENCY_MS = [1_000, 7_000] as const;
/** One kill in five takes a second victim with it. */
const PAIRED = 0.2;
/** What is worst together comes first. */
const PAIRS: Partial<Record<Victim, Victim>> = { worker: 'postgres', temporal: 'api', stripe: 'worker', api: 'redis' };

const OTHERS = ['freeze', 'hold', 'stripe', 'drop', 'stripe', 'mail'] as const;
const FREEZABLE: Freezable[] = ['api', 'worker', 'temporal', 'postgres', 'redis', 'stripe', 'inbox'];
/** Everything that the shop asks of Stripe, and what its customers do. */
const STRIPE_CALLS = [
  { method: 'POST', path: '/v1/payment_intents' },
  { method: 'GET', path: '/v1/payment_intents/:id' },
  { method: 'POST', path: '/v1/payment_intents/:id/cancel' },
  { method: 'POST', path: '/v1/payment_intents/:id/confirm' },
  { method: 'GET', path: '/v1/refunds' },
  { method: 'POST', path: '/v1/refunds' },
];
const STRIPE_KINDS = ['reset_after', 'status', 'latency', 'reset_before'] as const;
const STRIPE_STATUSES = [500, 503, 429] as const;
const MAIL_KINDS = ['refuse', 'slow'] as const;

/** A storm with so many kills. */
export function drawSchedule(seed: number, kills: number): Step[] {
  const random = randomStream(seed, 'storm');
  const [victims, others] = [rounds(VICTIMS, random), rounds(OTHERS, random)];
  const other = deedsIn(random);
  const deeds: Deed[] = [];
  for (let left = kills; left > 0; ) {
    const victim = victims();
    const second = left > 1 && random.chance(PAIRED) ? PAIRS[victim] : undefined;
    deeds.push(other[others()](), { do: 'kill', victims: second ? [victim, second] : [victim], which: random.next() });
    left -= second ? 2 : 1;
  }
  return deeds.map((deed, at) => ({
    deed,
    after: (at + 1) / (deeds.length + 1),
    pauseMs: random.between(...PAUSE_MS),
  }));
}

function deedsIn(random: Random): Record<(typeof OTHERS)[number], () => Deed> {
  const [frozen, calls] = [rounds(FREEZABLE, random), rounds(STRIPE_CALLS, random)];
  const [kinds, mails] = [rounds(STRIPE_KINDS, random), rounds(MAIL_KINDS, random)];
  return {
    freeze: () => ({
      do: 'freeze',
      victim: frozen(),
      which: random.next(),
      seconds: random.between(...FREEZE_SECONDS),
    }),
    hold: () => ({
      do: 'hold',
      seconds: random.between(...HOLD_SECONDS),
      order: random.pick(['fifo', 'lifo', 'random']),
      duplicates: random.between(...DUPLICATES),
    }),
    drop: () => ({ do: 'drop', events: random.between(...DROPS) }),
    stripe: () => ({ do: 'stripe', fault: { ...calls(), ...faultOf(kinds(), random) } }),
    mail: () => ({
      do: 'mail',
      kind: mails(),
      times: random.between(...MAILS),
      ms: random.between(...MAIL_MS),
    }),
  };
}

function faultOf(kind: StripeFault['kind'], random: Random): Pick<StripeFault, 'kind' | 'times' | 'status' | 'ms'> {
  const times = random.between(...FAULTS);
  if (kind === 'status') return { kind, times, status: random.pick(STRIPE_STATUSES) };
  return kind === 'latency' ? { kind, times, ms: random.between(...LATENCY_MS) } : { kind, times };
}

/** Gives all of them in some order, then all of them in another one, and so on. */
function rounds<T>(all: readonly T[], random: Random): () => T {
  let left: T[] = [];
  return function next(): T {
    if (left.length === 0) left = random.shuffled(all);
    const one = left.shift();
    return one === undefined ? next() : one;
  };
}
