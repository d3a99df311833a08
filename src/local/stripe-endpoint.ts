// Registers the shop's webhook with the simulator, through Stripe's own API, once per shop.
import Stripe from 'stripe';
import { INTENT_EVENTS, REFUND_EVENTS } from '../payments/rules.ts';
import type { Home } from './home.ts';

const TIMEOUT_MS = 5_000;
/** Only what the shop acts on, as Stripe advises: https://docs.stripe.com/webhooks#best-practices */
const EVENTS = [...INTENT_EVENTS, ...REFUND_EVENTS];

/**
 * Sees to it that the simulator sends its events to that URL.
 * @returns the secret that signs them
 */
export async function registerWebhook(home: Home, simulatorUrl: string, webhookUrl: string): Promise<string> {
  const { hostname, port } = new URL(simulatorUrl);
  const stripe = new Stripe(home.secrets.stripeSecretKey, {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    timeout: TIMEOUT_MS,
    telemetry: false,
  });
  const known = home.secrets.webhookEndpoint;
  if (known !== undefined && (await moved(stripe, known.id, webhookUrl))) return known.secret;
  const { id, secret } = await stripe.webhookEndpoints.create({ url: webhookUrl, enabled_events: EVENTS });
  if (secret === undefined) throw new Error('the Stripe simulator gave no secret for the new webhook endpoint');
  home.secrets = { ...home.secrets, webhookEndpoint: { id, secret } };
  await home.saveSecrets(home.secrets);
  return secret;
}

/** Points the endpoint to the URL; false when the simulator does not know it (its data was removed). */
async function moved(stripe: Stripe, id: string, url: string): Promise<boolean> {
  try {
    await stripe.webhookEndpoints.update(id, { url, enabled_events: EVENTS });
    return true;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404) return false;
    throw error;
  }
}
