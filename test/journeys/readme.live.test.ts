// README's tour, run as it stands: a newcomer who copies it gets what it says.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningStack, startStack } from '../support/stack.ts';

const README = readFileSync('README.md', 'utf8');
const TOUR_WITHIN_MS = 60_000;

/** The code blocks whose fence begins with the label. */
function blocks(label: string): string[] {
  const fence = new RegExp(`^\`\`\`${label}\n(.*?)^\`\`\`$`, 'gms');
  return [...README.matchAll(fence)].map(([, code]) => code ?? '');
}

let shop: RunningStack;

beforeAll(async () => {
  shop = await startStack();
});

afterAll(async () => {
  await shop.stop();
});

test('the tour pays an order by card, gets its mail, and confirms one with cash on delivery', () => {
  const addresses: [string, string][] = [
    ['http://127.0.0.1:8080', shop.api],
    ['http://127.0.0.1:12111', shop.stack.stripe],
    ['http://127.0.0.1:8025', shop.stack.inbox ?? ''],
    ['.perdure/stack.json', `${shop.home}/stack.json`],
  ];
  const tour = addresses.reduce((text, [there, here]) => text.replaceAll(there, here), blocks('sh tour').join('\n'));
  expect(tour).not.toMatch(/127\.0\.0\.1:(8080|12111|8025)/);
  const run = spawnSync('bash', ['-euo', 'pipefail', '-c', tour], { encoding: 'utf8', timeout: TOUR_WITHIN_MS });
  expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' });
  const lines = run.stdout.trim().split('\n');
  expect(lines[0]).toBe('3600');
  expect(lines.slice(2)).toEqual([
    'succeeded',
    'PAID',
    'PENDING by customer, PAID by stripe',
    expect.stringMatching(/^Order PD-\d+ is paid$/),
    '32900',
    '29610',
    'CONFIRMED',
    expect.stringMatching(/^Order PD-\d+ is confirmed$/),
  ]);
});

test("the commands of the README are the project's own", () => {
  expect(blocks('sh start')).toEqual(['npm ci && npm start\n']);
  expect(blocks('sh test')).toEqual(['npm cit\n']);
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test']));
});
