// Lists by pages, newest first, walked by cursors. https://docs.stripe.com/api/pagination
import { missingReference } from './errors.ts';
import type { Table } from './table.ts';

export interface Page<T> {
  object: 'list';
  data: T[];
  has_more: boolean;
  url: string;
}

interface Cursor {
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
  cursor: Cursor,
  wanted: (row: T) => boolean = () => true,
): Page<T> {
  checkCursor(table, kind, cursor);
  const before = cursor.ending_before;
  const rows = before === undefined ? table.backward(cursor.starting_after) : table.forward(before);
  const found: T[] = [];
  for (const row of rows) {
    if (before === undefined && isBelow(row.created, cursor.created)) break;
    if (!isWithin(row.created, cursor.created) || !wanted(row)) continue;
    found.push(row);
    if (found.length > cursor.limit) break;
  }
  const data = found.slice(0, cursor.limit);
  return {
    object: 'list',
    data: before === undefined ? data : data.toReversed(),
    has_more: found.length > cursor.limit,
    url,
  };
}

function checkCursor<T extends { id: string }>(table: Table<T>, kind: string, cursor: Cursor): void {
  for (const name of ['starting_after', 'ending_before'] as const) {
    const id = cursor[name];
    if (id !== undefined && table.get(id) === undefined) throw missingReference(kind, id, name);
  }
}

function isBelow(created: number, range: Range = {}): boolean {
  return created < (range.gte ?? 0) || created <= (range.gt ?? -1);
}

function isWithin(created: number, range: Range = {}): boolean {
  return !isBelow(created, range) && created <= (range.lte ?? Infinity) && created < (range.lt ?? Infinity);
}
