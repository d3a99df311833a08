// PostgreSQL's Unix socket, for the parts that run beside it: a statement over it costs both sides a third less CPU than one over
// TCP, and most of what an order costs is statements. From outside the shop's database is reached over TCP.
import { chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramUser } from './program-user.ts';

/** Bytes that a socket's path may have: 103 on macOS, 107 on Linux (sun_path of unix(4) and unix(7), with its final 0). */
const LONGEST_PATH = 103;
const NAME = '/.s.PGSQL.65535';

/**
 * The folder of the socket.
 * @returns undefined where there can be none: its path is too long, or would have to be quoted for PostgreSQL
 */
export function socketFolder(folder: string): string | undefined {
  const path = join(folder, 'sockets');
  return /[",]/.test(path) || Buffer.byteLength(`${path}${NAME}`) > LONGEST_PATH ? undefined : path;
}

/** Makes the folder anew: a server that was killed leaves a lock there, with a pid that may be anybody's by now. */
export async function emptySocketFolder(path: string, user: ProgramUser | undefined): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { mode: 0o700 });
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

/** The same database over the socket. `host` goes before the host of the URL for pg and for libpq. */
export function overSocket(url: string, path: string): string {
  const other = new URL(url);
  other.searchParams.set('host', path);
  return other.href;
}

/** The same database over TCP, for whoever does not run beside it. */
export function overTcp(url: string): string {
  const other = new URL(url);
  other.searchParams.delete('host');
  return other.href;
}
