// PostgreSQL refuses to run as root. Started by root, it runs as "nobody"; where the folders above its files are closed
// to that user (a checkout under /root), it keeps the one capability that lets it cross them.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export type ProgramUser = { uid: number; gid: number; crossFolders: boolean };

/** The user and group that every Linux has for programs that own nothing. */
const NOBODY = 65_534;

/**
 * Who runs a program that must not run as root.
 * @param paths everything that it must reach
 * @returns undefined when this process is not root: then it runs as the same person
 */
export async function unprivilegedUser(...paths: string[]): Promise<ProgramUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const closed = await Promise.all(paths.map((path) => isClosed(path)));
  return { uid: NOBODY, gid: NOBODY, crossFolders: closed.includes(true) };
}

/** Whether some folder on the way to the path lets "nobody" not pass (no search bit for others). */
async function isClosed(path: string): Promise<boolean> {
  const { mode, uid } = await stat(path);
  const open = (mode & 0o001) !== 0 || uid === NOBODY;
  if (!open) return true;
  const parent = dirname(path);
  return parent === path ? false : isClosed(parent);
}

/**
 * What `setpriv` needs to be told. `dac_override` is in the set that containers have by default (dac_read_search is not).
 * Without `no_setuid_fixup` the kernel drops capabilities inside access(2), by which PostgreSQL checks its own program file.
 */
export function setprivUser({ uid, gid, crossFolders }: ProgramUser): string[] {
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  if (!crossFolders) return identity;
  return [...identity, '--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
}
