// What `npm start` prints when everything is ready.
import type { Stack } from './stack-file.ts';

/**
 * The addresses, and where to go from here.
 * @param took how long the start took, for people
 */
export function welcome(stack: Stack, home: string, took: string): string {
  const rows: [string, string | null][] = [
    ['API', stack.api.join(' ')],
    ['API docs', stack.docs],
    ['Temporal UI', stack.temporalUi],
    ['Mail inbox', stack.inbox],
    ['Stripe', stack.pids.stripe === null ? 'the configured account' : `${stack.stripe} (simulator)`],
    ['PostgreSQL', withoutPassword(stack.databaseUrl)],
    ['Redis', stack.redisUrl ?? 'none: limits and caches are kept per process'],
    ['Temporal', `${stack.temporal}, namespace ${stack.namespace}`],
  ];
  const table = rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(12)} ${value}`]));
  return [
    '',
    `Perdure is ready (${took}).`,
    '',
    ...table,
    '',
    `  Passwords and keys: ${home}/stack.json (accounts, databaseUrl, stripeSecretKey)`,
    `  The product list:   curl ${stack.api[0]}/api/v1/products`,
    '  Ctrl-C stops everything; the next start finds its data again.',
    '',
  ].join('\n');
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.password = '';
  return parsed.href;
}
