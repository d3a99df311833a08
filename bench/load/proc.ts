// What processes cost, from Linux's /proc: CPU time and memory of whole trees of processes. See proc(5).
import { readdirSync, readFileSync } from 'node:fs';

/** What /proc/<pid>/stat says of one process. Times in milliseconds. */
export interface ProcessStat {
  pid: number;
  parent: number;
  /** Own user and system time. */
  own: number;
  /** The same of its children that have ended and that it has waited for, and of theirs. */
  reaped: number;
  /** Bytes that it has in memory, shared ones included. */
  rss: number;
}

/** USER_HZ, the unit of times in /proc: 100 per second on every platform that Node runs on. */
const MS_PER_TICK = 10;
const PAGE = 4096;
const KIB = 1024;

/** Parses /proc/<pid>/stat. The second field, a name in parentheses, may hold spaces and parentheses itself. */
export function parseStat(text: string): ProcessStat {
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]); // the first one after the name is field 3
  return {
    pid,
    parent: field(4),
    own: (field(14) + field(15)) * MS_PER_TICK,
    reaped: (field(16) + field(17)) * MS_PER_TICK,
    rss: field(24) * PAGE,
  };
}

/** All processes of a tree: the root and what descends from it. */
export function treeOf(root: number, all: readonly ProcessStat[]): ProcessStat[] {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** How often a tree is read again because a process of it ended meanwhile. */
const SETTLE_TRIES = 20;

/**
 * The CPU time that a tree has used so far, in milliseconds: its living processes' own, and all that its ended ones left with
 * those who waited for them. A process that ends while the tree is read would be lost or counted twice; then it is read again.
 * Undefined when the root is gone.
 */
export function cpuOf(root: number, read: () => ProcessStat[] = readAll): number | undefined {
  for (let tries = 1; ; tries += 1) {
    const tree = treeOf(root, read());
    if (tree.length === 0) return undefined;
    const again = treeOf(root, read());
    if (tries === SETTLE_TRIES || sameProcesses(tree, again)) {
      return tree.reduce((sum, { own, reaped }) => sum + own + reaped, 0);
    }
  }
}

/** Nobody has come or gone between two looks, so the first of them is one picture. */
function sameProcesses(one: readonly ProcessStat[], other: readonly ProcessStat[]): boolean {
  const reaped = new Map(other.map((process) => [process.pid, process.reaped]));
  return one.length === other.length && one.every((process) => reaped.get(process.pid) === process.reaped);
}

/**
 * Bytes that a tree has in memory. Of several processes that share memory (PostgreSQL's) each page counts once ("PSS").
 * @returns whether every process could be read that way; where not, shared pages count more than once
 */
export function memoryOf(root: number): { bytes: number; proportional: boolean } {
  const tree = treeOf(root, readAll());
  if (tree.length === 1) return { bytes: tree[0]?.rss ?? 0, proportional: true };
  const parts = tree.map(({ pid, rss }) => ({ pss: readPss(pid), rss }));
  return {
    bytes: parts.reduce((sum, { pss, rss }) => sum + (pss ?? rss), 0),
    proportional: parts.every(({ pss }) => pss !== undefined),
  };
}

/** Busy and whole time of the machine so far, all CPUs together, in milliseconds, from /proc/stat. */
export function machineTime(): { busy: number; all: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  // user nice system idle iowait irq softirq steal; guest time is in user already
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, tick) => sum + tick, 0);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return { busy: (all - idle) * MS_PER_TICK, all: all * MS_PER_TICK };
}

function readAll(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const text = readIfThere(`/proc/${pid}/stat`);
      return text === undefined ? [] : [parseStat(text)];
    });
}

function readPss(pid: number): number | undefined {
  const line = /^Pss:\s+(\d+) kB$/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`) ?? '');
  return line === null ? undefined : Number(line[1]) * KIB;
}

/** Undefined for a process that has ended, or that may not be looked at. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
