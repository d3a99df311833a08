// Under which conditions the figures were measured: a figure without them is worth nothing.
import { cpus, totalmem } from 'node:os';
import type { Stack } from '../../src/local/stack-file.ts';
import { rowsOf, temporalOf } from '../../test/support/backstage.ts';

export interface Conditions {
  cores: number;
  cpu: string;
  memoryGb: number;
  node: string;
  postgres: string;
  /** Its settings that decide what a commit costs, and how much it may keep in memory. */
  postgresSettings: Record<string, string>;
  temporal: string;
  processes: { api: number; worker: number };
}

const SETTINGS = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size'];

export async function conditionsOf(stack: Stack): Promise<Conditions> {
  const text = 'select name, current_setting(name) as value from pg_settings where name = any($1) order by name';
  const settings = await rowsOf<{ name: string; value: string }>(stack, text, SETTINGS);
  const [version] = await rowsOf<{ server_version: string }>(stack, 'show server_version');
  const temporal = temporalOf(stack);
  const { serverVersion } = await temporal.connection.workflowService.getSystemInfo({});
  await temporal.close();
  const all = cpus();
  return {
    cores: all.length,
    cpu: all[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.version,
    postgres: version?.server_version ?? 'unknown',
    postgresSettings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    temporal: serverVersion,
    processes: { api: stack.pids.api.length, worker: stack.pids.worker.length },
  };
}
