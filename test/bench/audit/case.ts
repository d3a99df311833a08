// The shape of a case: one way to break a promise by hand, and the checks that must name it, no fewer and no more.
import type { Sight } from '../../../bench/audit/witness.ts';
import type { Stack } from '../../../src/local/stack-file.ts';
import type { TemporalClient } from '../../../src/platform/temporal.ts';
import type { Bends } from './glass.ts';
import type { Placed } from './orders.ts';

export interface Case {
  /** The check that this breaks. */
  check: string;
  /** What else is wrong then, and must be named, too. */
  also?: string[];
  /** In the database, in a transaction that is rolled back; `:paid` and so on are the orders' ids. */
  sql?: string;
  /** What the simulator and the inbox seem to hold. */
  stripe?: (placed: Placed) => Bends;
  inbox?: (placed: Placed) => Bends;
  /** What the clients say besides. */
  sights?: (placed: Placed) => Sight[];
  /** In Temporal. @returns what undoes it */
  temporal?: (temporal: TemporalClient, stack: Stack) => Promise<() => Promise<void>>;
  /** It cannot be taken back at once, so it is the last. */
  stays?: true;
  /** How much later the audit looks, in minutes. */
  later?: number;
  replay?: number;
  /** What the report's lines say besides. */
  says?: RegExp;
}
