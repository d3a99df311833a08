// What no shopper sees of a running shop: its rows, its workflows, the simulator's controls, and everybody's mails.
import { loadConfig, requireSettings } from '../../src/config.ts';
import type { Mail } from '../../src/local/inbox/store.ts';
import { withClient } from '../../src/local/postgres.ts';
import type { Stack } from '../../src/local/stack-file.ts';
import { openTemporal, type TemporalClient } from '../../src/platform/temporal.ts';
import { call } from './shopper.ts';
import { until } from './wait.ts';

/** Rows of the shop's database. */
export async function rowsOf<Row extends object>(
  { databaseUrl }: Pick<Stack, 'databaseUrl'>,
  query: string,
  ...values: unknown[]
): Promise<Row[]> {
  return withClient(databaseUrl, async (client) => (await client.query<Row>(query, values)).rows);
}

/** The shop's Temporal; whoever opens it closes it. */
export function temporalOf({ temporal, namespace }: Pick<Stack, 'temporal' | 'namespace'>): TemporalClient {
  const settings = { TEMPORAL_ADDRESS: temporal, TEMPORAL_NAMESPACE: namespace };
  return openTemporal(requireSettings(loadConfig(settings), 'TEMPORAL_ADDRESS'));
}

/** Tells the simulator what nobody can tell Stripe. @throws with its answer when it refuses: a mistyped fault would test nothing */
export async function control({ stripe }: Pick<Stack, 'stripe'>, path: string, json: unknown): Promise<void> {
  const { status, body } = await call(`${stripe}/_sim/${path}`, { json });
  if (status < 200 || status > 299) throw new Error(`${path} is ${status}: ${JSON.stringify(body)}`);
}

/** The mails that have come to this address, newest first. */
export async function mailsTo({ inbox }: Pick<Stack, 'inbox'>, email: string): Promise<Omit<Mail, 'recipients'>[]> {
  return (await call<Mail[]>(`${inbox}/messages?to=${encodeURIComponent(email)}`)).body;
}

/** What the group of the pattern finds in a mail to this address, as soon as one has it. */
export function inMail(stack: Pick<Stack, 'inbox'>, email: string, pattern: RegExp): Promise<string> {
  return until(`a mail with ${pattern}`, async () => {
    const texts = (await mailsTo(stack, email)).map(({ text }) => text);
    return texts.flatMap((text) => pattern.exec(text)?.[1] ?? [])[0];
  });
}
