import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ConfigError, environmentSchema, loadConfig, pricingOf, requireSettings } from '../src/config.ts';

function example(): { name: string; value: string; comment: string | undefined }[] {
  const lines = readFileSync('.env.example', 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const match = /^([A-Z0-9_]+)=(.*)$/.exec(line);
    if (match === null) return [];
    const before = lines[index - 1];
    const comment = before?.startsWith('# ') && !before.startsWith('# ---') ? before : undefined;
    return [{ name: match[1] ?? '', value: match[2] ?? '', comment }];
  });
}

function linesOf(source: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig(source);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

test('.env.example names every setting that the schema knows, and no other', () => {
  expect(
    example()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(Object.keys(environmentSchema.shape).toSorted());
});

test('every name in .env.example has a comment above it', () => {
  expect(example().filter(({ comment }) => comment === undefined)).toEqual([]);
});

test('the values in .env.example are the defaults', () => {
  const given = Object.fromEntries(example().map(({ name, value }) => [name, value]));
  expect(loadConfig(given)).toEqual(loadConfig({}));
});

test('every wrong name is one line, and no line shows a value', () => {
  const lines = linesOf({ PORT: 'eighty', DATABASE_URL: 'mysql://root:hunter2@db/shop', TOKEN_SECRET: 'hunter2' });
  expect(lines.map((line) => line.split(':')[0])).toEqual(['PORT', 'DATABASE_URL', 'TOKEN_SECRET']);
  expect(lines.join('\n')).not.toContain('hunter2');
});

test.each([
  ['SHIPPING_METHODS', 'standard'],
  ['SHIPPING_METHODS', '[]'],
  ['SHIPPING_METHODS', '[{"id":"a","title":"A","price":-1},{"id":"B","title":"","price":1.5}]'],
  ['SHIPPING_METHODS', '[{"id":"a","title":"A","price":0},{"id":"a","title":"B","price":1}]'],
  ['SHIPPING_METHODS', '[{"id":"a","title":"A","price":0,"freeOver":"100"}]'],
  ['TAX_RATES', '{"country":"DE"}'],
  ['TAX_RATES', '[{"country":"de","category":"standard","percent":19}]'],
  ['TAX_RATES', '[{"country":"DE","category":"standard","percent":0.00001}]'],
  ['TAX_RATES', '[{"country":"DE","category":"a","percent":7},{"country":"DE","category":"a","percent":19}]'],
])('%s that is %s is one line, however much of it is wrong', (name, value) => {
  const lines = linesOf({ [name]: value });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(new RegExp(`^${name}: must be a JSON list of .*$`));
});

test('shipping methods and taxes are read as they are written', () => {
  const methods = [{ id: 'van', title: 'Our van', price: 0, freeOver: 10 }];
  const rates = [{ country: 'DE', category: 'books', percent: 7.25 }];
  const source = { SHIPPING_METHODS: JSON.stringify(methods), TAX_RATES: JSON.stringify(rates), TAX_INCLUDED: 'true' };
  expect(pricingOf(loadConfig(source))).toEqual({ shippingMethods: methods, taxRates: rates, taxIncluded: true });
});

test('every missing name is one line', () => {
  expect(() => requireSettings(loadConfig({}), 'DATABASE_URL', 'TEMPORAL_ADDRESS')).toThrow(
    /^DATABASE_URL: .*\nTEMPORAL_ADDRESS: [^\n]*$/,
  );
});

test('an empty value counts as not set', () => {
  expect(loadConfig({ PORT: '', DATABASE_URL: '' })).toEqual(loadConfig({}));
});

test('a process with a wrong setting ends with exit code 78 and says which', () => {
  const run = spawnSync(process.execPath, ['src/main.ts', 'api'], {
    env: { PATH: process.env['PATH'], PORT: '70000', API_PROCESSES: '0' },
    encoding: 'utf8',
  });
  expect(run.status).toBe(78);
  const lines = run.stderr.trim().split('\n');
  expect(lines.map((line) => line.split(':')[0])).toEqual(['PORT', 'API_PROCESSES']);
});

test.each([
  ['alone', undefined, 'postgres://owner@db/shop'],
  ['with the same user', 'postgres://owner:a@db/shop', 'postgres://owner:b@db/shop'],
  ['with an unnamed user', 'postgres://db/shop', 'postgres://owner@db/shop'],
  ['with another database', 'postgres://app@db/shop', 'postgres://owner@db/other'],
])('an owner of the tables %s is refused', (_how, DATABASE_URL, DATABASE_OWNER_URL) => {
  expect(linesOf({ DATABASE_URL, DATABASE_OWNER_URL })).toEqual([
    'DATABASE_OWNER_URL: needs DATABASE_URL beside it, with another user of the same database',
  ]);
});
