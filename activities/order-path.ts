// What every order by card goes through, two steps in one call each: every local activity is a trip between the threads of a
// worker, which costs about as much as its SQL. The steps stay what they are; where Stripe does not answer at once, the workflow
// goes on with the second one alone, with patience.
import type Stripe from 'stripe';
import { waitsForMoney } from '../src/orders/rules.ts';
import { type Due, pays } from '../src/payments/rules.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import type { Logger } from '../src/platform/logger.ts';
import { pause } from '../src/platform/pause.ts';
import type { createOrderActivities, OrderOutcome } from './orders.ts';
import { type Attempt, type createPaymentActivities, type IntentState, lookAtIntent, noteIntent } from './payment.ts';
import type { createPlacingActivities, Placing, PlacingAnswer } from './placing.ts';
import { isRefused } from './stripe-calls.ts';

/** What Stripe says at once: `refused` is no for good, `unanswered` is nothing yet. */
export type AtOnce<T> = T | 'refused' | 'unanswered';

/** An intent that news are about, and the order that waits for its money, with the attempt to pay it that was live last. */
export interface PaymentTaking {
  orderId: string;
  intentId: string;
  live: Attempt;
  due: Due;
  /** ISO 8601. */
  at: string;
}

/** The intent as it is now, and what became of the order where the intent pays for it. */
export type PaymentTaken = { intent: AtOnce<IntentState>; outcome?: OrderOutcome };

/** Past this a customer is not kept waiting: the package's own timeout and its one repeat. */
const AT_ONCE_MS = 12_000;

interface Deps {
  db: Database;
  stripe: Stripe;
  clock: Clock;
  logger: Logger;
  steps: Pick<ReturnType<typeof createPlacingActivities>, 'placeOrder'> &
    Pick<ReturnType<typeof createOrderActivities>, 'completeOrder'> &
    Pick<ReturnType<typeof createPaymentActivities>, 'createIntent'>;
}

export function createOrderPathActivities({ db, stripe, clock, logger, steps }: Deps) {
  /** One try. A call that is given up here may still do its work: its repeat has the same key. */
  async function atOnce<T extends object>(call: Promise<T>): Promise<AtOnce<T>> {
    const answered = new AbortController();
    const late = pause(AT_ONCE_MS, answered.signal).then(() => 'unanswered' as const);
    try {
      return await Promise.race([call, late]);
    } catch (error) {
      if (isRefused(error)) return 'refused';
      logger.warn({ err: error }, 'Stripe has not answered at once, it is asked again with patience');
      return 'unanswered';
    } finally {
      answered.abort();
    }
  }

  return {
    /**
     * Places the order and, where it waits for money, creates its first intent. A repeat finds what was done before.
     * @throws what `placeOrder` throws
     */
    async placeWithIntent(placing: Placing): Promise<PlacingAnswer & { intent?: AtOnce<Attempt> }> {
      const answer = await steps.placeOrder(placing);
      if (!('placed' in answer) || !waitsForMoney(answer.placed)) return answer;
      const { number, total: amount, currency } = answer.placed;
      const request = { orderId: placing.orderId, number, attempt: 1, amount, currency };
      return { ...answer, intent: await atOnce(steps.createIntent(request)) };
    },

    /**
     * Reads the intent again and, where it is the live one and pays for the whole order, completes the order. That keeps its
     * status, too; of any other intent it is kept here.
     */
    async takePayment({ orderId, intentId, live, due, at }: PaymentTaking): Promise<PaymentTaken> {
      const intent = await atOnce(lookAtIntent(stripe, intentId));
      if (typeof intent === 'string') return { intent };
      if (intentId !== live.intentId || !pays(intent, due)) return { intent: await noteIntent(db, intent, clock()) };
      const money = { intentId, captured: intent.amountReceived };
      const outcome = await steps.completeOrder({ orderId, to: 'PAID', by: 'stripe', at, money });
      if (outcome !== 'done') await noteIntent(db, intent, clock());
      return { intent: { ...intent, attempt: live.attempt }, outcome };
    },
  };
}
