// The auditor: reads PostgreSQL, the simulator, the inbox, Temporal and what the clients saw, and says of each promise whether it
// was kept. It shares no code with the shop: its SQL is made from the migrations and the architecture, not from the stores.
import { Client, type ClientBase } from 'pg';
import { PROMISES } from './check.ts';
import { CHAPTERS } from './checks/all.ts';
import { loadWitness } from './clients.ts';
import { makeFacts } from './facts.ts';
import { loadInbox, loadStripe } from './outside.ts';
import type { Places } from './places.ts';
import { replaySample } from './replay.ts';
import { analyzeTables, makeTables } from './seen.ts';
import { tellStories } from './story.ts';
import { loadWorkflows, withTemporal } from './temporal.ts';
import { type ChapterResult, type Finding, lineOf, runChapter } from './verdict.ts';

export { CHECK_NAMES } from './checks/all.ts';
export { type Places, readPlaces } from './places.ts';
export { settled } from './settled.ts';
export type { Finding } from './verdict.ts';

export interface AuditOptions {
  /** What the clients saw: the file that witness.ts describes. Without it nothing is said of their answers. */
  witness?: string;
  /** The moment that "due" and "over" are measured by; now, unless told. */
  now?: Date;
  /** So many histories are replayed on the workflows of this commit (P9); none unless told. */
  replay?: number;
  /** Which ones: the same seed takes the same of the same. */
  seed?: number;
}

export interface Verdict {
  /** No promise was found broken. */
  ok: boolean;
  /** One line a promise, with its counts. */
  lines: string[];
  /** What was found broken, by check; empty when all is well. */
  findings: Finding[];
  /** The whole story of the first few orders concerned, readable. */
  stories: string[];
}

/** A statement over all orders takes seconds; one that takes minutes is a mistake of the auditor's. */
const STATEMENT_TIMEOUT_MS = 300_000;

/** Audits a shop that is up. It says the most when nothing is under way: see `settled`. @throws when a part does not answer */
export async function audit(places: Places, options: AuditOptions = {}): Promise<Verdict> {
  const db = new Client({ connectionString: places.databaseUrl, statement_timeout: STATEMENT_TIMEOUT_MS });
  db.on('error', () => undefined); // a connection that breaks is told by the statement that it breaks
  await db.connect();
  try {
    return await inspect(db, places, options);
  } finally {
    await db.end();
  }
}

/** The same, over a connection of the caller's: in an open transaction it sees what nobody else does. */
export async function inspect(db: ClientBase, places: Places, options: AuditOptions = {}): Promise<Verdict> {
  await makeTables(db);
  await loadStripe(db, places);
  await loadInbox(db, places);
  if (options.witness !== undefined) await loadWitness(db, options.witness);
  return withTemporal(places, async (temporal) => {
    await loadWorkflows(db, temporal);
    await analyzeTables(db);
    await makeFacts(db, options.now ?? new Date());
    const chapters = [];
    for (const chapter of CHAPTERS) chapters.push(await runChapter(db, chapter));
    if (options.replay !== undefined)
      chapters.push(await replaySample(db, places, { ...options, replay: options.replay }));
    const findings = chapters.flatMap((chapter) => chapter.findings);
    const stories = await tellStories({ db, temporal, places, ...options }, findings);
    return { ok: findings.length === 0, lines: inOrder(chapters).map(lineOf), findings, stories };
  });
}

/** All of it as a person reads it: the lines, what is broken, and the stories. */
export function verdictLines({ lines, findings, stories }: Verdict): string[] {
  const broken = findings.flatMap(({ check, label, count, examples }) => [
    `\nBROKEN ${check}: ${label} ${count}`,
    ...examples.map(({ orderId, detail }) => `  ${orderId ?? 'no order'}: ${detail}`),
  ]);
  return [...lines, ...broken, ...stories.map((story) => `\n${story}`)];
}

/** In the order of the promises, wherever they were looked at. */
function inOrder(chapters: readonly ChapterResult[]): ChapterResult[] {
  return chapters.toSorted((a, b) => PROMISES.indexOf(a.promise) - PROMISES.indexOf(b.promise));
}
