// A run: a shop of its own, shoppers and storm side by side, then quiet. Bounded in time; whatever happens, everything that was
// started ends.
import type { Stack } from '../../src/local/stack-file.ts';
import { createAdmin } from './admin.ts';
import { createCard } from './card.ts';
import { createClient } from './client.ts';
import { openControls } from './controls.ts';
import { type Figures, newFigures } from './figures.ts';
import { stockShop } from './goods.ts';
import { planOf } from './plans.ts';
import { openProcesses } from './processes.ts';
import { drawSchedule } from './schedule.ts';
import { goShopping } from './stories.ts';
import { type Pace, storm, waitFor } from './storm.ts';
import { createUnderWay } from './under-way.ts';
import type { Witness } from './witness.ts';
import type { World } from './world.ts';

export interface RunOptions {
  orders: number;
  seed: number;
  kills: number;
  /** How many are in the shop at once. */
  shoppers: number;
  home: string;
  stack: Stack;
  witness: Witness;
  stop: AbortSignal;
}

export interface Ran {
  figures: Figures;
  /** From the first shopper to the last, ms. */
  stormMs: number;
}

/** Seconds. Windows that are over before a shopper has lost all patience, and longer than a healthy payment takes by far. */
export const WINDOWS = { PAYMENT_WINDOW: 20, CONFIRMATION_WINDOW: 20, HOLD_GRACE: 10 };

/** Shoppers and storm, until both are over. */
export async function run(options: RunOptions): Promise<Ran> {
  const { seed, kills, home, stack, witness } = options;
  const figures = newFigures();
  const failed = new AbortController();
  const stop = AbortSignal.any([options.stop, failed.signal]);
  const world = await openWorld(options, figures, stop);
  const pace: Pace = { shoppers: 0, storm: 0 };
  const { underWay } = world;
  const parts = { processes: openProcesses(home, stop), controls: openControls(stack, stop) };
  const began = Date.now();
  const both = [
    storm(drawSchedule(seed, kills), { ...parts, witness, figures, underWay, pace, stop }),
    shopTogether(options, world, pace),
  ];
  // Whichever fails ends the other, and its error is the one that counts.
  await Promise.all(both.map((one) => one.catch((error: unknown) => failed.abort(error))));
  stop.throwIfAborted();
  return { figures, stormMs: Date.now() - began };
}

async function openWorld(options: RunOptions, figures: Figures, stop: AbortSignal): Promise<World> {
  const { stack, witness, orders } = options;
  const bases = stack.api.map((api) => `${api}/api/v1`);
  const client = createClient({ from: 'shop', bases, witness, figures, stop });
  const stripe = createClient({ from: 'stripe', bases: [stack.stripe], figures, stop });
  return {
    goods: await stockShop(stack.databaseUrl, orders),
    client,
    card: createCard(stripe, stack.publishableKey ?? ''),
    admin: createAdmin(client, stack.accounts.admin),
    witness,
    figures,
    underWay: createUnderWay(),
    window: WINDOWS.PAYMENT_WINDOW,
    newest: [],
    stop,
  };
}

async function shopTogether({ orders, seed, shoppers }: RunOptions, world: World, pace: Pace): Promise<void> {
  const { goods, stop } = world;
  const among = { seed, orders, scarce: goods.scarce.length, coupons: goods.coupons.length };
  let next = 0;
  const comeAndGo = async (): Promise<void> => {
    for (;;) {
      await waitFor(() => next >= orders || next / orders <= pace.storm, stop);
      if (next >= orders) return;
      next += 1;
      pace.shoppers = next / orders;
      await goShopping(world, planOf(next, among));
    }
  };
  await Promise.all(Array.from({ length: shoppers }, comeAndGo));
}
