import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perdure-rules-'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'tsconfig.json'), '{}');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The names of the rules that a house of these files breaks. */
function broken(files: Record<string, string>): string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const config = resolve('.dependency-cruiser.cjs');
  const roots = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))];
  const cli = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const run = spawnSync(process.execPath, [cli, '--config', config, '--output-type', 'json', ...roots], {
    cwd: folder,
    encoding: 'utf8',
  });
  const { summary } = JSON.parse(run.stdout) as { summary: { violations: { rule: { name: string } }[] } };
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].toSorted();
}

const value = 'export const a = 1;\n';
const importing = (path: string) => `import { a } from '${path}';\nexport const b = a;\n`;

test('a house that keeps its walls breaks no rule', () => {
  expect(
    broken({
      'workflows/checkout.ts':
        "import type { A } from '../activities/orders.ts';\nimport { a } from '../src/orders/rules.ts';\nexport const b: A = a;\n",
      'activities/orders.ts': `import { a } from '../src/orders/store.ts';\nexport type A = number;\nexport const b = a;\n`,
      'src/orders/rules.ts': value,
      'src/orders/store.ts': importing('../pricing/rules.ts'),
      'src/pricing/rules.ts': value,
    }),
  ).toEqual([]);
});

test.each([
  ['a store in a workflow', 'workflows-stay-deterministic', '../src/orders/store.ts', 'workflows/a.ts'],
  ['a Node module in a workflow', 'workflows-stay-deterministic', 'node:fs', 'workflows/a.ts'],
  ['a database driver in a workflow', 'workflows-stay-deterministic', 'pg', 'workflows/a.ts'],
  [
    'the code of an activity in a workflow',
    'workflows-know-only-types-of-activities',
    '../activities/b.ts',
    'workflows/a.ts',
  ],
  ['a route in an activity', 'activities-reach-stores-rules-platform', '../src/orders/routes.ts', 'activities/a.ts'],
  ['a workflow in an activity', 'activities-reach-stores-rules-platform', '../workflows/b.ts', 'activities/a.ts'],
  ["another area's store in a route", 'areas-keep-to-themselves', '../orders/store.ts', 'src/cart/routes.ts'],
  ['workflow code in a route', 'areas-reach-no-workflow-code', '../../workflows/checkout.ts', 'src/cart/routes.ts'],
  ['HTTP in a store', 'stores-know-no-http', '../http/app.ts', 'src/cart/store.ts'],
  ['the platform in a rule', 'rules-are-pure', '../platform/clock.ts', 'src/cart/rules.ts'],
  ['an area in the platform', 'platform-knows-nobody', '../cart/store.ts', 'src/platform/a.ts'],
  ['the local stack in an area', 'local-is-for-main-bench-and-tests', '../local/start.ts', 'src/cart/routes.ts'],
  ['a test in the code', 'tests-are-imported-by-tests-and-bench', '../../test/cart/a.ts', 'src/cart/routes.ts'],
  [
    "a test's helper in the code",
    'test-support-is-for-tests-and-bench',
    '../../test/support/a.ts',
    'src/cart/routes.ts',
  ],
  ['a bench in the code', 'bench-is-imported-by-tests', '../../bench/a.ts', 'src/cart/routes.ts'],
  ['code of the shop in the auditor', 'the-auditor-shares-no-code', '../../src/cart/rules.ts', 'bench/audit/a.ts'],
  ['code of the benches in the auditor', 'the-auditor-shares-no-code', '../load/a.ts', 'bench/audit/a.ts'],
])('%s breaks the rule %s', (_what, rule, target, from) => {
  const files: Record<string, string> = { [from]: importing(target) };
  if (target.startsWith('.')) files[join(dirname(from), target)] = value;
  expect(broken(files)).toContain(rule);
});

test('a cycle breaks the rule no-cycles', () => {
  expect(
    broken({
      'src/cart/a.ts': importing('./b.ts'),
      'src/cart/b.ts': "import { b } from './a.ts';\nexport const a: number = b;\n",
    }),
  ).toContain('no-cycles');
});
