// The shape of a check: one statement whose rows are what is wrong.

/** What a check belongs to: one line of the report each. */
export const PROMISES = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'mails', 'events'] as const;
export type PromiseName = (typeof PROMISES)[number];

export interface Check {
  /** Stable: `p2_oversold`. Its beginning names the promise. */
  name: string;
  /** How the report's line names what is counted: `oversold`. */
  label: string;
  /** A query of `order_id` (uuid, null where it is about no order) and `detail` (text): one row for each violation. */
  query: string;
}

/** The counts that a line begins with: a query of one row, whose columns are named as they are printed. */
export interface Chapter {
  promise: PromiseName;
  title: string;
  figures: string;
  checks: readonly Check[];
}
