// The shop's own Redis: a cache, so nothing of it is kept. Without one the shop runs, slower and with limits per process.

import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { childEnvironment, systemEnvironment } from '../config.ts';
import { cached } from './cache.ts';
import { run } from './launch.ts';
import type { Part } from './life.ts';
import type { Port } from './ports.ts';
import { reasonOf } from './problem.ts';
import { findProgram } from './programs.ts';
import type { Tell } from './progress.ts';

export type RedisProgram = { program: string; libraries?: string };

const READY_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 1_000;
/** Package lists are some 10 MB, the packages under 3 MB. */
const DOWNLOAD_WITHIN_MS = 120_000;

/** The server's program file is in redis-tools; the libraries are those that a plain system does not have. */
const DEBIAN_PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'];

/** The redis-server to run: the one on PATH, or Debian's package unpacked into the cache. Undefined: there is none. */
export async function findRedis(cache: string, tell: Tell, signal: AbortSignal): Promise<RedisProgram | undefined> {
  const program = findProgram('redis-server');
  if (program !== undefined) return { program };
  const apt = findProgram('apt-get');
  const dpkg = findProgram('dpkg');
  if (apt === undefined || dpkg === undefined) return undefined;
  try {
    const place = await cached(
      cache,
      `redis-debian-${process.arch}`,
      (folder) => tell.step("Redis: unpacking Debian's package", () => unpackDebian(folder, apt, dpkg, signal)),
      { tell, signal },
    );
    return { program: join(place, 'usr', 'bin', 'redis-server'), libraries: await libraryPath(place) };
  } catch (error) {
    signal.throwIfAborted();
    tell.say(`  Redis: Debian's package cannot be had (${reasonOf(error).split('\n')[0]})`);
    return undefined;
  }
}

/** Redis as a part of the stack. */
export async function createRedis({ program, libraries }: RedisProgram, folder: string, port: Port): Promise<Part> {
  await mkdir(folder, { recursive: true });
  const args = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port.number),
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  return {
    name: 'redis',
    program,
    args,
    env: systemEnvironment(libraries === undefined ? {} : { LD_LIBRARY_PATH: libraries }),
    ports: [port],
    ready: () => answersPing(port.number),
    readyWithin: READY_WITHIN_MS,
    stopSignal: 'SIGTERM',
    stopWithin: STOP_WITHIN_MS,
  };
}

/** Downloads and unpacks without touching the system: no root needed, nothing installed. */
async function unpackDebian(folder: string, apt: string, dpkg: string, signal: AbortSignal): Promise<void> {
  const within = DOWNLOAD_WITHIN_MS;
  const env = childEnvironment({ LC_ALL: 'C' });
  const download = (options: string[]): Promise<string> =>
    run({ program: apt, args: [...options, 'download', ...DEBIAN_PACKAGES], env, cwd: folder, within, signal });
  // As root, apt would download as a user that cannot write here.
  const own = ['-o', 'APT::Sandbox::User=root'];
  try {
    await download(own);
  } catch {
    signal.throwIfAborted();
    // The system's package lists are missing or too old: fetch own ones.
    const lists = join(folder, 'apt');
    await mkdir(join(lists, 'lists', 'partial'), { recursive: true });
    await mkdir(join(lists, 'cache', 'archives', 'partial'), { recursive: true });
    own.push('-o', `Dir::State::Lists=${join(lists, 'lists')}`, '-o', `Dir::Cache=${join(lists, 'cache')}`);
    await run({ program: apt, args: [...own, 'update'], env, cwd: folder, within, signal });
    await download(own);
    await rm(lists, { recursive: true });
  }
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.deb')) continue;
    await run({ program: dpkg, args: ['-x', file, folder], env, cwd: folder, within, signal });
    await rm(join(folder, file));
  }
  // A library that is missing here shows now, not at every start.
  const runs = systemEnvironment({ LD_LIBRARY_PATH: await libraryPath(folder) });
  await run({ program: join(folder, 'usr/bin/redis-server'), args: ['--version'], env: runs, within, signal });
}

/** `usr/lib/x86_64-linux-gnu` or what it is called on this machine. */
async function libraryPath(place: string): Promise<string> {
  const lib = join(await realpath(place), 'usr', 'lib');
  const names = await readdir(lib);
  return names
    .filter((name) => name.includes('-linux-'))
    .map((name) => join(lib, name))
    .join(':');
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy());
    socket.once('data', (answer) => {
      resolve(answer.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(false));
  });
}
