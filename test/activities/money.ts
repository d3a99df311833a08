// Money at the simulator and in the database, for tests of what brings it back: paid intents, orders in every state, and
// the sums that both sides hold.
import { pino } from 'pino';
import type Stripe from 'stripe';
import { createLatePaymentActivities } from '../../activities/late-payment.ts';
import { createRefundActivities, type RefundState } from '../../activities/refunds.ts';
import { openRefund, saveReceived } from '../../src/payments/refund-store.ts';
import type { Database } from '../../src/platform/database.ts';
import { newId } from '../../src/platform/ids.ts';
import { insertOrderRow, NOW } from '../support/rows.ts';
import { type AtStripe, openAtStripe } from './at-stripe.ts';

export const PRICE = 1_000;
/** No bank answers by itself while a test runs. */
const LATER_MS = 3_600_000;

export interface Bank extends Omit<AtStripe, 'refunds'> {
  refunds: ReturnType<typeof createRefundActivities>;
  latePayments: ReturnType<typeof createLatePaymentActivities>;
  /** What was logged as an error. */
  errors: string[];
  /** An intent that is paid, or not yet; its id. */
  intent(
    orderId: string,
    how?: { amount?: number; currency?: string; paid?: boolean; method?: string },
  ): Promise<string>;
  /** An order that has ended with this money on an attempt of ours, and the refund of it that is due. */
  dueRefund(how?: { method?: string }): Promise<{ orderId: string; intentId: string; refundId: string }>;
  settle(refundId: string, state: RefundState): Promise<void>;
  refundsAtStripe(): Promise<Stripe.Refund[]>;
  /** How often a refund was asked for, under which keys. */
  keysAsked(): Promise<(string | null)[]>;
}

export async function openBank(): Promise<Bank> {
  return bankOf(await openAtStripe(LATER_MS));
}

function bankOf(at: AtStripe): Bank {
  const { db, stripe } = at;
  const errors: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => errors.push(line) });
  const deps = { db, stripe, clock: () => NOW, logger };
  const refunds = createRefundActivities(deps);
  const intent: Bank['intent'] = async (orderId, how = {}) => {
    const { amount = PRICE, currency = 'usd', paid = true, method = 'pm_card_visa' } = how;
    const { id } = await stripe.paymentIntents.create({ amount, currency, metadata: { orderId } });
    if (paid) await at.control(`payment_intents/${id}/pay`, { payment_method: method });
    return id;
  };
  return {
    ...at,
    refunds,
    latePayments: createLatePaymentActivities(deps),
    errors,
    intent,
    dueRefund: async (how = {}) => {
      const orderId = await insertOrderRow(db, { status: 'EXPIRED', payment_status: 'NONE', captured: PRICE });
      const intentId = await intent(orderId, how);
      const [paymentId, refundId] = [newId(NOW), newId(NOW)];
      const received = {
        clientSecret: 's',
        intentStatus: 'succeeded',
        amount: PRICE,
        currency: 'usd',
        captured: PRICE,
      };
      await saveReceived(db, { id: paymentId, orderId, intentId, ...received }, NOW);
      await openRefund(db, { id: refundId, paymentId, reason: 'late_payment', by: 'system', now: NOW });
      return { orderId, intentId, refundId };
    },
    settle: (refundId, state) => refunds.settleRefund({ refundId, ...state, at: NOW.toISOString() }),
    refundsAtStripe: () => at.refunds(),
    keysAsked: async () =>
      (await at.asked())
        .filter(({ method, path }) => method === 'POST' && path === '/v1/refunds')
        .map(({ idempotencyKey }) => idempotencyKey),
  };
}

export interface Books {
  order: { status: string; paymentStatus: string; captured: number; refunded: number };
  payments: { captured: number; refunded: number; attempt: number | null }[];
  refunds: { status: string; amount: number; failure: string | null; reason: string }[];
  mails: { fact: string; reference: string }[];
}

/** The order, its money and its mails, as the database has them. */
export async function booksOf(db: Database, orderId: string): Promise<Books> {
  const [order, payments, refunds, mails] = await Promise.all([
    db
      .selectFrom('orders')
      .select(['status', 'paymentStatus', 'captured', 'refunded'])
      .where('id', '=', orderId)
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('payments')
      .select(['captured', 'refunded', 'attempt'])
      .where('orderId', '=', orderId)
      .orderBy('id')
      .execute(),
    db
      .selectFrom('refunds')
      .select(['status', 'amount', 'failure', 'reason'])
      .where('orderId', '=', orderId)
      .orderBy('id')
      .execute(),
    db.selectFrom('mails').select(['fact', 'reference']).where('orderId', '=', orderId).orderBy('fact').execute(),
  ]);
  return { order, payments, refunds, mails };
}
