// What shoppers and staff do to an order, act after act, and the steps of the order that each act sets off. A step that has
// barriers is named once, in the act where it is held.
import { randomUUID } from 'node:crypto';
import type { Stack } from '../../../src/local/stack-file.ts';
import { type Admin, type Answer, type OrderBody, type PlacedBody, pay, type Shopper } from '../../support/shopper.ts';
import { until } from '../../support/wait.ts';

/** Somebody with a full cart, who knows the order by its answer once it is placed. */
export interface Client {
  stack: Stack;
  admin: Admin;
  shopper: Shopper;
  placed?: PlacedBody;
}

export interface Act {
  act: (client: Client) => Promise<void>;
  /** The order's status and its payment's, to which this leads. */
  leadsTo: string;
  /** The steps that are held at their borders. */
  steps?: readonly string[];
}

/** Minor units. */
const TOO_LITTLE = 100;
const ANSWER_WITHIN_MS = 90_000;

export const FLOWS: Record<string, readonly Act[]> = {
  paid: [
    { act: submit('card'), leadsTo: 'PENDING PENDING', steps: ['placeWithIntent', 'create at Stripe'] },
    { act: payWith('pm_card_visa'), leadsTo: 'PAID PAID', steps: ['takePayment', 'read at Stripe'] },
  ],
  declined: [
    { act: submit('card'), leadsTo: 'PENDING PENDING' },
    { act: payWith('pm_card_visa_chargeDeclined'), leadsTo: 'PENDING FAILED', steps: ['notePaymentFailed'] },
    { act: payWith('pm_card_visa'), leadsTo: 'PAID PAID' },
  ],
  'paid at the second attempt': [
    { act: submit('card'), leadsTo: 'PENDING PENDING' },
    { act: cancelAtStripe, leadsTo: 'PENDING FAILED' },
    { act: tryAgain, leadsTo: 'PENDING PENDING', steps: ['readIntent', 'createIntent'] },
    { act: payWith('pm_card_visa'), leadsTo: 'PAID PAID' },
  ],
  cancelled: [
    { act: submit('card'), leadsTo: 'PENDING PENDING' },
    {
      act: cancel,
      leadsTo: 'CANCELLED NONE',
      steps: ['cancelOrderIntent', 'endOrder'],
    },
  ],
  'cash on delivery': [
    { act: submit('cod'), leadsTo: 'AWAITING_CONFIRMATION NONE' },
    { act: confirm, leadsTo: 'CONFIRMED COD_DUE', steps: ['completeOrder'] },
  ],
  'cancelled when paid': [
    { act: submit('card'), leadsTo: 'PENDING PENDING' },
    { act: payWith('pm_card_visa'), leadsTo: 'PAID PAID' },
    { act: cancel, leadsTo: 'CANCELLED REFUNDED', steps: ['cancelPaidOrder', 'sendRefund', 'settleRefund'] },
  ],
  'paid too little': [
    { act: submit('card'), leadsTo: 'PENDING PENDING' },
    { act: payTooLittle, leadsTo: 'CANCELLED REFUNDED', steps: ['takeLatePayment'] },
  ],
};

function submit(paymentMethod: 'card' | 'cod'): Act['act'] {
  return async (client) => {
    const how = { paymentMethod, key: randomUUID() };
    const { answer } = await answered(() => client.shopper.submit(how));
    if (answer.status !== 201) throw new Error(`not placed: ${JSON.stringify(answer)}`);
    client.placed = answer.body;
  };
}

/** Pays as Stripe.js does. Who has not heard that it worked tries again, and is told that it has. */
function payWith(card: string): Act['act'] {
  return async ({ stack, placed }) => {
    const payment = placed?.payment;
    if (!payment) throw new Error('there is nothing to pay');
    await answered(() => pay(stack, payment, card));
  };
}

/** Somebody has made the intent smaller on Stripe's own pages. */
async function payTooLittle(client: Client): Promise<void> {
  await changeAtStripe(client, '', { amount: String(TOO_LITTLE) });
  await payWith('pm_card_visa')(client);
}

/** Somebody has cancelled the intent on Stripe's own pages. */
async function cancelAtStripe(client: Client): Promise<void> {
  await changeAtStripe(client, '/cancel', {});
}

async function changeAtStripe({ stack, placed }: Client, what: string, body: Record<string, string>): Promise<void> {
  const { stripe, stripeSecretKey } = stack;
  const response = await fetch(`${stripe}/v1/payment_intents/${placed?.payment?.intentId}${what}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${stripeSecretKey}` },
    body: new URLSearchParams(body),
  });
  if (response.status !== 200) throw new Error(`the intent stays as it is: ${await response.text()}`);
}

/** Asks for an intent that can be paid. */
async function tryAgain(client: Client): Promise<void> {
  const placed = known(client.placed);
  const { answer } = await answered(() => client.shopper.createIntent(placed));
  if (answer.status !== 200) throw new Error(`no intent: ${JSON.stringify(answer)}`);
  const { intentId, clientSecret, status } = answer.body;
  if (clientSecret === null) throw new Error('the intent cannot be paid');
  client.placed = { ...placed, payment: { intentId, clientSecret, status } };
}

async function cancel({ shopper, placed }: Client): Promise<void> {
  await moved('CANCELLED', () => shopper.cancel(known(placed)));
}

async function confirm({ admin, placed }: Client): Promise<void> {
  await moved('CONFIRMED', () => admin.confirm(known(placed).order.id));
}

function known(placed: PlacedBody | undefined): PlacedBody {
  if (placed === undefined) throw new Error('there is no order');
  return placed;
}

/** Who asks again for what has happened meanwhile is told that the order stands there already. */
async function moved(to: string, ask: () => Promise<Answer<OrderBody & { orderStatus?: string }>>): Promise<void> {
  const { answer, repeated } = await answered(ask);
  const isThere = repeated && answer.status === 409 && answer.body.orderStatus === to;
  if (answer.status !== 200 && !isThere) throw new Error(`not ${to}: ${JSON.stringify(answer)}`);
}

/** Asks again, under the same key, while the connection is refused or lost, or the answer is "not now". */
async function answered<Body>(ask: () => Promise<Answer<Body>>): Promise<{ answer: Answer<Body>; repeated: boolean }> {
  let tries = 0;
  const answer = await until(
    'there is an answer',
    async () => {
      tries += 1;
      const one = await ask().catch(() => undefined);
      return one?.status !== 503 && one;
    },
    ANSWER_WITHIN_MS,
  );
  return { answer, repeated: tries > 1 };
}
