// The stories of test/proofs/pairs.live.test.ts about money that does not fit, that comes when nobody waits for it, or that takes its
// time (P4), and about what is done twice.
import { WorkflowFailedError } from '@temporalio/client';
import type Stripe from 'stripe';
import { type CheckoutInput, TASK_QUEUES, WORKFLOW_IDS } from '../../workflows/messages.ts';
import { control } from '../support/backstage.ts';
import { pay } from '../support/shopper.ts';
import { until } from '../support/wait.ts';
import type { LiveOrder, Story } from './pairs.ts';
import { nearEnd } from './pairs-stories.ts';

const MISFITS = {
  'a smaller sum': (total: number) => ({ amount: total - 100 }),
  'a greater sum': (total: number) => ({ amount: total + 100 }),
  'another currency': () => ({ currency: 'eur' }),
};

/** The intent is changed by somebody who has the secret key: its money never makes the order PAID, and all of it goes back. */
export const MISFITTING: readonly Story[] = Object.entries(MISFITS).flatMap(([name, change]) =>
  (['prompt', 'five times', 'lost'] as const).map((news) => ({
    name: `${name} is paid, the news come ${news}`,
    ends: news === 'lost' ? (['EXPIRED'] as const) : (['CANCELLED'] as const),
    hasWindowEnd: news === 'lost',
    tell: async (order: LiveOrder) => {
      await order.shop.stripe.paymentIntents.update(order.intentId, change(order.placed.order.total));
      await order.pay(news);
    },
  })),
);

/** Stripe refuses to cancel the intent: the order ends all the same, and what is paid then goes back. */
export const TOO_LATE: readonly Story[] = (['cancel', 'window end'] as const).flatMap((act) =>
  (['at once, 1', 'at once, 2', 'at once, 3', 'five times', 'reordered'] as const).map((news) => ({
    name: `${act}, and paid afterwards all the same, the news come ${news}`,
    ends: act === 'cancel' ? (['CANCELLED'] as const) : (['EXPIRED'] as const),
    hasWindowEnd: act === 'window end',
    tell: async (order: LiveOrder) => {
      const path = `/v1/payment_intents/${order.intentId}/cancel`;
      await control(order.shop.stack, 'faults', { method: 'POST', path, times: 50, kind: 'status', status: 400 });
      await order.do(act);
      await order.pay(news === 'five times' || news === 'reordered' ? news : 'prompt');
    },
  })),
);

/** The bank takes its time. While it does, nobody can cancel, and the end of the window waits for as long as the stock is held. */
export const PROCESSING: readonly Story[] = [
  {
    name: 'processing, then paid',
    ends: ['PAID'],
    hasWindowEnd: false,
    tell: async (order) => {
      await beginToPay(order);
      await settle(order, true);
    },
  },
  {
    name: 'processing, cancelled in vain, then paid',
    ends: ['PAID'],
    hasWindowEnd: false,
    tell: async (order) => {
      await beginToPay(order);
      const status = await order.cancel();
      if (status !== 409) throw new Error(`the cancel was answered ${status}`);
      await settle(order, true);
    },
  },
  {
    name: 'processing, then declined',
    ends: ['EXPIRED'],
    hasWindowEnd: true,
    tell: async (order) => {
      await beginToPay(order);
      await settle(order, false);
    },
  },
  {
    name: 'processing when the window ends, then paid',
    ends: ['PAID'],
    hasWindowEnd: true,
    tell: async (order) => {
      await beginToPay(order);
      await nearEnd(order, 500);
      await settle(order, true);
    },
  },
  {
    name: 'processing when the stock is held no longer, then paid',
    ends: ['EXPIRED'],
    hasWindowEnd: true,
    tell: async (order) => {
      await beginToPay(order);
      await order.windowEnd();
      await settle(order, true);
    },
  },
];

async function beginToPay(order: LiveOrder): Promise<void> {
  await control(order.shop.stack, `payment_intents/${order.intentId}/pay`, { processing: true });
  await order.tell('payment_intent.processing');
}

async function settle(order: LiveOrder, succeed: boolean): Promise<void> {
  await control(order.shop.stack, `payment_intents/${order.intentId}/settle`, { succeed });
  await order.tell(succeed ? 'payment_intent.succeeded' : 'payment_intent.payment_failed');
}

/** Somebody makes a second intent that names the order: its money goes back, whenever it comes. */
export const BESIDE: readonly Story[] = [
  {
    name: 'a second payment of the order, before the first',
    ends: ['PAID'],
    hasWindowEnd: false,
    tell: async (order) => {
      await order.bag.hand(await payBeside(order), 2);
      await order.pay();
    },
  },
  {
    name: 'a second payment of the order, after the first',
    ends: ['PAID'],
    hasWindowEnd: false,
    tell: async (order) => {
      await order.pay();
      await order.bag.hand(await payBeside(order), 2);
    },
  },
  ...(['confirm', 'reject'] as const).map(
    (decision): Story => ({
      name: `money for an order with cash on delivery, then ${decision}`,
      ends: [decision === 'confirm' ? 'CONFIRMED' : 'REJECTED'],
      hasWindowEnd: false,
      paymentMethod: 'cod',
      tell: async (order) => {
        await order.bag.hand(await payBeside(order), 2);
        await order.shop.admin[decision](order.placed.order.id);
      },
    }),
  ),
  ...[1, 2, 3, 4].map(
    (time): Story => ({
      name: `a second payment of the order, told at once with the first, ${time}`,
      ends: ['PAID'],
      hasWindowEnd: false,
      tell: async (order) => {
        const second = await payBeside(order);
        await order.pay('late');
        await Promise.all([order.tellTheRest(), order.bag.hand(second)]);
      },
    }),
  ),
];

/** @returns the news of it, told to nobody yet */
async function payBeside({ shop, bag, placed }: LiveOrder): Promise<Stripe.Event> {
  const { id } = await shop.stripe.paymentIntents.create({
    amount: placed.order.total,
    currency: 'usd',
    payment_method: 'pm_card_visa',
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    metadata: { orderId: placed.order.id },
  });
  const type = 'payment_intent.succeeded';
  const news = await bag.next(id, type, new Set());
  return news.find((event) => event.type === type) ?? unheard(type);
}

function unheard(type: string): never {
  throw new Error(`nobody told of ${type}`);
}

/** What each of these stories does before its order's checkout runs once more. */
const BEFORE_IT_RUNS_AGAIN: Record<string, Pick<Story, 'tell' | 'ends' | 'hasWindowEnd'>> = {
  paid: { ends: ['PAID'], hasWindowEnd: false, tell: (order) => order.pay() },
  'paid, as the end of the window shows': {
    ends: ['PAID'],
    hasWindowEnd: true,
    tell: async (order) => {
      await order.pay('lost');
      await order.windowEnd();
    },
  },
  cancelled: { ends: ['CANCELLED'], hasWindowEnd: false, tell: (order) => order.do('cancel') },
  expired: { ends: ['EXPIRED'], hasWindowEnd: true, tell: (order) => order.do('window end') },
};

/**
 * The order's checkout runs once more after it has come to its end, as it does when the shop's watch over what is held looks at the
 * order a moment before that: it must leave everything as it is.
 */
export const RUN_AGAIN: readonly Story[] = Object.entries(BEFORE_IT_RUNS_AGAIN).map(([name, { tell, ...story }]) => ({
  ...story,
  name: `${name}, then the checkout once more`,
  tell: async (order) => {
    await tell(order);
    await runAgain(order);
  },
}));

async function runAgain({ shop, placed }: LiveOrder): Promise<void> {
  const { id: orderId } = placed.order;
  const workflowId = WORKFLOW_IDS.checkout(orderId);
  const { workflow } = shop.temporal.client;
  await workflow.getHandle(workflowId).result();
  const order = shop.db.selectFrom('orders').select('cartId').where('id', '=', orderId);
  const { cartId } = await order.executeTakeFirstOrThrow();
  const over: CheckoutInput = { orderId, cartId, paymentWindow: 0, confirmationWindow: 0, holdGrace: 0 };
  const again = { workflowId, taskQueue: TASK_QUEUES.orders, args: [over] };
  await workflow.execute('checkout', again).catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError)) throw error;
  });
}

/** An attempt that Stripe has cancelled makes room for the next one, and only that one can be paid. */
export const RETRIED: readonly Story[] = [
  { name: 'cancelled at Stripe, then nothing', ends: ['EXPIRED'], hasWindowEnd: true, tell: cancelAtStripe },
  {
    name: 'cancelled at Stripe, tried again, then paid',
    ends: ['PAID'],
    hasWindowEnd: false,
    tell: async (order) => {
      await cancelAtStripe(order);
      const { shop, bag, shopper, placed, intentId } = order;
      const { body: next } = await shopper.retry(placed, intentId);
      await pay(shop.stack, { intentId: next.intentId, clientSecret: next.clientSecret ?? '' });
      for (const event of await bag.next(next.intentId, 'payment_intent.succeeded', new Set())) await bag.hand(event);
    },
  },
  {
    name: 'cancelled at Stripe, tried again, then cancelled',
    ends: ['CANCELLED'],
    hasWindowEnd: false,
    tell: async (order) => {
      await cancelAtStripe(order);
      await order.shopper.createIntent(order.placed);
      await order.cancel();
    },
  },
];

async function cancelAtStripe(order: LiveOrder): Promise<void> {
  await order.shop.stripe.paymentIntents.cancel(order.intentId);
  await order.tell('payment_intent.canceled');
  await until('the payment is FAILED', async () => (await order.read()).paymentStatus === 'FAILED');
}
