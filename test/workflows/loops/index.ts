// The shop's workflows, and two that keep their thread busy: one for a while, one for ever.
export * from '../../../workflows/index.ts';

/** Honest work, long enough that the monitor looks at it. (Without a global: in the sandbox each use of one is slow.) */
export async function computes(rounds: number): Promise<number> {
  let sum = 0;
  for (let round = 0; round < rounds; round += 1) sum = (sum + round) % 1_000_003;
  return sum;
}

export async function loops(): Promise<void> {
  let round = 0;
  for (;;) round += 1;
}
