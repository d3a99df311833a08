// PostgreSQL refuses to start when its pid file names a living process. After a `kill -9`, or in a container that was made
// anew, that may be any other program; then the file is put aside. A living PostgreSQL of this folder is left to be refused.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemEnvironment } from '../config.ts';
import { run } from './launch.ts';
import { findProgram } from './programs.ts';

const PS_WITHIN_MS = 5_000;

/** Removes `postmaster.pid` when the process that it names is none of PostgreSQL's. */
export async function clearStalePidFile(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const pid = Number.parseInt(text, 10);
  const program = Number.isNaN(pid) ? '' : await programOf(pid);
  if (!/(^|\/)postgres\b/.test(program)) await rm(file, { force: true });
}

/** The program that a process runs, as its command line names it; empty when there is no such process. */
async function programOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return command.split('\0')[0] ?? '';
  }
  const ps = findProgram('ps');
  if (ps === undefined) return 'postgres'; // cannot be known: PostgreSQL decides
  return run({
    program: ps,
    args: ['-o', 'comm=', '-p', String(pid)],
    env: systemEnvironment({}),
    within: PS_WITHIN_MS,
  }).catch(() => '');
}
