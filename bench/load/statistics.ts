// What a list of measurements comes to.

export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

/** The smallest value that at least this share of all values do not exceed ("nearest rank"); NaN of no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function quantiles(values: readonly number[]): Quantiles {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95), p99: percentile(values, 0.99) };
}

export interface Rate {
  /** Per second, over the whole time. */
  mean: number;
  /** Of the slices. */
  median: number;
  low: number;
  high: number;
}

/**
 * How often per second something happened, and how evenly: the time is cut into slices of about `sliceMs`.
 * @param moments when it happened; those outside of the time do not count
 */
export function rateOf(
  moments: readonly number[],
  { from, until, sliceMs }: { from: number; until: number; sliceMs: number },
): Rate {
  const slices = Math.max(1, Math.round((until - from) / sliceMs));
  const length = (until - from) / slices;
  const counts = Array.from({ length: slices }, () => 0);
  for (const moment of moments) {
    const slice = Math.floor((moment - from) / length);
    const count = counts[slice];
    if (count !== undefined) counts[slice] = count + 1;
  }
  const rates = counts.map((count) => (count * 1000) / length);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / slices;
  return { mean, median: percentile(rates, 0.5), low: Math.min(...rates), high: Math.max(...rates) };
}
