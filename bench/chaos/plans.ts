// What each shopper is going to do, drawn before they come: the same seed gives the same shoppers.
import { type Random, randomStream } from '../random.ts';

/** Which story a shopper plays, and how many of a hundred play it. */
const STORIES = {
  paid: 22,
  declined: 8,
  authenticated: 5,
  submittedTwice: 12,
  abandoned: 8,
  cancelled: 6,
  cancelledWhilePaying: 4,
  cancelledWhenPaid: 6,
  paidLate: 8,
  free: 3,
  walkedAway: 6,
  codConfirmed: 6,
  codRejected: 3,
  codLeft: 3,
} as const;

export type Story = keyof typeof STORIES;

export interface Line {
  /** Of goods that there are enough of, or of scarce ones: the place in its list. */
  from: 'plenty' | 'scarce';
  at: number;
  quantity: number;
}

export interface Plan {
  number: number;
  story: Story;
  email: string;
  lines: Line[];
  /** A code, or the place of a scarce one. */
  coupon: string | number | null;
  /** How many submit the cart at once, each under a key of their own or all under one. */
  rivals: number;
  sameKey: boolean;
  /** For whoever walks away: after how many ms, and whether they come back. */
  patienceMs: number;
  comesBack: boolean;
  /** When a late payer pays, in ms from the end of the window. */
  lateMs: number;
  /** How many cards are declined before one is taken. */
  declines: number;
  looksAtOthers: boolean;
}

const RIVALS = [2, 5] as const;
const PATIENCE_MS = [3, 400] as const;
const LATE_MS = [-1_500, 2_500] as const;
const MOST_QUANTITY = 3;
const LINES = [2, 4] as const;
const PLENTY = 20;

/** One of four wants what is scarce, one of three puts several lines into the cart, one of four has a coupon. */
const SCARCE = 0.25;
const SEVERAL = 0.33;
const COUPON = 0.25;
/** Of those with a coupon. */
const SCARCE_COUPON = 0.5;
/** Of those with the coupon that each customer has once: who has used it already, maybe. */
const SAME_CUSTOMER = 0.4;
const FOREIGN = 0.2;

/** @param scarce how many variants are scarce; `coupons` the same. Neighbours want the same ones, so that they meet there */
export function planOf(
  number: number,
  { seed, orders, scarce, coupons }: { seed: number; orders: number; scarce: number; coupons: number },
): Plan {
  const random = randomStream(seed, `shopper ${number}`);
  const story = drawStory(random);
  const place = (among: number): number => Math.floor(((number - 1) / orders) * among);
  const lines = drawLines(random, place(scarce));
  const coupon = story === 'free' ? 'FREE100' : drawCoupon(random, place(coupons));
  const customer = coupon === 'WELCOME10' && random.chance(SAME_CUSTOMER) ? Math.ceil(number / 10) : `of-${number}`;
  return {
    number,
    story,
    email: `chaos-${customer}@example.com`,
    lines,
    coupon,
    rivals: story === 'submittedTwice' ? random.between(...RIVALS) : 1,
    sameKey: random.chance(0.5),
    patienceMs: random.between(...PATIENCE_MS),
    comesBack: random.chance(0.5),
    lateMs: random.between(...LATE_MS),
    declines: random.between(1, 2),
    looksAtOthers: random.chance(FOREIGN),
  };
}

function drawStory(random: Random): Story {
  const [first, ...rest] = Object.entries(STORIES).flatMap(([story, weight]) => Array<string>(weight).fill(story));
  const drawn = random.pick([first ?? 'paid', ...rest]);
  return isStory(drawn) ? drawn : 'paid';
}

function isStory(name: string): name is Story {
  return Object.hasOwn(STORIES, name);
}

/** Several lines go into the cart in any order, so that carts meet over the same variants in opposite orders. */
function drawLines(random: Random, scarceAt: number): Line[] {
  const many = random.chance(SEVERAL) ? random.between(...LINES) : 1;
  const places = random.shuffled(Array.from({ length: PLENTY }, (_, at) => at)).slice(0, many);
  const plenty = places.map((at): Line => ({ from: 'plenty', at, quantity: random.between(1, MOST_QUANTITY) }));
  if (!random.chance(SCARCE)) return plenty;
  const scarce: Line = { from: 'scarce', at: scarceAt, quantity: 1 };
  return random.shuffled([scarce, ...plenty.slice(1)]);
}

function drawCoupon(random: Random, scarceAt: number): string | number | null {
  if (!random.chance(COUPON)) return null;
  return random.chance(SCARCE_COUPON) ? scarceAt : 'WELCOME10';
}
