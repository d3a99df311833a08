// Stock that is looked at while something goes on, for tests of P2.
import type { Database } from '../../src/platform/database.ts';
import { type StockedVariant, type StockState, stockOf } from '../support/rows.ts';

/** Looks at the stock again and again while the work goes on, each time in one snapshot. The last look is after its end. */
export async function watchedDuring(
  db: Database,
  variants: StockedVariant[],
  work: Promise<unknown>,
): Promise<StockState[]> {
  const over = new AbortController();
  const ended = work.finally(() => over.abort());
  const seen: StockState[] = [];
  while (!over.signal.aborted) seen.push(...(await stockOf(db, variants)));
  await ended;
  return [...seen, ...(await stockOf(db, variants))];
}

/** What is reserved is the sum of what is held, and no more than there is. */
export function isSound({ onHand, reserved, held }: StockState): boolean {
  return reserved === held && 0 <= reserved && reserved <= onHand;
}
