// Cursors of lists: opaque to clients, checked like any other input when they come back.
import { z } from '@hono/zod-openapi';
import { problem } from './problem.ts';

/** The place in a list after which the next page begins, as text for a URL. */
export function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/**
 * Reads a cursor.
 * @param schema what a position of this list looks like
 * @throws {ProblemError} 422 `validation_failed` when the cursor is not one of ours
 */
export function decodeCursor<T>(schema: z.ZodType<T>, cursor: string): T {
  const result = schema.safeParse(parse(Buffer.from(cursor, 'base64url').toString()));
  if (result.success) return result.data;
  throw problem('validation_failed', { errors: [{ path: 'cursor', message: 'is not a cursor of this list' }] });
}

/** Where a list that is sorted by its rows' ids goes on; undefined for its first page. @throws as `decodeCursor` */
export function decodeIdCursor(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : decodeCursor(z.tuple([z.uuid()]), cursor)[0];
}

type Page<Item> = { items: Item[]; nextCursor: string | null };

/**
 * One page of a list.
 * @param rows one more than the page has, where there is one: it tells whether another page follows
 * @param position where a row stands, for the cursor
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  {
    limit,
    position,
    present,
  }: {
    limit: number;
    position: (row: Row) => readonly (string | number)[];
    present: (row: Row) => Item;
  },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(present), nextCursor: last === undefined ? null : encodeCursor(position(last)) };
}

/** The same of a list that is sorted by its rows' ids. */
export function pageById<Row extends { id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => Item,
): Page<Item> {
  return pageOf(rows, { limit, position: ({ id }) => [id], present });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
