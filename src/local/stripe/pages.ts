// Lists by pages, newest first, walked by cursors. https://docs.stripe.com/api/pagination
import { missingReference } from './errors.ts';
import type { Table } from './table.ts';

export interface Page<T> {
  object: 'list';
  data: T[];
  has_more: boolean;
  url: string;
}

interface Search {
  /** Only the rows of this group of the table. */
  group?: string | undefined;
  limit: number;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
  created?: Range | undefined;
}
interface Range {
  gt?: number | undefined;
  gte?: number | undefined;
  lt?: number | undefined;
  lte?: number | undefined;
}

/**
 * One page of a table. Rows are made in the order of their `created`, so a lower bound ends the search.
 * @param kind Stripe's word for a row, for the error of a cursor that names none
 */
export function page<T extends { id: string; created: number }>(
  table: Table<T>,
  kind: string,
  url: string,
  search: Search,
  wanted: (row: T) => boolean = () => true,
): Page<T> {
  checkCursor(table, kind, search);
  const before = search.ending_before;
  const found: T[] = [];
  for (const row of rowsOf(table, search)) {
    if (before === undefined && isBelow(row.created, search.created)) break;
    if (!isWithin(row.created, search.created) || !wanted(row)) continue;
    found.push(row);
    if (found.length > search.limit) break;
  }
  const data = found.slice(0, search.limit);
  return {
    object: 'list',
    data: before === undefined ? data : data.toReversed(),
    has_more: found.length > search.limit,
    url,
  };
}

/** From the cursor on, in the direction that the page is read. */
function rowsOf<T extends { id: string }>(table: Table<T>, search: Search): Iterable<T> {
  const { group, starting_after: after, ending_before: before } = search;
  if (group === undefined) return before === undefined ? table.backward(after) : table.forward(before);
  const rows = table.inGroup(group);
  const at = rows.findIndex((row) => row.id === (before ?? after));
  if (before !== undefined) return rows.slice(at + 1);
  return rows.slice(0, at === -1 ? rows.length : at).toReversed();
}

function checkCursor<T extends { id: string }>(table: Table<T>, kind: string, search: Search): void {
  for (const name of ['starting_after', 'ending_before'] as const) {
    const id = search[name];
    if (id !== undefined && table.get(id) === undefined) throw missingReference(kind, id, name);
  }
}

function isBelow(created: number, range: Range = {}): boolean {
  return created < (range.gte ?? 0) || created <= (range.gt ?? -1);
}

function isWithin(created: number, range: Range = {}): boolean {
  return !isBelow(created, range) && created <= (range.lte ?? Infinity) && created < (range.lt ?? Infinity);
}
