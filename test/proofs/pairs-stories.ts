// The stories of test/proofs/pairs.live.test.ts: every pair of acts and troubles, one after the other, and acts at once.
import { until } from '../support/wait.ts';
import { ACTS, type Act, ENDED_WITHIN_MS, type End, type LiveOrder, type Story, TROUBLES, tellPair } from './pairs.ts';

const ALL = [...ACTS, ...TROUBLES] as const;

/**
 * Where each pair ends, by the lifecycle's table: rows are what comes first, columns what comes second. REFUNDED: cancelled after
 * it was paid. `!`: nothing but the end of the window brings it there.
 */
const TABLE = `
              pay        fail       cancel     window end late       five times reordered  lost
pay           PAID       PAID       REFUNDED   PAID!      PAID!      PAID       PAID       PAID!
fail          PAID       EXPIRED!   CANCELLED  EXPIRED!   EXPIRED!   EXPIRED!   EXPIRED!   EXPIRED!
cancel        CANCELLED  CANCELLED  CANCELLED  CANCELLED! CANCELLED  CANCELLED  CANCELLED  CANCELLED
window end    EXPIRED!   EXPIRED!   EXPIRED!   EXPIRED!   EXPIRED!   EXPIRED!   EXPIRED!   EXPIRED!
late          PAID!      PAID!      REFUNDED   PAID!      PAID!      PAID       PAID       PAID!
five times    PAID       PAID       REFUNDED   PAID!      PAID!      PAID       PAID       PAID!
reordered     PAID       PAID       REFUNDED   PAID!      PAID!      PAID       PAID       PAID!
lost          PAID!      PAID!      REFUNDED   PAID!      PAID!      PAID       PAID       PAID!
`;

export const PAIRS: readonly Story[] = ALL.flatMap((first) =>
  ALL.map((second) => {
    const row = TABLE.split('\n').find((line) => line.startsWith(first)) ?? '';
    const cell = row.slice(14).trim().split(/\s+/)[ALL.indexOf(second)] ?? '';
    const ends = [cell.replace('!', '') as End];
    return { name: `${first}, then ${second}`, ends, hasWindowEnd: cell.endsWith('!'), tell: tellPair(first, second) };
  }),
);

/** How often a race is run: each time another thing may come first. */
const RACES = 4;
/** Around the end of the window, so that what is done then comes before it, or after it. */
const AROUND_MS = [-250, -100, 0, 100];

const AT_ONCE: readonly { acts: [Act, Act]; ends: readonly End[] }[] = [
  { acts: ['pay', 'pay'], ends: ['PAID'] },
  { acts: ['pay', 'fail'], ends: ['PAID'] },
  { acts: ['pay', 'cancel'], ends: ['CANCELLED', 'REFUNDED'] },
  { acts: ['pay', 'window end'], ends: ['PAID', 'EXPIRED'] },
  { acts: ['fail', 'fail'], ends: ['EXPIRED'] },
  { acts: ['fail', 'cancel'], ends: ['CANCELLED'] },
  { acts: ['fail', 'window end'], ends: ['EXPIRED'] },
  { acts: ['cancel', 'cancel'], ends: ['CANCELLED'] },
  { acts: ['cancel', 'window end'], ends: ['CANCELLED', 'EXPIRED'] },
];

export const RACING: readonly Story[] = AT_ONCE.flatMap(({ acts, ends }) =>
  AROUND_MS.slice(0, RACES).map((around, at) => ({
    name: `${acts.join(' and ')} at once, ${at + 1}`,
    ends,
    hasWindowEnd: acts.includes('window end') || ends.includes('EXPIRED'),
    tell: async (order: LiveOrder) => {
      if (acts[1] === 'window end') await nearEnd(order, around);
      await Promise.all(acts.map((act) => order.do(act)));
    },
  })),
);

export async function nearEnd({ placed }: LiveOrder, around: number): Promise<void> {
  const at = Date.parse(placed.order.expiresAt) + around;
  await until('the window is about to end', async () => Date.now() >= at, ENDED_WITHIN_MS);
}

type Decision = 'confirm' | 'reject' | 'cancel' | 'window end';
const DECISIONS: readonly { acts: [Decision, Decision]; ends: readonly End[] }[] = [
  { acts: ['confirm', 'confirm'], ends: ['CONFIRMED'] },
  { acts: ['confirm', 'reject'], ends: ['CONFIRMED', 'REJECTED'] },
  { acts: ['confirm', 'cancel'], ends: ['CALLED_OFF', 'REJECTED'] },
  { acts: ['confirm', 'window end'], ends: ['CONFIRMED', 'UNCONFIRMED'] },
  { acts: ['reject', 'cancel'], ends: ['REJECTED'] },
  { acts: ['reject', 'window end'], ends: ['REJECTED', 'UNCONFIRMED'] },
];

export const ON_DELIVERY: readonly Story[] = DECISIONS.flatMap(({ acts, ends }) =>
  [0, 1].map((at) => ({
    name: `on delivery: ${acts.join(' and ')} at once, ${at + 1}`,
    ends,
    hasWindowEnd: acts.includes('window end'),
    paymentMethod: 'cod',
    tell: async (order: LiveOrder) => {
      if (acts[1] === 'window end') await nearEnd(order, AROUND_MS[at] ?? 0);
      await Promise.all((at === 0 ? acts : acts.toReversed()).map((act) => decide(order, act)));
    },
  })),
);

async function decide(order: LiveOrder, decision: Decision): Promise<unknown> {
  if (decision === 'window end') return order.windowEnd();
  if (decision === 'cancel') return order.cancel();
  return order.shop.admin[decision](order.placed.order.id);
}
