// Everything that the shop keeps, as one line a table: two of them are equal when nothing has changed in between.
import { setTimeout } from 'node:timers/promises';
import { rowsOf } from '../../test/support/backstage.ts';

/**
 * What changes by itself, or by design when a request is refused: answers kept under their keys, the audit of refusals, tries of a
 * code, mails on their way.
 */
const APART = [
  'idempotency_keys',
  'audit_entries',
  'mails',
  'account_mails',
  'account_proofs',
  'kysely_migration',
  'kysely_migration_lock',
];
const STILL_FOR_MS = 700;
const STILL_WITHIN_MS = 30_000;

export type Digest = ReadonlyMap<string, string>;

export async function digestOf(databaseUrl: string): Promise<Digest> {
  const tables = await rowsOf<{ name: string }>(
    { databaseUrl },
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename <> all($1) order by 1`,
    APART,
  );
  const parts = tables.map(
    ({ name }) =>
      `select '${name}' as name, coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') as digest from ${name} t`,
  );
  const rows = await rowsOf<{ name: string; digest: string }>({ databaseUrl }, parts.join(' union all '));
  return new Map(rows.map(({ name, digest }) => [name, digest]));
}

/** @returns the tables that differ */
export function changed(before: Digest, after: Digest): string[] {
  return [...after].filter(([name, digest]) => before.get(name) !== digest).map(([name]) => name);
}

/** Waits until what is under way has come to rest. @throws when it does not */
export async function awaitStill(databaseUrl: string): Promise<Digest> {
  const deadline = Date.now() + STILL_WITHIN_MS;
  for (let last = await digestOf(databaseUrl); ; ) {
    await setTimeout(STILL_FOR_MS);
    const next = await digestOf(databaseUrl);
    if (changed(last, next).length === 0) return next;
    if (Date.now() > deadline) throw new Error(`still changing: ${changed(last, next).join(', ')}`);
    last = next;
  }
}
