// Bearer tokens of guests: random ones for carts (kept as a hash) and derived ones for orders (kept nowhere, so that every
// repeat of an answer can carry the same token).
import { createHmac, hash, randomBytes } from 'node:crypto';
import { equalTexts } from './digests.ts';
import { newestSecret } from './secrets.ts';

const CART_TOKEN_BYTES = 32;

/** A new cart token, for the shopper only. */
export function newCartToken(): string {
  return `cart_${randomBytes(CART_TOKEN_BYTES).toString('base64url')}`;
}

/** What the database keeps of a cart token. */
export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/**
 * The access token of a guest's order: HMAC-SHA256 of its id under the newest secret.
 * @param secrets the one in use first; the others still verify, so that a rotation logs nobody out
 */
export function orderToken(secrets: readonly string[], orderId: string): string {
  return sign(newestSecret(secrets), orderId);
}

/** Whether the token is the one of this order, under any of the secrets. */
export function verifyOrderToken(secrets: readonly string[], orderId: string, token: string): boolean {
  return secrets.some((secret) => equalTexts(sign(secret, orderId), token));
}

function sign(secret: string, orderId: string): string {
  return `order_${createHmac('sha256', secret).update(`order:${orderId}`).digest('base64url')}`;
}
