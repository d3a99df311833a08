// Builds the Temporal server, its schema tool and its UI from the Go module in tools/temporal, once per version, into the cache.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../config.ts';
import { cached } from './cache.ts';
import { run } from './launch.ts';
import { findProgram } from './programs.ts';
import type { Tell } from './progress.ts';

export type TemporalBinaries = { server: string; sqlTool: string; ui: string; key: string };

/** Nobody debugs these programs here: without debug information the build takes a fifth less time. */
const BUILD_FLAGS = ['-trimpath', '-gcflags=all=-dwarf=false', '-ldflags=-s -w'];
const MODULE = fileURLToPath(new URL('../../tools/temporal/', import.meta.url));

/** Two programs of these are called `server`, so each gets its name here. */
const PROGRAMS = [
  { name: 'temporal-server', path: 'go.temporal.io/server/cmd/server' },
  { name: 'temporal-sql-tool', path: 'go.temporal.io/server/cmd/tools/sql' },
  { name: 'temporal-ui', path: 'github.com/temporalio/ui-server/v2/cmd/server' },
];

/** Three minutes on two cores; ten times that on a busy small machine with a slow line. */
const BUILD_WITHIN_MS = 40 * 60_000;
/** It may first have to fetch the toolchain that the module asks for. */
const GO_VERSION_WITHIN_MS = 180_000;
const GO_MINIMUM = 26;

const GO_ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The built programs, or a sentence that says why they cannot be built here. Builds them when the cache has none. */
export async function builtTemporal(
  cache: string,
  tell: Tell,
  signal: AbortSignal,
): Promise<TemporalBinaries | { missing: string }> {
  const { key, version } = await readModule();
  const make = async (folder: string): Promise<void> => {
    const go = await findGo(signal);
    tell.say(`  Temporal: building server ${version} and its UI from source, once (about 3 minutes on two cores)`);
    await build(go, folder, tell, signal);
  };
  try {
    const place = await cached(cache, `temporal-${version}-${key}`, make, { tell, signal });
    const at = (name: string): string => join(place, name);
    return { server: at('temporal-server'), sqlTool: at('temporal-sql-tool'), ui: at('temporal-ui'), key };
  } catch (error) {
    if (error instanceof NoGo) return { missing: error.message };
    throw error;
  }
}

class NoGo extends Error {}

/** The version for people, and a key that changes with anything that goes into the programs. */
async function readModule(): Promise<{ key: string; version: string }> {
  const [mod, sum] = await Promise.all(['go.mod', 'go.sum'].map((name) => readFile(join(MODULE, name), 'utf8')));
  const platform = `${process.platform}-${process.arch}`;
  const hash = createHash('sha256').update(`${mod}\n${sum}`).digest('hex').slice(0, 12);
  const version = /^\s*go\.temporal\.io\/server v(\S+)/m.exec(mod ?? '')?.[1] ?? 'unknown';
  return { key: `${hash}-${platform}`, version };
}

/** The module cache and the build cache grow to 3 GB; they are made for this one build and go with it. */
async function build(go: string, folder: string, tell: Tell, signal: AbortSignal): Promise<void> {
  const work = join(folder, 'work');
  const temporary = join(work, 'tmp');
  await mkdir(temporary, { recursive: true });
  try {
    for (const { name, path } of PROGRAMS) {
      await tell.step(`Temporal: building ${name}`, () =>
        run({
          program: go,
          args: ['build', ...BUILD_FLAGS, '-o', join(folder, name), path],
          env: goEnvironment(work, temporary),
          cwd: MODULE,
          within: BUILD_WITHIN_MS,
          signal,
        }),
      );
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The person's proxies and toolchain stay; what would change the result is set. */
function goEnvironment(work: string, temporary: string): NodeJS.ProcessEnv {
  return childEnvironment({
    GOMODCACHE: join(work, 'modules'),
    GOCACHE: join(work, 'build'),
    GOTMPDIR: temporary,
    GOFLAGS: '-modcacherw -mod=readonly -buildvcs=false',
    GOWORK: 'off',
    GOOS: process.platform,
    GOARCH: GO_ARCHITECTURES[process.arch] ?? process.arch,
    CGO_ENABLED: '0',
  });
}

async function findGo(signal: AbortSignal): Promise<string> {
  const go = findProgram('go');
  if (go === undefined) throw new NoGo('Go is not installed');
  let version: string;
  try {
    // Inside the module, so that a Go that fetches newer toolchains by itself answers with the one that it would use.
    const env = childEnvironment({ GOWORK: 'off', GOFLAGS: '' });
    version = await run({ program: go, args: ['version'], env, cwd: MODULE, within: GO_VERSION_WITHIN_MS, signal });
  } catch {
    signal.throwIfAborted();
    throw new NoGo('the Go that is installed is too old');
  }
  const minor = /go1\.(\d+)/.exec(version)?.[1];
  if (minor === undefined || Number(minor) < GO_MINIMUM) throw new NoGo(`${version.trim()} is too old`);
  return go;
}
