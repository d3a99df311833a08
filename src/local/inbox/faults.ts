// Trouble on demand, as a mail server makes it: the next mails are refused for now, or answered late.
import { z } from 'zod';

/** Longer than a patient person waits for a page and shorter than mail clients wait for a server (RFC 5321, 4.5.3.2: minutes). */
const SLOW_MS = 5_000;
const MAX_MS = 600_000;
const MAX_TIMES = 1_000_000;

/** What `POST /_inbox/faults` takes. `times` 0 ends the trouble; `ms` is how late a slow answer is. */
export const faultsSchema = z
  .strictObject({
    times: z.int().min(0).max(MAX_TIMES),
    kind: z.enum(['refuse', 'slow']).optional(),
    ms: z.int().min(0).max(MAX_MS).default(SLOW_MS),
  })
  .refine(({ times, kind }) => times === 0 || kind !== undefined, {
    path: ['kind'],
    message: 'must be refuse or slow',
  });

type FaultOrder = z.infer<typeof faultsSchema>;
type Fault = { kind: 'refuse' } | { kind: 'slow'; ms: number };

export interface Faults {
  /** Replaces what was ordered before. Not kept over a restart. */
  order(order: FaultOrder): void;
  /** The fault for the next mail, used up by this call. */
  take(): Fault | undefined;
}

export function createFaults(): Faults {
  let current: FaultOrder = { times: 0, ms: SLOW_MS };
  return {
    order(order) {
      current = order;
    },
    take() {
      const { times, kind, ms } = current;
      if (times === 0 || kind === undefined) return undefined;
      current = { times: times - 1, kind, ms };
      return kind === 'slow' ? { kind, ms } : { kind };
    },
  };
}
