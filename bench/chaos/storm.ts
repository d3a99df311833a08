// Carries out the schedule: each fault at its share of the orders, however fast or slow they are, and the orders wait for the
// faults in their turn, so that the storm lasts exactly as long as there are orders to hit.
import { setTimeout } from 'node:timers/promises';
import type { Controls } from './controls.ts';
import { count, type Figures } from './figures.ts';
import type { Processes } from './processes.ts';
import type { Deed, Step } from './schedule.ts';
import type { UnderWay } from './under-way.ts';
import type { Witness } from './witness.ts';

/** How far shoppers and storm have come, 0 to 1: neither runs ahead of the other. */
export interface Pace {
  /** The share of the shoppers that have begun. */
  shoppers: number;
  /** The share up to which shoppers may begin: that of the next fault. */
  storm: number;
}

export interface StormParts {
  processes: Processes;
  controls: Controls;
  witness: Witness;
  figures: Figures;
  underWay: UnderWay;
  pace: Pace;
  stop: AbortSignal;
}

const LOOK_EVERY_MS = 20;
const MS_PER_SECOND = 1_000;

/** Waits until it is so. @throws when everything is stopped */
export async function waitFor(isSo: () => boolean, stop: AbortSignal): Promise<void> {
  while (!isSo()) await setTimeout(LOOK_EVERY_MS, undefined, { signal: stop });
}

/** The whole storm, until its last fault; afterwards everything works again. */
export async function storm(steps: readonly Step[], parts: StormParts): Promise<void> {
  const { pace, stop, figures, controls, processes } = parts;
  const releases: Promise<void>[] = [];
  try {
    for (const { after, pauseMs, deed } of steps) {
      pace.storm = after;
      const rested = setTimeout(pauseMs, undefined, { signal: stop });
      await Promise.all([rested, waitFor(() => pace.shoppers >= after, stop)]);
      await perform(deed, parts, releases);
    }
  } finally {
    pace.storm = 1;
    processes.thaw();
  }
  await Promise.all(releases);
  figures.webhooksDropped -= await controls.clear();
}

async function perform(deed: Deed, parts: StormParts, releases: Promise<void>[]): Promise<void> {
  const { controls, figures, witness } = parts;
  const done = (what: string): void => {
    witness.saw({ saw: 'done', what });
    if (deed.do !== 'kill' && deed.do !== 'freeze') count(figures.faults, what);
  };
  switch (deed.do) {
    case 'kill':
      return killAll(deed, parts);
    case 'freeze':
      if (!(await parts.processes.freeze(deed.victim, deed.which, deed.seconds))) return;
      count(figures.freezes, deed.victim);
      return done(`freeze ${deed.victim}`);
    case 'hold': {
      await controls.holdWebhooks();
      const release = releaseLater(deed, parts);
      release.catch(() => undefined); // the storm's end hears of it, unless something else has ended the storm before
      releases.push(release);
      return done('webhooks held');
    }
    case 'drop':
      figures.webhooksDropped += deed.events - (await controls.dropWebhooks(deed.events));
      return done('webhooks dropped');
    case 'stripe':
      await controls.stripeFault(deed.fault);
      return done(`stripe ${deed.fault.kind}`);
    case 'mail':
      await controls.mailFault({ kind: deed.kind, times: deed.times, ms: deed.ms });
      return done(`mail server ${deed.kind}`);
  }
}

async function killAll(
  { victims, which }: Extract<Deed, { do: 'kill' }>,
  { processes, figures, witness, underWay }: StormParts,
): Promise<void> {
  const orders = underWay.count();
  await Promise.all(
    victims.map(async (victim) => {
      if (!(await processes.kill(victim, which))) return;
      count(figures.kills, victim);
      figures.underWayAtKills.push(orders);
      witness.saw({ saw: 'done', what: `kill ${victim}` });
    }),
  );
}

async function releaseLater(
  { seconds, order, duplicates }: Extract<Deed, { do: 'hold' }>,
  { controls, figures, stop }: StormParts,
): Promise<void> {
  await setTimeout(seconds * MS_PER_SECOND, undefined, { signal: stop });
  await controls.releaseWebhooks({ order, duplicates });
  count(figures.faults, `webhooks released (${order})`);
  if (duplicates > 0) count(figures.faults, 'webhooks repeated');
}
