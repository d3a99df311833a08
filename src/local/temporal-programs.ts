// Where Temporal comes from when nobody runs one for us: the real server built with Go, else the CLI's development server.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../config.ts';
import { cached } from './cache.ts';
import { run } from './launch.ts';
import { reasonOf, StartProblem } from './problem.ts';
import { findProgram } from './programs.ts';
import type { Tell } from './progress.ts';
import { builtTemporal, type TemporalBinaries } from './temporal-build.ts';

export type TemporalPrograms = { kind: 'server'; binaries: TemporalBinaries } | { kind: 'cli'; program: string };

/** Some 200 MB, over a slow line. */
const DOWNLOAD_WITHIN_MS = 10 * 60_000;
const DOWNLOADER = fileURLToPath(new URL('temporal-download.ts', import.meta.url));

/**
 * Finds or makes the programs.
 * @throws {StartProblem} when none of the ways works, with what to install
 */
export async function findTemporal(cache: string, tell: Tell, signal: AbortSignal): Promise<TemporalPrograms> {
  const built = await builtTemporal(cache, tell, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return { missing: `the build failed: ${reasonOf(error)}` };
  });
  if (!('missing' in built)) return { kind: 'server', binaries: built };
  tell.say(`  Temporal: the server cannot be built (${built.missing}); looking for the Temporal CLI`);
  const program = findProgram('temporal');
  if (program !== undefined) return { kind: 'cli', program };
  try {
    return { kind: 'cli', program: await downloadCli(cache, tell, signal) };
  } catch (error) {
    signal.throwIfAborted();
    const why = reasonOf(error).split('\n').at(-1)?.trim();
    throw new StartProblem(
      `Temporal cannot be run here: install Go 1.26 or newer (${built.missing.split('\n')[0]}), or the Temporal CLI ("temporal" is not on PATH and cannot be downloaded: ${why}), or set TEMPORAL_ADDRESS.`,
    );
  }
}

async function downloadCli(cache: string, tell: Tell, signal: AbortSignal): Promise<string> {
  const download = async (folder: string): Promise<void> => {
    await run({
      program: process.execPath,
      args: [DOWNLOADER, folder],
      env: childEnvironment({}),
      within: DOWNLOAD_WITHIN_MS,
      signal,
    });
  };
  const place = await cached(
    cache,
    `temporal-cli-${process.platform}-${process.arch}`,
    (folder) => tell.step('Temporal: downloading the CLI', () => download(folder)),
    { tell, signal },
  );
  const name = (await readdir(place)).find((file) => file.startsWith('temporal'));
  if (name === undefined) throw new Error(`nothing was downloaded to ${place}`);
  return join(place, name);
}
