// One order on its way: what it is made of, who acts on it, and how it is followed.
import { newId } from '../../../src/platform/ids.ts';
import { stockedVariant } from '../../support/rows.ts';
import { type Admin, newShopper } from '../../support/shopper.ts';
import { until } from '../../support/wait.ts';
import { type Goods, type Places, statusesOf } from './end-state.ts';
import { type Act, type Client, FLOWS } from './flows.ts';
import type { Side } from './server.ts';

/** One border of one step, in the flow that leads to it. */
export interface Cell {
  flow: string;
  step: string;
  side: Side;
}

/** A cell's order. `before`: the acts that lead up to the one that sets the step off. */
export interface Run {
  cell: Cell;
  goods: Goods;
  client: Client;
  acts: { before: readonly Act[]; from: readonly Act[] };
}

/** Returns when the order has this status, and its payment that one. */
export type Reaches = (orderId: string, statuses: string) => Promise<void>;

const STOCK = 5;
const QUANTITY = 2;
const REACHED_WITHIN_MS = 60_000;
/** All orders of a round wait for their next status at once: they share a look at the database. */
const LOOK_EVERY_MS = 100;

let guests = 0;

/** A cell's name, for people. */
export function nameOf({ flow, step, side }: Cell): string {
  return `${flow}: ${side} ${step}`;
}

/** A full cart, with goods and a coupon that nobody else uses. */
export async function prepareRun({ db, stack }: Places, admin: Admin, cell: Cell): Promise<Run> {
  guests += 1;
  const [code, email] = [`P5-${guests}`, `guest-${guests}@example.com`];
  const variant = await stockedVariant(db, STOCK);
  const couponId = newId(new Date());
  const coupon = { id: couponId, code, kind: 'fixed', value: 100, currency: 'usd', totalLimit: 1 } as const;
  await db.insertInto('coupons').values(coupon).execute();
  const shopper = newShopper(stack.api[0] ?? '', email);
  const { body: cart } = await shopper.add(variant.id, QUANTITY);
  const { status } = await shopper.coupon(code);
  if (status !== 200) throw new Error(`the coupon was not taken: ${status}`);
  const { nextOrderId: orderId } = await db
    .selectFrom('carts')
    .select('nextOrderId')
    .where('id', '=', cart.id)
    .executeTakeFirstOrThrow();
  const goods = { orderId, cartId: cart.id, variantId: variant.id, couponId, email };
  return { cell, goods, client: { stack, admin, shopper }, acts: actsOf(cell) };
}

function actsOf({ flow, step }: Cell): Run['acts'] {
  const acts = FLOWS[flow] ?? [];
  const index = acts.findIndex(({ steps = [] }) => steps.includes(step));
  return { before: acts.slice(0, index), from: acts.slice(index) };
}

/** Does these acts, one after the other, each when the one before has led where it leads. @returns what went wrong */
export async function play(
  { goods, client }: Run,
  acts: readonly Act[],
  reaches: Reaches,
): Promise<string | undefined> {
  try {
    for (const { act, leadsTo } of acts) {
      await act(client);
      await reaches(goods.orderId, leadsTo);
    }
    return undefined;
  } catch (error) {
    return `order ${goods.orderId}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Follows the statuses of these orders. PostgreSQL may be away meanwhile. */
export function follow({ db }: Places, orderIds: readonly string[]): Reaches {
  let looked = 0;
  let statusesNow: Promise<Map<string, string>> = Promise.resolve(new Map());
  const look = () => {
    if (Date.now() - looked >= LOOK_EVERY_MS) {
      looked = Date.now();
      statusesNow = statusesOf(db, orderIds).catch(() => new Map());
    }
    return statusesNow;
  };
  return async (orderId, statuses) => {
    let last: string | undefined;
    const isThere = async () => {
      last = (await look()).get(orderId);
      return last === statuses;
    };
    await until(`it is ${statuses}`, isThere, REACHED_WITHIN_MS).catch((error: unknown) => {
      throw new Error(`it is ${last}, not ${statuses}`, { cause: error });
    });
  };
}
