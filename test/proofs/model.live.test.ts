// The order path against a model of it: random sequences of what people, banks and Stripe may do, legal or not, on the running shop
// and on the lifecycle's table in memory. Answers, end states, stock, coupons and money are the same (P1 to P4, P7).
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { until } from '../support/wait.ts';
import { ON_HAND, type Sequence, sentence, sequence } from './model/commands.ts';
import { type Mailbag, openMailbag } from './model/mailbag.ts';
import { apply, newModel, type View, viewOf } from './model/model.ts';
import { assertConsistent, trailsOf } from './model/oracle.ts';
import { Player } from './model/player.ts';
import { type Goods, newGoods, openShop, type ProofShop } from './shop.ts';

/** Other sequences: MODEL_SEED=7 MODEL_RUNS=1000. */
const SEED = Number(process.env.MODEL_SEED ?? 20_261_121);
const RUNS = Number(process.env.MODEL_RUNS ?? 200);
const AT_ONCE = 16;
/** Enough to see what is wrong; each waits in vain for a while. */
const MOST_FAILURES = 5;
/** Seconds: longer than a submit takes on a busy machine. */
const SHORT = { window: 3, grace: 5 };

let shop: ProofShop;
let bag: Mailbag;

beforeAll(async () => {
  shop = await openShop(SHORT);
  bag = await openMailbag(shop, { alone: false });
});

afterAll(async () => {
  bag.close();
  await shop.close();
});

test(`${RUNS} random sequences (MODEL_SEED=${SEED}) end as the model says`, async () => {
  const waiting = fc.sample(sequence, { numRuns: RUNS, seed: SEED });
  const buyers: Goods[] = [];
  const failures: string[] = [];
  const playAll = async () => {
    for (let next = waiting.pop(); next !== undefined && failures.length < MOST_FAILURES; next = waiting.pop()) {
      const goods = await newGoods(shop.db, { onHand: ON_HAND, ...next });
      buyers.push(goods);
      await playOne(next, goods).catch((error: Error) => failures.push(error.message));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, playAll));
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
  await assertConsistent(shop, buyers);

  const trails = [...(await trailsOf(shop, buyers)).values()].flat();
  const counted = Map.groupBy(trails, (trail) => trail);
  process.stdout.write(`${[...counted].map(([trail, { length }]) => `${length} orders: ${trail}`).join('\n')}\n`);
  expect(counted.size).toBe(EVERY_STORY);
});

/** So many stories has the lifecycle's table, with those that are not at their end; the sequences play all of them. */
const EVERY_STORY = 10;

/** @throws with the commands up to the one after which shop and model differ */
async function playOne(one: Sequence, goods: Goods): Promise<void> {
  const { price, minimum, commands } = one;
  const [player, model] = [new Player(shop, bag, goods), newModel(one)];
  const played = [`price ${price}, coupon from ${minimum} on, ${goods.email}`];
  for (const command of commands) {
    played.push(sentence(command));
    const due = apply(model, command);
    try {
      const answer = await player.play(command);
      if (answer !== due) throw new Error(`the answer is "${answer}", and should be "${due}"`);
      await expectView(player, viewOf(model));
    } catch (error) {
      throw new Error([...played, String(error)].join('\n  '), { cause: error });
    }
  }
}

/** What Stripe tells, and what goes back, takes its time. */
async function expectView(player: Player, due: View): Promise<void> {
  let view: View | undefined;
  const isDue = async () => {
    view = await player.view();
    return isDeepStrictEqual(view, due);
  };
  await until('', isDue).catch(() => {
    throw new Error(`shop ${JSON.stringify(view)}\n  model ${JSON.stringify(due)}`);
  });
}
