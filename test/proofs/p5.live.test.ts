// P5: whoever is killed with -9 while a step of an order stands at its border, before it or between its effect and its answer,
// the order ends as it does without. Every step of a checkout, and of what comes after it, times every victim.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { loadConfig, requireSettings } from '../../src/config.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { temporalOf } from '../support/backstage.ts';
import { logIn } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import type { EndState } from './barriers/end-state.ts';
import { CELLS, playRound, type Scene } from './barriers/round.ts';
import { nameOf } from './barriers/run.ts';
import { type Barriers, openBarriers } from './barriers/server.ts';
import { VICTIMS, type Victim } from './barriers/victims.ts';

/** Activities that are no step of an order, and where a kill in them is tried. */
const ELSEWHERE = {
  sendDueMails: 'a mail that was sent and not marked: test/activities/email',
  watchHolds: 'a watch, which changes nothing; its worker is killed in test/workflows/reservation-expiry',
  findDueHolds: 'a read, which changes nothing',
  expireHolds: 'of no order in particular, one transaction: test/inventory/expiry',
};

const PRELOAD = new URL('./barriers/preload.ts', import.meta.url).href;

/** Of 5 on hand, each cart takes 2, with a coupon for one use. What an order keeps, it keeps for good; the rest is as before. */
const KEPT = { stock: [{ on_hand: 3, reserved: 0 }], coupon: [{ used: 1 }] };
const GIVEN_BACK = { stock: [{ on_hand: 5, reserved: 0 }], coupon: [{ used: 0 }] };
const ENDS: Record<string, object> = {
  paid: { ...KEPT, intentsAtStripe: [{ status: 'succeeded' }], refundsAtStripe: [] },
  declined: { ...KEPT, intentsAtStripe: [{ status: 'succeeded' }], refundsAtStripe: [] },
  'paid at the second attempt': { ...KEPT, intentsAtStripe: [{ status: 'canceled' }, { status: 'succeeded' }] },
  cancelled: { ...GIVEN_BACK, cart: [{ status: 'open' }], intentsAtStripe: [{ status: 'canceled' }] },
  'cash on delivery': { ...KEPT, intentsAtStripe: [] },
  'cancelled when paid': { ...GIVEN_BACK, refundsAtStripe: [{ status: 'succeeded' }] },
  'paid too little': { ...GIVEN_BACK, cart: [{ status: 'open' }], refundsAtStripe: [{ status: 'succeeded' }] },
};

const NAMES = CELLS.map(nameOf);

let barriers: Barriers;
let shop: RunningStack;
let scene: Scene;
let undisturbed: Record<string, EndState>;
const table = new Map<Victim, Set<string>>();

beforeAll(async () => {
  barriers = await openBarriers();
  shop = await startStack({ own: true, env: { NODE_OPTIONS: `--import ${PRELOAD}`, BARRIERS_URL: barriers.url } });
  const { stack } = shop;
  const config = requireSettings(loadConfig({ DATABASE_URL: stack.databaseUrl }), 'DATABASE_URL');
  const db = openDatabase(config, pino({ level: 'silent' }));
  scene = { shop, stack, barriers, db, temporal: temporalOf(stack), admin: await logIn(stack) };
});

afterAll(async () => {
  barriers.close();
  await Promise.all([scene.db.destroy(), scene.temporal.close()]);
  await shop.stop();
});

test('every activity of the workers has its place in the table', () => {
  const covered = new Set([...CELLS.map(({ step }) => step), ...Object.keys(ELSEWHERE)]);
  expect(barriers.steps()).toEqual(covered);
});

test('nobody is killed: each order ends as its story says', async () => {
  undisturbed = await playRound(scene, 'nobody');
  const ends = CELLS.map((cell) => [nameOf(cell), { wrong: undefined, unfinished: [], ...ENDS[cell.flow] }]);
  expect(undisturbed).toMatchObject(Object.fromEntries(ends));
});

test.each(VICTIMS)(
  '%s is killed while each step stands at its border: each order ends as it does without',
  async (victim) => {
    const states = await playRound(scene, victim);
    const different = NAMES.filter((name) => !isSame(states[name], undisturbed[name]));
    table.set(victim, new Set(NAMES.filter((name) => !different.includes(name))));
    expect(only(different, states)).toEqual(only(different, undisturbed));
  },
);

test('the table of steps and victims is full', () => {
  process.stdout.write(`${print(table)}\n`);
  const missing = VICTIMS.flatMap((victim) =>
    NAMES.filter((name) => table.get(victim)?.has(name) !== true).map((name) => `${victim}, ${name}`),
  );
  expect(missing).toEqual([]);
});

function only(names: readonly string[], states: Record<string, EndState>): Record<string, EndState | undefined> {
  return Object.fromEntries(names.map((name) => [name, states[name]]));
}

function isSame(one: EndState | undefined, other: EndState | undefined): boolean {
  return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

function print(cells: ReadonlyMap<Victim, ReadonlySet<string>>): string {
  const width = Math.max(...NAMES.map((name) => name.length));
  const row = (name: string, marks: readonly string[]) =>
    [name.padEnd(width), ...marks.map((mark) => mark.padEnd(8))].join(' ');
  const marks = (name: string) => VICTIMS.map((victim) => (cells.get(victim)?.has(name) === true ? 'same' : 'NOT'));
  return [row('P5', VICTIMS), ...NAMES.map((name) => row(name, marks(name)))].join('\n');
}
