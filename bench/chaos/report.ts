// The harness's own figures in lines of text.
import { type Figures, sumOf, type Tally } from './figures.ts';
import type { Ran } from './run.ts';

const MS_PER_SECOND = 1_000;

/** What was done to the shop, and what its clients saw of it. */
export function reportLines({ figures, stormMs }: Ran): string[] {
  const orders = sumOf(figures.placed);
  const seconds = stormMs / MS_PER_SECOND;
  const { requests, retries, unavailable, lost, gaveUp, walkedAway } = figures;
  return [
    `shoppers   ${sumOf(figures.begun)}: ${list(figures.begun)}`,
    `orders     ${orders} placed: ${list(figures.placed)}`,
    `refused    ${list(figures.refused)}`,
    `seen last  ${list(figures.seen)}`,
    `kills      ${sumOf(figures.kills)}: ${list(figures.kills)}; orders under way at each: ${spread(figures)}`,
    `freezes    ${sumOf(figures.freezes)}: ${list(figures.freezes)}`,
    `faults     ${list(figures.faults)}; webhooks lost for ever: ${figures.webhooksDropped}`,
    `clients    ${requests} requests, ${retries} repeats, ${unavailable} answers 503, ${lost} without an answer, ${gaveUp} given up, ${walkedAway} walked away`,
    `           longest outage that a client saw: ${(figures.longestOutageMs / MS_PER_SECOND).toFixed(1)} s`,
    `storm      ${seconds.toFixed(0)} s, ${(orders / seconds).toFixed(1)} orders/s`,
    ...[...figures.unexpected].map(([what, times]) => `UNEXPECTED ${what}: ${times}`),
  ];
}

function list(tally: Tally): string {
  if (tally.size === 0) return 'none';
  return [...tally]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');
}

function spread({ underWayAtKills: all }: Figures): string {
  if (all.length === 0) return 'none';
  const sorted = all.toSorted((a, b) => a - b);
  return `${sorted[0]} to ${sorted.at(-1)}, median ${sorted[Math.floor(sorted.length / 2)]}`;
}
