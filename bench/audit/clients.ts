// What the clients saw, from their file into the auditor's tables. The file is read line by line; answers and reads are counted
// on the way, so that millions of them fit.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ClientBase } from 'pg';
import { addRows } from './seen.ts';
import type { Answer, Placed, Read, Sight } from './witness.ts';

/** Rows that wait before they go to PostgreSQL. */
const PORTION = 2_000;

/** @param file JSON lines of `Sight`; a last line that its writer did not finish is left out */
export async function loadWitness(db: ClientBase, file: string): Promise<void> {
  const seen = { placed: [] as object[], paid: [] as object[] };
  const counted = { answers: noRows(), foreign_reads: noRows(), lost: noRows(), done: noRows(), reads: noRows() };
  for await (const sight of sightsIn(file)) {
    if (sight.saw === 'placed') seen.placed.push(placedRow(sight));
    else if (sight.saw === 'paid') seen.paid.push({ order_id: sight.orderId, intent_id: sight.intentId, at: sight.at });
    else if (sight.saw === 'read') noteRead(counted.reads, sight);
    else if (sight.saw === 'answer') count(counted.answers, answerRow(sight));
    else if (sight.saw === 'foreign') count(counted.foreign_reads, { route: sight.route, status: sight.status });
    else if (sight.saw === 'lost') count(counted.lost, { method: sight.method, route: sight.route });
    else count(counted.done, { what: sight.what });
    if (seen.placed.length >= PORTION) await addRows(db, 'placed', seen.placed.splice(0));
  }
  await addRows(db, 'placed', seen.placed);
  await addRows(db, 'paid', seen.paid);
  await addRows(db, 'answers', [...counted.answers.values()]);
  await addRows(db, 'foreign_reads', [...counted.foreign_reads.values()]);
  await addRows(db, 'lost', [...counted.lost.values()]);
  await addRows(db, 'done', [...counted.done.values()]);
  await addRows(db, 'reads', [...counted.reads.values()]);
}

function noRows(): Map<string, object> {
  return new Map();
}

/** The sights of a file, one after the other. @throws on a line in the middle that is no JSON */
export async function* sightsIn(file: string): AsyncGenerator<Sight> {
  let held: string | undefined;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (held !== undefined) yield JSON.parse(held);
    held = line.trim() === '' ? undefined : line;
  }
  const last = held === undefined ? undefined : finished(held);
  if (last !== undefined) yield last;
}

/** The last line; undefined when its writer was killed in the middle of it. */
function finished(line: string): Sight | undefined {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function placedRow(sight: Placed): object {
  const { cart, submit, idempotencyKey: key, status, orderId, number, total, intentId, at } = sight;
  return { cart, submit, key, status, order_id: orderId, number, total, intent_id: intentId, at };
}

function answerRow({ method, route, status, code, retryAfter }: Answer): object {
  return { method, route, status, code, retry_after: retryAfter };
}

/** Counts rows that are the same. */
function count(rows: Map<string, object>, row: object): void {
  const key = JSON.stringify(row);
  const known = rows.get(key);
  if (known === undefined) rows.set(key, { ...row, times: 1 });
  else Object.assign(known, { times: Number(Reflect.get(known, 'times')) + 1 });
}

/** Each status of an order that its shopper saw, with when first. */
function noteRead(reads: Map<string, object>, { orderId, status, paymentStatus, at }: Read): void {
  const key = `${orderId} ${status} ${paymentStatus}`;
  if (!reads.has(key)) reads.set(key, { order_id: orderId, status, payment_status: paymentStatus, first_at: at });
}
