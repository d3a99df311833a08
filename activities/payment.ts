// Effects at Stripe. Every write carries a key made of the order, the attempt and the amount, so that a repeat of a call
// whose answer was lost is the same call for Stripe. No database transaction is open while Stripe is asked.
import Stripe from 'stripe';
import { setPaymentStatus } from '../src/orders/store.ts';
import { findAttempt, saveIntent, setIntentStatus } from '../src/payments/store.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import { newId } from '../src/platform/ids.ts';
import { asking, withKeys } from './stripe-calls.ts';

export interface IntentRequest {
  orderId: string;
  number: string;
  attempt: number;
  amount: number;
  currency: string;
}

/** Where an intent stands at Stripe: its status in Stripe's own words, and what was received in minor units. */
export interface IntentSeen {
  intentId: string;
  status: Stripe.PaymentIntent.Status;
  amountReceived: number;
  currency: string;
  /** The last try to pay was declined. */
  declined: boolean;
}

export interface IntentState extends IntentSeen {
  /** Which attempt of the order it is; null for one that only names the order. */
  attempt: number | null;
}

/** An attempt to pay an order. */
export interface Attempt {
  intentId: string;
  attempt: number;
}

export function createPaymentActivities({ db, stripe, clock }: { db: Database; stripe: Stripe; clock: Clock }) {
  return {
    /**
     * Creates the intent of an attempt, or meets the one that an earlier try has made.
     * @returns the order's newest attempt: a later one than this where there has been one
     * @throws StripeRefused (not retried)
     */
    async createIntent(request: IntentRequest): Promise<Attempt> {
      const { orderId, attempt, amount, currency } = request;
      const intent = await asking(() =>
        withKeys(`intent:${orderId}:${attempt}:${amount}:${currency}`, (idempotencyKey) =>
          stripe.paymentIntents.create(
            {
              amount,
              currency,
              automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
              description: request.number,
              metadata: { orderId, orderNumber: request.number },
            },
            { idempotencyKey },
          ),
        ),
      );
      if (intent.client_secret === null) throw new Error('the intent came without a client secret');
      const kept = { orderId, attempt, intentId: intent.id, clientSecret: intent.client_secret, amount, currency };
      const isNew = await saveIntent(db, newId(clock()), { ...kept, intentStatus: intent.status }, clock());
      if (attempt > 1) await setPaymentStatus(db, orderId, 'PENDING', clock());
      const newest = isNew ? undefined : await findAttempt(db, orderId);
      return newest ?? { intentId: intent.id, attempt };
    },

    /** Reads the intent again: an event says where to look, never what is true. */
    async readIntent(intentId: string): Promise<IntentState> {
      return noteIntent(db, await lookAtIntent(stripe, intentId), clock());
    },

    /**
     * Cancels the order's intent unless it has ended already, or Stripe refuses to.
     * @returns where it stands then, in Stripe's words, whatever became of the cancel; null when the order has none
     */
    async cancelOrderIntent(orderId: string): Promise<IntentState | null> {
      const attempt = await findAttempt(db, orderId);
      if (attempt === undefined) return null;
      const { intentId } = attempt;
      const intent = await asking(async () => {
        try {
          return await stripe.paymentIntents.cancel(intentId);
        } catch (error) {
          if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
          return stripe.paymentIntents.retrieve(intentId);
        }
      });
      return noteIntent(db, seen(intent), clock());
    },
  };
}

/** The intent as Stripe has it now. @throws StripeRefused (not retried) when there is none */
export async function lookAtIntent(stripe: Stripe, intentId: string): Promise<IntentSeen> {
  return seen(await asking(() => stripe.paymentIntents.retrieve(intentId)));
}

/** Keeps its status in the books, which know whose attempt it is. */
export async function noteIntent(db: Database, intent: IntentSeen, now: Date): Promise<IntentState> {
  return { ...intent, attempt: await setIntentStatus(db, intent.intentId, intent.status, now) };
}

function seen(intent: Stripe.PaymentIntent): IntentSeen {
  return {
    intentId: intent.id,
    status: intent.status,
    amountReceived: intent.amount_received,
    currency: intent.currency,
    declined: intent.last_payment_error !== null,
  };
}
