// Runs the checks of a chapter, and puts what they say into one line.
import type { ClientBase } from 'pg';
import type { Chapter, PromiseName } from './check.ts';

/** How many of the violations that a check finds are named; all are counted. */
export const NAMED = 5;
const TITLE_WIDTH = 30;

export interface Violation {
  /** Null where it is about no single order. */
  orderId: string | null;
  detail: string;
}

export interface Finding {
  check: string;
  label: string;
  count: number;
  /** The first few. */
  examples: Violation[];
}

export interface ChapterResult {
  promise: PromiseName;
  title: string;
  /** What was counted, by the words it is printed with. */
  figures: [string, string][];
  /** What is wrong, by label, 0 where nothing is. */
  counts: [string, number][];
  findings: Finding[];
}

export async function runChapter(db: ClientBase, chapter: Chapter): Promise<ChapterResult> {
  const { promise, title, checks } = chapter;
  const { rows } = await db.query<Record<string, string | number | null>>(chapter.figures);
  const figures = Object.entries(rows[0] ?? {}).map(([name, value]): [string, string] => [
    name,
    String(value ?? 'none'),
  ]);
  const counts: [string, number][] = [];
  const findings: Finding[] = [];
  for (const { name, label, query } of checks) {
    const { count, examples } = await violations(db, name, query);
    counts.push([label, count]);
    if (count > 0) findings.push({ check: name, label, count, examples });
  }
  return { promise, title, figures, counts, findings };
}

async function violations(db: ClientBase, name: string, query: string) {
  const few = `SELECT order_id AS "orderId", detail, (count(*) OVER ())::integer AS count FROM (${query}) AS violation
    ORDER BY order_id, detail LIMIT ${NAMED}`;
  try {
    const { rows } = await db.query<Violation & { count: number }>(few);
    return { count: rows[0]?.count ?? 0, examples: rows.map(({ orderId, detail }) => ({ orderId, detail })) };
  } catch (cause) {
    throw new Error(`the check ${name} cannot be made`, { cause });
  }
}

/** `P2 stock   variants 46, holds 9120; oversold 0, leaked holds 0` */
export function lineOf({ promise, title, figures, counts }: ChapterResult): string {
  const head = `${promise} ${title}`.padEnd(TITLE_WIDTH);
  const told = figures.map(([name, value]) => `${name} ${value}`).join(', ');
  const wrong = counts.map(([label, count]) => `${label} ${count}`).join(', ');
  return `${head} ${told}; ${wrong}`;
}
