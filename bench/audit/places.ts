// Where a shop's records are: the part of its stack.json that an auditor needs, read as plain JSON.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A subset of stack.json. */
export interface Places {
  databaseUrl: string;
  /** The Stripe simulator. */
  stripe: string;
  /** The mail inbox; null where mails go elsewhere, and cannot be counted. */
  inbox: string | null;
  /** host:port */
  temporal: string;
  namespace: string;
}

/** Reads a home's stack.json. @throws when there is none: the shop must be up to be audited */
export async function readPlaces(home: string): Promise<Places> {
  const stack: unknown = JSON.parse(await readFile(join(home, 'stack.json'), 'utf8'));
  const { inbox } = Object(stack);
  return {
    databaseUrl: textOf(stack, 'databaseUrl'),
    stripe: textOf(stack, 'stripe'),
    inbox: typeof inbox === 'string' ? inbox : null,
    temporal: textOf(stack, 'temporal'),
    namespace: textOf(stack, 'namespace'),
  };
}

function textOf(stack: unknown, name: string): string {
  const value: unknown = Reflect.get(Object(stack), name);
  if (typeof value !== 'string') throw new Error(`stack.json has no ${name}`);
  return value;
}

/** A JSON list of the simulator's or the inbox's. @throws when the answer is not one */
export async function listAt<Row>(url: string, read: (row: unknown) => Row): Promise<Row[]> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const body: unknown = await response.json();
  if (!Array.isArray(body)) throw new Error(`${url} answered no list`);
  return body.map(read);
}
