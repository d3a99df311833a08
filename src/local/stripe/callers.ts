// Who calls: the secret key may do everything, the publishable key only what a shopper's browser may.
// https://docs.stripe.com/api/authentication
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Stripe } from 'stripe';
import { Refusal } from './errors.ts';

export interface Keys {
  secretKey: string;
  publishableKey: string;
}

/**
 * @param header the `Authorization` header: `Bearer <key>`, or `Basic` with the key as user name
 * @throws {Refusal} 401 without a key that is ours
 */
export function authenticate(header: string | undefined, keys: Keys): 'secret' | 'publishable' {
  const key = keyOf(header);
  if (key === '') {
    throw unauthorized(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  if (same(key, keys.secretKey)) return 'secret';
  if (same(key, keys.publishableKey)) return 'publishable';
  throw unauthorized(`Invalid API Key provided: ${masked(key)}`);
}

/** What the publishable key may not do. */
export function secretKeyRequired(): Refusal {
  return unauthorized(
    'This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.',
    'secret_key_required',
  );
}

const SHOPPER_SEES = [
  'id',
  'object',
  'amount',
  'amount_details',
  'automatic_payment_methods',
  'canceled_at',
  'cancellation_reason',
  'capture_method',
  'client_secret',
  'confirmation_method',
  'created',
  'currency',
  'description',
  'last_payment_error',
  'livemode',
  'next_action',
  'payment_method',
  'payment_method_types',
  'processing',
  'receipt_email',
  'setup_future_usage',
  'shipping',
  'source',
  'status',
] as const satisfies (keyof Stripe.PaymentIntent)[];
const SHOPPER_FIELDS: ReadonlySet<string> = new Set(SHOPPER_SEES);

/** The part of an intent that the publishable key gets to see: no metadata, no charge. */
export function shopperView(intent: object): object {
  return Object.fromEntries(Object.entries(intent).filter(([field]) => SHOPPER_FIELDS.has(field)));
}

function keyOf(header = ''): string {
  const [scheme = '', credentials = ''] = header.trim().split(/\s+/, 2);
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return '';
  return Buffer.from(credentials, 'base64').toString('utf8').split(':', 1)[0] ?? '';
}

function same(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function masked(key: string): string {
  return key.length > 12 ? `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}` : '*'.repeat(key.length);
}

function unauthorized(message: string, code?: string): Refusal {
  return new Refusal(401, { type: 'invalid_request_error', message, ...(code === undefined ? {} : { code }) });
}
