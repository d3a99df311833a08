// The words of the command line.
import { parseArgs } from 'node:util';

export interface Options {
  orders: number;
  seed: number;
  kills: number;
  shoppers: number;
  /** After so long a run that is not over has failed. */
  minutes: number;
  /** Where the stack lives; a new temporary folder unless told. */
  home: string | undefined;
  /** Leaves the home there when all is well, too. */
  keep: boolean;
}

export const USAGE = `usage: npm run chaos -- [--orders 300] [--seed 1] [--kills n] [--shoppers 32] [--minutes n] [--home folder] [--keep]
  --orders    how many shoppers come, each with one order in mind
  --seed      the same seed gives the same shoppers and the same faults in the same order
  --kills     processes that are killed with -9; one for every 25 shoppers, at least 24, unless told
  --shoppers  how many are in the shop at once
  --minutes   after so long a run that is not over has failed; what the orders take by far unless told
  --home      where the stack lives, a folder that is not there yet; a temporary one unless told
  --keep      leave the home there, also when all is well`;

const ORDERS = 300;
const SHOPPERS = 32;
const ORDERS_PER_KILL = 25;
/** Three of each kind. */
const LEAST_KILLS = 24;
/** A storm of this pace takes a quarter of it on two cores. */
const ORDERS_PER_MINUTE = 60;
const LEAST_MINUTES = 5;

/** @throws {TypeError} with what is wrong */
export function parseOptions(args: string[]): Options {
  const number = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      orders: number,
      seed: number,
      kills: number,
      shoppers: number,
      minutes: number,
      home: { type: 'string' },
      keep: { type: 'boolean' },
    },
  });
  const orders = whole('orders', values.orders) ?? ORDERS;
  return {
    orders,
    seed: whole('seed', values.seed, 0) ?? 1,
    kills: whole('kills', values.kills, 0) ?? Math.max(LEAST_KILLS, Math.round(orders / ORDERS_PER_KILL)),
    shoppers: whole('shoppers', values.shoppers) ?? SHOPPERS,
    minutes: whole('minutes', values.minutes) ?? LEAST_MINUTES + Math.ceil(orders / ORDERS_PER_MINUTE),
    home: values.home,
    keep: values.keep ?? false,
  };
}

function whole(name: string, value: string | undefined, least = 1): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value)) throw new TypeError(`--${name} must be a whole number`);
  if (Number(value) < least) throw new TypeError(`--${name} must be ${least} or more`);
  return Number(value);
}
