// What the bench asks of the shop's tables, beside what it sees over HTTP.
import { until } from '../../src/local/wait.ts';
import { rowsOf } from '../../test/support/backstage.ts';

export interface Mails {
  /** Sent within the time of a measurement. */
  sent: number;
  /** Not sent yet at the end of it. */
  behind: number;
}

/** More than any run buys. */
const PLENTY = 1_000_000;
/** However far it has fallen behind, the mailer must be through by then. */
const MAILS_SENT_WITHIN_MS = 30 * 60_000;

/** The ids of the demo shop's variants for benches: BULK-01 to BULK-20, or BULK alone. */
export async function bulkVariants(databaseUrl: string, which: 'twenty' | 'one'): Promise<string[]> {
  const pattern = which === 'twenty' ? '^BULK-\\d\\d$' : '^BULK$';
  const text = 'select id from variants where sku ~ $1 order by sku';
  const rows = await rowsOf<{ id: string }>({ databaseUrl }, text, pattern);
  return rows.map(({ id }) => id);
}

/** Makes so many variants that nobody else buys, of the shop's first product, and gives their ids. */
export async function newVariants(databaseUrl: string, count: number): Promise<string[]> {
  const text = `with made as (
      insert into variants (id, product_id, sku, title, price)
      select gen_random_uuid(), (select id from products order by id limit 1), 'BENCH-' || gen_random_uuid(), 'Bench', 900
      from generate_series(1, $1) returning id),
    stocked as (insert into inventory (variant_id, on_hand) select id, $2 from made)
    select id from made`;
  const rows = await rowsOf<{ id: string }>({ databaseUrl }, text, count, PLENTY);
  return rows.map(({ id }) => id);
}

/** @param from and `until`: ms since the epoch */
export async function mailsOf(
  databaseUrl: string,
  { from, until: end }: { from: number; until: number },
): Promise<Mails> {
  const text = `select count(*) filter (where sent_at >= $1 and sent_at < $2)::int as sent,
    count(*) filter (where created_at < $2 and (sent_at is null or sent_at >= $2))::int as behind from mails`;
  const [row] = await rowsOf<Mails>({ databaseUrl }, text, new Date(from), new Date(end));
  return row ?? { sent: 0, behind: 0 };
}

/** Waits until no mail is left to be sent, or the signal fires. @returns how long that took, in seconds */
export async function mailsSent(databaseUrl: string, signal: AbortSignal): Promise<number> {
  const began = Date.now();
  const text = 'select 1 from mails where sent_at is null limit 1';
  const none = async (): Promise<true | undefined> => (await rowsOf({ databaseUrl }, text)).length === 0 || undefined;
  await until('not every mail was sent', MAILS_SENT_WITHIN_MS, none, signal);
  return (Date.now() - began) / 1000;
}
