// Everything that `start` has running: who they are, their process ids, and the order in which they stop.
import type { Part } from './life.ts';
import type { Logs } from './logs.ts';
import { type Supervised, supervise } from './supervisor.ts';

export type Role = 'postgres' | 'redis' | 'temporal' | 'temporalUi' | 'stripe' | 'inbox' | 'api' | 'worker';

export type Crew = {
  /** Starts a part and waits until it is ready. */
  start: (role: Role, part: Part) => Promise<void>;
  /** The process ids of a role, in the order of starting. */
  pids: (role: Role) => number[];
  /** Aborted when the crew stops: whatever is being prepared for it stops, too. */
  signal: AbortSignal;
  /** Stops everything, those who call others first. */
  stop: () => Promise<void>;
  /** Ends everything at once. */
  kill: () => void;
};

/** First who takes work in, then who does it, then what they need. Those of one line stop together. */
const STOP_ORDER: Role[][] = [
  ['api'],
  ['worker'],
  ['stripe', 'inbox', 'temporalUi'],
  ['temporal'],
  ['redis'],
  ['postgres'],
];

/** @param onPids told with all process ids whenever one of them has changed */
export function createCrew(logs: Logs, onPids: (pids: number[]) => void): Crew {
  const members: { role: Role; supervised: Supervised }[] = [];
  const stopping = new AbortController();
  const pids = (all: { supervised: Supervised }[]): number[] => all.flatMap(({ supervised }) => supervised.pid() ?? []);
  const stopRole = (role: Role): Promise<unknown> =>
    Promise.all(members.filter((member) => member.role === role).map(({ supervised }) => supervised.stop()));
  return {
    start: async (role, part) => {
      stopping.signal.throwIfAborted();
      const supervised = supervise(part, logs, () => onPids(pids(members)));
      members.push({ role, supervised });
      await supervised.ready;
    },
    pids: (role) => pids(members.filter((member) => member.role === role)),
    signal: stopping.signal,
    stop: async () => {
      stopping.abort(new Error('the stack is being stopped'));
      for (const roles of STOP_ORDER) await Promise.all(roles.map(stopRole));
    },
    kill: () => {
      stopping.abort(new Error('the stack is being stopped'));
      for (const { supervised } of members) supervised.kill();
    },
  };
}
