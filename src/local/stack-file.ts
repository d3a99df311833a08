// stack.json: where everything is, for scripts, tests and benches. It is there exactly while the stack is up and ready.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf } from './problem.ts';

const pid = z.number().int().positive().nullable();
const account = z.object({ email: z.string(), password: z.string() });

/** Null where a part is not there or not ours: Redis that was not found, a process that somebody else runs. */
const stackSchema = z.object({
  api: z.array(z.string()),
  docs: z.string(),
  temporal: z.string(),
  namespace: z.string(),
  temporalUi: z.string().nullable(),
  stripe: z.string(),
  publishableKey: z.string().nullable(),
  stripeSecretKey: z.string(),
  webhookSecret: z.string(),
  inbox: z.string().nullable(),
  smtp: z.string(),
  databaseUrl: z.string(),
  redisUrl: z.string().nullable(),
  accounts: z.object({ admin: account, inventory: account, customer: account }),
  pids: z.object({
    start: pid,
    postgres: pid,
    redis: pid,
    temporal: pid,
    temporalUi: pid,
    stripe: pid,
    inbox: pid,
    api: z.array(pid),
    worker: z.array(pid),
  }),
});

export type Stack = z.infer<typeof stackSchema>;

/** Reads a home's stack.json; undefined while there is none. */
export async function readStack(home: string): Promise<Stack | undefined> {
  try {
    return stackSchema.parse(JSON.parse(await readFile(fileIn(home), 'utf8')));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes stack.json so that a reader sees the old or the new one whole. It holds secrets: only its owner may read it.
 * Synchronous on purpose: nothing can come between it and `removeStack`.
 */
export function writeStack(home: string, stack: Stack): void {
  const next = `${fileIn(home)}.new`;
  writeFileSync(next, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, fileIn(home));
}

/** Removes stack.json: the stack is not to be used any more. */
export function removeStack(home: string): void {
  rmSync(fileIn(home), { force: true });
}

function fileIn(home: string): string {
  return join(home, 'stack.json');
}
