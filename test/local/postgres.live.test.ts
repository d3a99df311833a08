// PostgreSQL where it is hard to run: under a folder that others cannot enter, from the system's packages, after accidents.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createStdoutLogs } from '../../src/local/logs.ts';
import { freePort, type Port } from '../../src/local/ports.ts';
import { createPostgres, withClient } from '../../src/local/postgres.ts';
import { type Candidate, postgresCandidates } from '../../src/local/postgres-binaries.ts';
import { type Supervised, supervise } from '../../src/local/supervisor.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';

const { signal } = new AbortController();
const tell = { say: () => undefined, step: <T>(_: string, work: () => Promise<T>) => work() };
const running: Supervised[] = [];
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  removeFolder(folder);
});

/** @returns its URL, and the one for whoever runs beside it */
async function startBoth(home: string, candidates: Candidate[], port?: Port): Promise<{ far: string; near: string }> {
  const logs = createStdoutLogs(() => undefined);
  const { part, url, nearUrl } = await createPostgres({
    folder: home,
    password: 'p@ss',
    port: port ?? (await freePort()),
    candidates,
    durable: false,
    tell,
    signal,
  });
  const one = supervise(part, logs, () => undefined);
  running.push(one);
  await one.ready;
  return { far: url('postgres'), near: nearUrl('postgres') };
}

async function startPostgres(home: string, candidates: Candidate[]): Promise<string> {
  return (await startBoth(home, candidates)).far;
}

async function stopPostgres(): Promise<void> {
  await running.pop()?.stop();
}

async function query(url: string, sql: string): Promise<unknown[]> {
  return withClient(url, async (client) => (await client.query(sql)).rows);
}

test('it runs with its home and its programs under a folder that no other user can enter', async () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed);
  chmodSync(closed, 0o700);
  const candidates = await postgresCandidates(join(closed, 'cache'), tell, signal);
  const url = await startPostgres(join(closed, 'shop'), candidates.slice(0, 1));
  await query(url, "create table t as select 'kept' as v");
  await stopPostgres();
  const again = await startPostgres(join(closed, 'shop'), candidates.slice(0, 1));
  expect(await query(again, 'select v from t')).toEqual([{ v: 'kept' }]);
});

test("the last resort, the system's own PostgreSQL where there is one, runs as well, in UTF-8", async () => {
  const candidates = await postgresCandidates(join(folder, 'cache'), tell, signal);
  const url = await startPostgres(join(folder, 'shop'), candidates.slice(-1));
  expect(await query(url, "select upper('é') as v, current_setting('server_encoding') as e")).toEqual([
    { v: 'É', e: 'UTF8' },
  ]);
});

test('a first start that was killed in the middle, and a pid file of some other program, are no obstacle', async () => {
  const home = join(folder, 'shop');
  mkdirSync(join(home, 'postgres.unfinished', 'half'), { recursive: true });
  const candidates = await postgresCandidates(join(folder, 'cache'), tell, signal);
  await startPostgres(home, candidates);
  await stopPostgres();
  // PostgreSQL takes only processes of its own user for a rival: as root the tests run it as another than themselves.
  const as = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const other = spawn('/bin/sh', ['-c', 'read forever'], { cwd: '/', ...as });
  writeFileSync(join(home, 'postgres', 'postmaster.pid'), `${other.pid}\n${join(home, 'postgres')}\n`);
  expect(await query(await startPostgres(home, candidates), 'select 1 as v')).toEqual([{ v: 1 }]);
  expect(other.kill('SIGKILL')).toBe(true);
});

test('what runs beside it comes by its socket, also when a server that was killed has left a lock there', async () => {
  const home = join(folder, 'shop');
  const candidates = await postgresCandidates(join(folder, 'cache'), tell, signal);
  const port = await freePort();
  mkdirSync(join(home, 'sockets'), { recursive: true });
  // Its pid is anybody's by now.
  writeFileSync(join(home, 'sockets', `.s.PGSQL.${port.number}.lock`), `${process.pid}\n`);
  const { near, far } = await startBoth(home, candidates, port);
  const peer = 'select inet_server_addr() is null as socket';
  expect(await query(near, peer)).toEqual([{ socket: true }]);
  expect(await query(far, peer)).toEqual([{ socket: false }]);
});

test('under a home whose path is too long for a socket it is reached over TCP alone', async () => {
  const home = join(folder, 'a-home-with-a-long-name'.repeat(5));
  const { far, near } = await startBoth(home, await postgresCandidates(join(folder, 'cache'), tell, signal));
  expect(near).toBe(far);
  expect(await query(near, 'select 1 as v')).toEqual([{ v: 1 }]);
});

test.each(['far', 'near'] as const)('nobody gets in without the password, from %s', async (side) => {
  const candidates = await postgresCandidates(join(folder, 'cache'), tell, signal);
  const url = new URL((await startBoth(join(folder, 'shop'), candidates))[side]);
  url.password = 'guess';
  await expect(query(url.href, 'select 1')).rejects.toThrow('password authentication failed');
});
