// What the harness counts while it runs. It judges nothing: that is the auditor's.

export type Tally = Map<string, number>;

export interface Figures {
  /** Shoppers who began, orders that were placed, and refusals (by their code), each by kind. */
  begun: Tally;
  placed: Tally;
  refused: Tally;
  /** Orders that their shoppers saw in these states last. */
  seen: Tally;
  kills: Tally;
  freezes: Tally;
  faults: Tally;
  /** Answers that no client of a correct shop gets here. */
  unexpected: Tally;
  /** Requests of clients, their repeats, answers that told them to come back (503), and requests without an answer. */
  requests: number;
  retries: number;
  unavailable: number;
  lost: number;
  /** Requests that were given up after a client's whole patience, and shoppers who walked away in the middle of one. */
  gaveUp: number;
  walkedAway: number;
  webhooksDropped: number;
  /** The longest time from a client's first failure to its answer, ms. */
  longestOutageMs: number;
  /** Orders that were under way at each kill. */
  underWayAtKills: number[];
}

export function newFigures(): Figures {
  return {
    begun: new Map(),
    placed: new Map(),
    refused: new Map(),
    seen: new Map(),
    kills: new Map(),
    freezes: new Map(),
    faults: new Map(),
    unexpected: new Map(),
    requests: 0,
    retries: 0,
    unavailable: 0,
    lost: 0,
    gaveUp: 0,
    walkedAway: 0,
    webhooksDropped: 0,
    longestOutageMs: 0,
    underWayAtKills: [],
  };
}

export function count(tally: Tally, name: string): void {
  tally.set(name, (tally.get(name) ?? 0) + 1);
}

export function sumOf(tally: Tally): number {
  return [...tally.values()].reduce((sum, times) => sum + times, 0);
}
