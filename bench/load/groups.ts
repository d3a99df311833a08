// The processes of a run, by what they are for, and what each group has cost between two moments.
import type { Stack } from '../../src/local/stack-file.ts';
import { cpuOf, machineTime, memoryOf } from './proc.ts';

/** The roots of each group's process trees. */
export type Groups = Record<string, readonly number[]>;

/** CPU time so far, in milliseconds, of each group and of the whole machine. */
export interface CpuReading {
  groups: Record<string, number | undefined>;
  machine: { busy: number; all: number };
}

/** What ran between two readings. */
export interface CpuUse {
  /** Milliseconds; undefined where a process of the group had ended by the second reading. */
  groups: Record<string, number | undefined>;
  /** Shares of all CPUs: busy at all, and busy with what belongs to no group. */
  busy: number;
  elsewhere: number;
}

/** Megabytes (10^6); `exact` is false where shared pages had to be counted more than once. */
export type Memory = Record<string, { megabytes: number; exact: boolean }>;

const MEGA = 1_000_000;

/** The groups of a stack: only what it started itself. */
export function groupsOf({ pids }: Stack): Groups {
  const all = {
    api: pids.api,
    worker: pids.worker,
    temporal: [pids.temporal],
    postgres: [pids.postgres],
    redis: [pids.redis],
    simulator: [pids.stripe],
    inbox: [pids.inbox],
    ui: [pids.temporalUi],
  };
  const there = Object.entries(all).map(([name, roots]) => [name, roots.filter((root) => root !== null)] as const);
  return Object.fromEntries(there.filter(([, roots]) => roots.length > 0));
}

export function readCpu(groups: Groups): CpuReading {
  const entries = Object.entries(groups).map(([name, roots]) => [name, sum(roots.map((root) => cpuOf(root)))]);
  return { groups: Object.fromEntries(entries), machine: machineTime() };
}

export function cpuBetween(before: CpuReading, after: CpuReading): CpuUse {
  const used = Object.entries(after.groups).map(([name, now]) => {
    const then = before.groups[name];
    return [name, now === undefined || then === undefined ? undefined : now - then] as const;
  });
  const all = after.machine.all - before.machine.all;
  const busy = after.machine.busy - before.machine.busy;
  const ours = used.reduce((total, [, ms]) => total + (ms ?? 0), 0);
  return { groups: Object.fromEntries(used), busy: busy / all, elsewhere: Math.max(0, busy - ours) / all };
}

export function readMemory(groups: Groups): Memory {
  const entries = Object.entries(groups).map(([name, roots]) => {
    const parts = roots.map((root) => memoryOf(root));
    const bytes = parts.reduce((total, part) => total + part.bytes, 0);
    return [name, { megabytes: bytes / MEGA, exact: parts.every((part) => part.proportional) }];
  });
  return Object.fromEntries(entries);
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce<number | undefined>(
    (total, value) => (total === undefined || value === undefined ? undefined : total + value),
    0,
  );
}
