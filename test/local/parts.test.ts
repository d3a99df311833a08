// The small pieces under the stack: ports, locks, the cache, the home, logs, what stack.json says.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cached } from '../../src/local/cache.ts';
import { openHome } from '../../src/local/home.ts';
import { createLeftovers } from '../../src/local/leftovers.ts';
import { tryLock } from '../../src/local/lock.ts';
import { asJsonLine, createFileLogs } from '../../src/local/logs.ts';
import { claimPort, freePort } from '../../src/local/ports.ts';
import { choosePostgres } from '../../src/local/postgres-binaries.ts';
import { clearStalePidFile } from '../../src/local/postgres-pid-file.ts';
import { setprivUser } from '../../src/local/program-user.ts';
import { storeAddress } from '../../src/local/temporal-schema.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { until } from '../support/wait.ts';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  removeFolder(folder);
});

const quiet = {
  tell: { say: () => undefined, step: <T>(_: string, work: () => Promise<T>) => work() },
  signal: new AbortController().signal,
};

test('a taken port is one sentence that names the setting which moves it', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(claimPort('TEMPORAL_UI_PORT', port)).rejects.toThrow(
    `Port ${port} is taken by another program: set TEMPORAL_UI_PORT to another port`,
  );
  await new Promise((resolve) => server.close(resolve));
});

test('a claimed port is kept from others until it is released, and whoever calls meanwhile does not block that', async () => {
  const port = await freePort();
  await expect(claimPort('PORT', port.number)).rejects.toThrow('is taken');
  const caller = spawn(process.execPath, [
    '-e',
    `require("net").connect(${port.number}, "127.0.0.1").on("error", () => {})`,
  ]);
  await new Promise((resolve) => caller.once('close', resolve));
  await port.release();
  const again = await claimPort('PORT', port.number);
  await again.release();
});

test('a lock is held by one, who is named, and is free when its holder is killed', async () => {
  const name = join(folder, 'thing');
  const lockFile = new URL('../../src/local/lock.ts', import.meta.url).href;
  const code = `const { tryLock } = await import(${JSON.stringify(lockFile)});
    const lock = await tryLock(${JSON.stringify(name)}); console.log("heldBy" in lock ? "no" : "mine"); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', code]);
  children.push(holder);
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  expect(await tryLock(name)).toEqual({ heldBy: `process ${holder.pid}` });
  holder.kill('SIGKILL');
  const lock = await until('the lock is free', async () => {
    const answer = await tryLock(name);
    return 'heldBy' in answer ? undefined : answer;
  });
  await lock.release();
});

test('two who want the same thing of the cache make it once, and both get it whole', async () => {
  let made = 0;
  const make = async (place: string): Promise<void> => {
    made += 1;
    writeFileSync(join(place, 'program'), 'x', { mode: 0o700 });
  };
  const [one, two] = await Promise.all([cached(folder, 'tool-1', make, quiet), cached(folder, 'tool-1', make, quiet)]);
  expect(made).toBe(1);
  expect(one).toBe(two);
  expect(statSync(join(one, 'program')).mode & 0o777).toBe(0o755);
});

test('what fails or was killed while it was made is not in the cache, and leaves nothing', async () => {
  mkdirSync(join(folder, 'tool-1.unfinished-killed'));
  const fails = async (): Promise<void> => {
    throw new Error('no network');
  };
  await expect(cached(folder, 'tool-1', fails, quiet)).rejects.toThrow('no network');
  expect(readdirSync(folder)).toEqual([]);
});

test('a home has one owner at a time, keeps its secrets, and hides them from others', async () => {
  const home = await openHome(join(folder, 'shop'));
  await expect(openHome(join(folder, 'shop'))).rejects.toThrow(/is running already \(process \d+\): stop it first/);
  await home.lock.release();
  const again = await openHome(join(folder, 'shop'));
  expect(again.secrets).toEqual(home.secrets);
  expect(statSync(join(folder, 'shop', 'secrets.json')).mode & 0o777).toBe(0o600);
  await again.lock.release();
});

test('a process that an earlier start left behind is ended, and one that only has its number is not', async () => {
  const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
  children.push(orphan);
  const ended = new Promise((resolve) => orphan.once('exit', resolve));
  await createLeftovers(folder).note([orphan.pid as number]);
  expect(await createLeftovers(folder).endAll()).toBe(1);
  await ended;
  writeFileSync(join(folder, 'processes.json'), JSON.stringify([{ pid: process.pid, started: 'long ago' }]));
  expect(await createLeftovers(folder).endAll()).toBe(0);
  expect(existsSync(join(folder, 'processes.json'))).toBe(false);
});

test('a log line is JSON with its part: its own words stay, plain text is wrapped with its level', () => {
  const own = '{"level":"info","part":"api","msg":"hello"}';
  expect(asJsonLine('api-2', own)).toBe(own);
  expect(JSON.parse(asJsonLine('temporal', '{"level":"warn","msg":"x"}'))).toEqual({
    part: 'temporal',
    level: 'warn',
    msg: 'x',
  });
  expect(JSON.parse(asJsonLine('postgres', 'FATAL:  no'))).toMatchObject({
    part: 'postgres',
    level: 'error',
    msg: 'FATAL:  no',
  });
  expect(JSON.parse(asJsonLine('redis', '{ not json'))).toMatchObject({
    part: 'redis',
    level: 'info',
    msg: '{ not json',
  });
});

test('file logs are appended to, one file a part, and give the last lines of each', async () => {
  for (const text of ['one', 'two']) {
    const logs = createFileLogs(folder);
    logs.line('api', text);
    expect(logs.tail('api')).toEqual([text]);
    await logs.close();
  }
  const lines = readFileSync(join(folder, 'api.log'), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['one', 'two']);
});

/** A folder with a `postgres` that says it is of that version. */
function postgresOf(version: string): string {
  const bin = join(folder, `pg${version}`);
  mkdirSync(bin);
  writeFileSync(join(bin, 'postgres'), `#!/bin/sh\necho "postgres (PostgreSQL) ${version}.3 (Debian)"\n`, {
    mode: 0o755,
  });
  return bin;
}

test('PostgreSQL is the first candidate that runs, and for data that is there the one that made it', async () => {
  const broken = { origin: 'embedded', folder: async () => join(folder, 'not-there') };
  const [old, fresh] = [postgresOf('15'), postgresOf('18')];
  const candidates = [broken, ...[fresh, old].map((place) => ({ origin: place, folder: async () => place }))];
  expect(await choosePostgres(candidates)).toMatchObject({ major: 18, postgres: join(fresh, 'postgres') });
  expect(await choosePostgres(candidates, 15)).toMatchObject({ major: 15, initdb: join(old, 'initdb') });
  await expect(choosePostgres(candidates, 16)).rejects.toThrow(
    /PostgreSQL 16, which made this shop's data, was not found/,
  );
  await expect(choosePostgres([])).rejects.toThrow('install PostgreSQL, or set DATABASE_URL');
});

test('a pid file that names some other living program is put aside, one of PostgreSQL stays', async () => {
  const file = join(folder, 'postmaster.pid');
  writeFileSync(file, `${process.pid}\n`);
  await clearStalePidFile(folder);
  expect(existsSync(file)).toBe(false);
  const postgres = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { argv0: 'postgres' });
  children.push(postgres);
  writeFileSync(file, `${postgres.pid}\n`);
  await clearStalePidFile(folder);
  expect(existsSync(file)).toBe(true);
});

test('the capability that crosses closed folders is asked for only where it is needed', () => {
  const user = { uid: 65_534, gid: 65_534 };
  expect(setprivUser({ ...user, crossFolders: false }).join(' ')).not.toContain('caps');
  expect(setprivUser({ ...user, crossFolders: true }).join(' ')).toContain('--ambient-caps=+dac_override');
});

test("Temporal's store is where DATABASE_URL says, with its encryption", () => {
  expect(storeAddress('postgres://me:p%40ss@db.example/shop?sslmode=verify-full', 'shop_temporal')).toEqual({
    host: 'db.example',
    port: 5432,
    user: 'me',
    password: 'p@ss',
    database: 'shop_temporal',
    visibilityDatabase: 'shop_temporal_visibility',
    tls: { verify: true, caFile: '' },
  });
  expect(storeAddress('postgres://me@127.0.0.1:5433/shop', 'temporal').tls).toBeUndefined();
});
