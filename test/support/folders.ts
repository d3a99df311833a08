// Temporary folders of one test run. What a killed run left behind is removed by the next one.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../src/local/launch.ts';

const PREFIX = 'perdure-test-';

/** A new folder that other users may enter (PostgreSQL runs as one of them when the tests run as root). */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  chmodSync(folder, 0o755);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes the folders of processes that are gone. */
export function removeAbandonedFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1] ?? 'none');
    if (!Number.isNaN(pid) && !isAlive(pid)) removeFolder(join(tmpdir(), name));
  }
}
