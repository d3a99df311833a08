// The bench's arithmetic: what a list of measurements comes to, and what a tree of processes has cost.
import { describe, expect, test } from '@jest/globals';
import { parseOptions } from '../../bench/load/options.ts';
import { cpuOf, type ProcessStat, parseStat, treeOf } from '../../bench/load/proc.ts';
import { percentile, rateOf } from '../../bench/load/statistics.ts';

/** A line of /proc/<pid>/stat with these times in ticks, and so many pages in memory. */
function statLine(
  pid: number,
  parent: number,
  name: string,
  ticks: [number, number, number, number],
  pages = 0,
): string {
  return `${pid} (${name}) S ${parent} 1 1 0 -1 4194560 11 22 33 44 ${ticks.join(' ')} 20 0 11 0 777 123456789 ${pages} 18446744073709551615 1 1\n`;
}

function process(pid: number, parent: number, own: number, reaped = 0): ProcessStat {
  return { pid, parent, own, reaped, rss: 0 };
}

describe('percentiles', () => {
  test('are the nearest rank, whatever the order', () => {
    const values = [40, 15, 50, 35, 20];
    expect([0.05, 0.3, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([15, 20, 35, 50, 50]);
  });

  test('of one value are that value, and of none are no number', () => {
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });

  test('order numbers as numbers', () => {
    expect(percentile([100, 9, 1_000, 80], 0.5)).toBe(80);
  });
});

describe('a rate', () => {
  test('is told per second, over slices, without what happened outside of the time', () => {
    const moments = [999, 1_000, 1_001, 1_999, 2_500, 3_000, 3_001, 3_999, 3_998, 4_000];
    const rate = rateOf(moments, { from: 1_000, until: 4_000, sliceMs: 1_000 });
    expect(rate).toEqual({ mean: 8 / 3, median: 3, low: 1, high: 4 });
  });
});

describe('what processes cost', () => {
  test('is read behind a name that holds spaces and parentheses', () => {
    expect(parseStat(statLine(42, 7, 'node (x) 1 2', [100, 20, 3, 4], 5))).toEqual({
      pid: 42,
      parent: 7,
      own: 1_200,
      reaped: 70,
      rss: 20_480,
    });
  });

  test('is counted over a whole tree, and nobody else', () => {
    const all = [process(3, 2, 5), process(1, 0, 1), process(2, 1, 10), process(9, 1, 99), process(4, 3, 7)];
    expect(treeOf(2, all).map(({ pid }) => pid)).toEqual([2, 3, 4]);
    expect(cpuOf(2, () => all)).toBe(22);
  });

  test('holds the time of children that have ended', () => {
    expect(cpuOf(2, () => [process(2, 1, 10, 300), process(3, 2, 5)])).toBe(315);
  });

  test('neither loses nor doubles a child that ends while it is read', () => {
    const before = [process(2, 1, 10, 0), process(3, 2, 50)];
    const after = [process(2, 1, 10, 50)];
    // The first look saw the child alive and its parent after the child's end.
    const looks = [[process(2, 1, 10, 50), process(3, 2, 50)], after, after, after];
    expect(cpuOf(2, () => looks.shift() ?? after)).toBe(60);
    expect(cpuOf(2, () => before)).toBe(60);
  });

  test('is unknown of a process that has ended', () => {
    expect(cpuOf(2, () => [process(3, 2, 50)])).toBeUndefined();
  });
});

describe('options', () => {
  test('without any, the run is the full one', () => {
    expect(parseOptions([])).toMatchObject({ shoppers: undefined, growth: undefined, seconds: 60, method: 'card' });
  });

  test('name levels and sizes', () => {
    const levels = parseOptions(['--shoppers', '2,8', '--method', 'cod']);
    expect(levels).toMatchObject({ shoppers: [2, 8], growth: undefined, method: 'cod' });
    const growth = parseOptions(['--shoppers', '2', '--growth', '1000,5000', '--method', 'cod']);
    expect(growth).toMatchObject({ shoppers: [2], growth: [1_000, 5_000], method: 'cod' });
  });

  test('that mean nothing are refused', () => {
    for (const wrong of [['--shoppers', '0'], ['--shoppers', 'many'], ['--method', 'gold'], ['--fast']]) {
      expect(() => parseOptions(wrong)).toThrow(/--/);
    }
  });

  test.each([
    ['a way to pay in the full run', '--method needs --shoppers', ['--method', 'cod']],
    ['filling without growth', '--fill-minutes needs --growth', ['--shoppers', '1', '--fill-minutes', '5']],
    ['one variant in the full run', '--hot needs --shoppers', ['--hot']],
    ['one variant while it grows', '--hot does not go with --growth', ['--hot', '--shoppers', '2', '--growth', '1000']],
    ['several levels while it grows', '--growth is measured', ['--growth', '1000', '--shoppers', '2,8']],
    ['a ceiling after no payment', '--ceiling is built', ['--shoppers', '2', '--method', 'cod', '--ceiling']],
  ])('that a run would pass over are refused: %s', (_what, why, wrong) => {
    expect(() => parseOptions(wrong)).toThrow(why);
  });
});
