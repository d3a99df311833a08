// The shopper's side of Stripe, as Stripe.js plays it: confirms an intent with the publishable key and its client secret, and
// goes to the bank's page where the bank asks for it.
import type { Client } from './client.ts';

export interface Payment {
  intentId: string;
  clientSecret: string;
}

/** What became of a card: the intent's status in Stripe's words, `declined`, or undefined when Stripe did not answer. */
type Outcome = string | undefined;

/** What confirming and the bank's page answer with: an intent, or an error that may hold one. */
interface StripeAnswer {
  status?: string;
  error?: { code?: string; type?: string; payment_intent?: { status: string } };
}

export interface Card {
  pay(payment: Payment, card?: string): Promise<Outcome>;
}

const NEEDS_BANK = 'requires_action';

export function createCard(stripe: Client, publishableKey: string): Card {
  const headers = { Authorization: `Bearer ${publishableKey}` };

  async function ask(path: string, body: URLSearchParams | object): Promise<Outcome> {
    const route = path.replace(/pi_\w+/, ':id');
    const reply = await stripe<StripeAnswer>({ method: 'POST', route, path, headers, body });
    if (reply === undefined) return undefined;
    const { status, error } = reply.body;
    return status ?? (error?.code === 'card_declined' ? 'declined' : error?.payment_intent?.status);
  }

  return {
    pay: async ({ intentId, clientSecret }, card = 'pm_card_visa') => {
      const form = new URLSearchParams({ client_secret: clientSecret, payment_method: card });
      const confirm = (): Promise<Outcome> => ask(`/v1/payment_intents/${intentId}/confirm`, form);
      const outcome = await confirm();
      if (outcome !== NEEDS_BANK) return outcome;
      await ask(`/_sim/payment_intents/${intentId}/authenticate`, { succeed: true });
      // What the bank's page said may be lost; the intent knows.
      return look(intentId, clientSecret);
    },
  };

  async function look(intentId: string, clientSecret: string): Promise<Outcome> {
    const path = `/v1/payment_intents/${intentId}?client_secret=${clientSecret}`;
    const reply = await stripe<StripeAnswer>({ method: 'GET', route: '/v1/payment_intents/:id', path, headers });
    return reply?.body.status;
  }
}
