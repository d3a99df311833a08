// Stripe through its own package: the real service, or the simulator where STRIPE_API_BASE names one.
import Stripe from 'stripe';
import type { Config } from '../config.ts';

/** A customer waits for the answer: past this Stripe counts as away, and the slow path goes on. */
const REQUEST_TIMEOUT_MS = 5_000;
/** The package repeats lost connections, 409 and 5xx under the same idempotency key; more than one repeat is the caller's. */
const NETWORK_RETRIES = 1;

type StripeSettings = Pick<Config, 'STRIPE_API_BASE'> & { STRIPE_SECRET_KEY: string };

export function openStripe(settings: StripeSettings): Stripe {
  const base = settings.STRIPE_API_BASE === undefined ? undefined : new URL(settings.STRIPE_API_BASE);
  return new Stripe(settings.STRIPE_SECRET_KEY, {
    timeout: REQUEST_TIMEOUT_MS,
    maxNetworkRetries: NETWORK_RETRIES,
    telemetry: false,
    ...(base && { host: base.hostname, port: base.port, protocol: base.protocol === 'https:' ? 'https' : 'http' }),
  });
}
