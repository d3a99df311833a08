// The auditor, proven: it finds nothing in a shop where all is well, and each promise that is broken by hand, it names; that one
// and no other. Everything is broken in a transaction that is rolled back, or behind a glass, so that one shop serves all.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { audit, CHECK_NAMES, inspect, type Places, settled, type Verdict } from '../../../bench/audit/index.ts';
import { loadConfig } from '../../../src/config.ts';
import { openTemporal, type TemporalClient } from '../../../src/platform/temporal.ts';
import { type RunningStack, startStack } from '../../support/stack.ts';
import { until } from '../../support/wait.ts';
import type { Case } from './case.ts';
import { P5_CASES, P9_CASES } from './cases-ends.ts';
import { P4_CASES } from './cases-money.ts';
import { EVENT_CASES, P1_CASES, P2_CASES, P3_CASES } from './cases-orders.ts';
import { MAIL_CASES, P6_CASES, P7_CASES, P8_CASES, P10_CASES } from './cases-promises.ts';
import { type Glass, openGlass } from './glass.ts';
import { ENVIRONMENT, type Placed, placeOrders } from './orders.ts';

const CASES: Case[] = [
  P1_CASES,
  P2_CASES,
  P3_CASES,
  P4_CASES,
  P5_CASES,
  P6_CASES,
  P7_CASES,
  P8_CASES,
  P9_CASES,
  P10_CASES,
]
  .concat([MAIL_CASES, EVENT_CASES])
  .flat();
const MS_PER_MINUTE = 60_000;

let shop: RunningStack;
let placed: Placed;
let stripe: Glass;
let inbox: Glass;
let places: Places;
let witness: string;
let temporal: TemporalClient;

beforeAll(async () => {
  shop = await startStack({ env: ENVIRONMENT });
  const { stack, home } = shop;
  placed = await placeOrders(stack);
  stripe = await openGlass(stack.stripe);
  inbox = await openGlass(stack.inbox ?? '');
  places = { ...stack, stripe: stripe.url, inbox: inbox.url };
  witness = join(home, 'witness.jsonl');
  const settings = { TEMPORAL_ADDRESS: stack.temporal, TEMPORAL_NAMESPACE: stack.namespace };
  temporal = openTemporal({ ...loadConfig(settings), ...settings });
  await until('only the waiting order is under way', async () => {
    const underWay = [
      'orders without end 1',
      'live holds 1',
      'held coupon uses 1',
      'frozen carts 1',
      'running workflows 1',
    ];
    return (await settled(stack)).join() === underWay.join();
  });
});

afterAll(async () => {
  stripe.close();
  inbox.close();
  await temporal.close();
  await shop.stop();
});

/** Audits the shop as the case leaves it, and takes back what the case did. */
async function auditOf(broken: Partial<Case>): Promise<Verdict> {
  const sights = [...placed.sights, ...(broken.sights?.(placed) ?? [])];
  writeFileSync(witness, sights.map((sight) => `${JSON.stringify(sight)}\n`).join(''));
  stripe.bend(broken.stripe?.(placed) ?? {});
  inbox.bend(broken.inbox?.(placed) ?? {});
  const undo = await broken.temporal?.(temporal, shop.stack);
  const db = new Client({ connectionString: places.databaseUrl });
  await db.connect();
  try {
    await db.query('BEGIN');
    await db.query(withIds(broken.sql ?? 'SELECT 1'));
    const now = new Date(Date.now() + (broken.later ?? 0) * MS_PER_MINUTE);
    return await inspect(db, places, { witness, now, ...(broken.replay !== undefined && { replay: broken.replay }) });
  } finally {
    await db.end(); // rolls back
    await undo?.();
  }
}

function withIds(sql: string): string {
  const names = { ...placed.orders, paidKey: placed.paidKey };
  return Object.entries(names).reduce(
    (text, [name, id]) => text.replaceAll(new RegExp(`:${name}\\b`, 'g'), `'${id}'`),
    sql,
  );
}

function named(cases: Case[]) {
  return cases.map((one) => [one.check, one] as const);
}

/** What the auditor says of it, and what it should say. */
async function judge(broken: Case) {
  const { ok, findings, lines } = await auditOf(broken);
  const found = findings.map(({ check }) => check).toSorted();
  const due = [broken.check, ...(broken.also ?? [])].toSorted();
  const says = broken.says ?? /./;
  return { found: { ok, found, findings }, due: { ok: false, found: due, findings }, lines: lines.join('\n'), says };
}

test('in a shop where all is well, it finds nothing, and says what it has counted', async () => {
  const { ok, lines, findings, stories } = await auditOf({});
  expect({ findings, stories }).toEqual({ findings: [], stories: [] });
  expect(ok).toBe(true);
  expect(lines.map((line) => line.split(' ')[0])).toEqual([
    'P1',
    'P2',
    'P3',
    'P4',
    'P5',
    'P6',
    'P7',
    'P8',
    'P10',
    'mails',
    'events',
  ]);
  expect(lines.join('\n')).toMatch(/CANCELLED 2, CONFIRMED 1, EXPIRED 1, PAID 2, PENDING 1/);
});

test('each check of the auditor has a case that breaks what it watches', () => {
  expect([...new Set(CASES.map(({ check }) => check))].toSorted()).toEqual(CHECK_NAMES.toSorted());
});

describe('broken by hand, it is named, and nothing else:', () => {
  test.each(named(CASES.filter(({ stays }) => stays !== true)))('%s', async (_check, broken) => {
    const { found, due, lines, says } = await judge(broken);
    expect(found).toEqual(due);
    expect(lines).toMatch(says);
  });
});

test('a simulator that fails, or does not say what it has still to deliver, is not quiet', async () => {
  for (const path of ['/nowhere', '/_sim/health?']) {
    const told = await settled({ ...shop.stack, stripe: `${shop.stack.stripe}${path}` });
    expect(told).toContainEqual(expect.stringMatching(/^the simulator: .*(answered 401|does not say)/));
  }
});

test('a mail that came twice under one Message-ID is counted apart', async () => {
  const again = { '/messages': (mails: Record<string, unknown>[]) => [...mails, ...mails.slice(0, 1)] };
  const { ok, lines } = await auditOf({ inbox: () => again });
  expect(ok).toBe(true);
  expect(lines.join('\n')).toContain('sent again with the same Message-ID 1;');
});

test('a shop is as it was after all of it', async () => {
  expect((await audit(places)).findings).toEqual([]);
});

describe('the command', () => {
  const run = promisify(execFile);
  const audited = (...args: string[]) =>
    run(process.execPath, ['bench/audit.ts', '--home', shop.home, ...args]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );

  test('ends with 0 where all is well, and says what is still under way', async () => {
    const { code, stdout } = await audited();
    expect(stdout).toMatch(/^Still under way, .*orders without end 1.*\nP1 one cart, one order /);
    expect(code).toBe(0);
  });

  test('ends with 1 where a promise is broken, and tells the whole story of the order', async () => {
    const lie = { saw: 'read', at: '2026-11-21T12:00:00.000Z', orderId: placed.orders.refunded, status: 'SHIPPED' };
    const file = join(shop.home, 'lie.jsonl');
    writeFileSync(file, `${JSON.stringify({ ...lie, paymentStatus: 'PAID' })}\n{"saw":"unfini`);
    const { code, stdout } = await audited('--witness', file);
    expect(code).toBe(1);
    expect(stdout).toContain('BROKEN p10_status_taken_back: statuses taken back 1');
    expect(stdout).toContain(`Order ${placed.orders.refunded}\n  p10_status_taken_back: its shopper read SHIPPED`);
    const story = stdout.slice(stdout.indexOf('Order '));
    for (const told of [
      /^ {2}events\n {4}sequence 1, to_status PENDING, actor customer/m,
      /^ {4}variant_id \S+, quantity 2, status COMMITTED/m,
      /^ {2}refunds\n {4}id \S+, .*status SUCCEEDED/m,
      /^ {4}message_id <refunded\./m,
      /^ {2}webhooks stored\n {4}id evt_/m,
      /^ {2}refunds at Stripe\n {4}id re_/m,
      /^ {2}requests to Stripe\n {4}at \S+, method POST, path \/v1\/payment_intents, status 200/m,
      /^ {2}what its shopper saw\n {4}saw read/m,
      /^ {2}history of checkout\/\S+, run \S+\n {4}1 \S+Z workflowStarted: checkout/m,
      /markerRecorded: takePayment/,
      /activityTaskScheduled: sendRefund/,
    ])
      expect(story).toMatch(told);
    expect(story).not.toMatch(/_secret_|London|@example\.com/);
  });
});

describe('broken for good, it is named, and nothing else:', () => {
  test.each(named(CASES.filter(({ stays }) => stays === true)))('%s', async (_check, broken) => {
    const { found, due, lines, says } = await judge(broken);
    expect(found).toEqual(due);
    expect(lines).toMatch(says);
  });
});
