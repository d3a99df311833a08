// The cache: programs that were built or unpacked once, shared by all checkouts, one folder per version. A folder that is
// there is whole: it is made beside its place and renamed into it, by one process at a time.
import { chmod, mkdir, mkdtemp, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Lock, tryLock } from './lock.ts';
import type { Tell } from './progress.ts';
import { until } from './wait.ts';

/** Another process may be in the middle of the longest build on a slow machine. */
const OTHER_BUILD_MS = 45 * 60_000;

/**
 * The path of a thing in the cache; makes it first when it is not there.
 * @param name the thing with its version
 * @param make fills the (empty) folder that it is given
 */
export async function cached(
  cache: string,
  name: string,
  make: (folder: string) => Promise<void>,
  { tell, signal }: { tell: Tell; signal: AbortSignal },
): Promise<string> {
  await mkdir(cache, { recursive: true, mode: 0o755 });
  const place = join(await realpath(cache), name);
  if (await isThere(place)) return place;
  const lock = await waitForLock(place, tell, signal);
  try {
    if (!(await isThere(place))) await makeAt(place, make);
    return place;
  } finally {
    await lock.release();
  }
}

async function waitForLock(place: string, tell: Tell, signal: AbortSignal): Promise<Lock> {
  let told = false;
  return until(
    `nobody else finished ${basename(place)}`,
    OTHER_BUILD_MS,
    async () => {
      const lock = await tryLock(`cache ${place}`);
      if (!('heldBy' in lock)) return lock;
      if (!told) tell.say(`  ${basename(place)} is being made by ${lock.heldBy}; waiting for it`);
      told = true;
      return undefined;
    },
    signal,
  );
}

async function makeAt(place: string, make: (folder: string) => Promise<void>): Promise<void> {
  await clearUnfinished(place);
  const unfinished = await mkdtemp(`${place}.unfinished-`);
  try {
    await make(unfinished);
    await openToAll(unfinished);
    await rename(unfinished, place);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** What a killed build left; its lock is ours now, so nobody is at work in it. */
async function clearUnfinished(place: string): Promise<void> {
  const names = await readdir(dirname(place));
  const left = names.filter((name) => name.startsWith(`${basename(place)}.unfinished-`));
  await Promise.all(left.map((name) => rm(join(dirname(place), name), { recursive: true, force: true })));
}

/** PostgreSQL's files are read by another user than the one who made them. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const { mode } = await stat(path);
    const executable = entry.isDirectory() || (mode & 0o100) !== 0;
    await chmod(path, executable ? 0o755 : 0o644);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
