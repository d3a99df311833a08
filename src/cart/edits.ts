// Edits of a cart. Each takes the cart's row first, so that edits line up; looks whether the shopper knows the present
// version; and counts. A cart that became an order, or has expired, is not there: the next item makes a new one.
import { problem } from '../http/problem.ts';
import type { Database } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { hashToken, newCartToken } from '../platform/tokens.ts';
import { type Cart, createCart, giveUpToken, lockCart } from './store.ts';

/** Who edits, and what they have seen: the hash of the cart's token, and the If-Match header as it came. */
export interface Editor {
  tokenHash: Buffer;
  ifMatch: string | undefined;
  now: Date;
}

/**
 * Locks the shopper's cart for an edit.
 * @throws not_found, cart_in_checkout, or precondition_failed when the shopper has seen another version
 */
export async function lockForEdit(tx: Database, { tokenHash, ifMatch, now }: Editor): Promise<Cart> {
  return requireEditable(requireLive(await lockCart(tx, { tokenHash }), now), ifMatch);
}

/**
 * The cart that the next item goes into, locked. One is made for who comes back after their cart became an order or expired:
 * it takes the token over under the old cart's lock, so that all who come at once fill one.
 * @throws like `lockForEdit`; a version of a cart that is no longer there is never the present one
 */
export async function lockToFill(
  tx: Database,
  { tokenHash, ifMatch, now }: Editor,
  fresh: { currency: string; expiresAt: Date },
): Promise<{ cart: Cart; isNew: boolean }> {
  const known = await lockCart(tx, { tokenHash });
  if (known === undefined) throw noCart();
  if (!isOver(known, now)) return { cart: requireEditable(known, ifMatch), isNew: false };
  refuseVersion(ifMatch);
  await giveUpToken(tx, known.id, hashToken(newCartToken()));
  // Versions go on under one token: what was seen of the old cart is never the present version of the new one.
  const cart = await createCart(tx, { ...fresh, ...newCartIds(now), tokenHash, version: known.version, now });
  return { cart, isNew: true };
}

/** The ids of a cart that is made now, and of the order that it will become. */
export function newCartIds(now: Date): { id: string; nextOrderId: string } {
  return { id: newId(now), nextOrderId: newId(now) };
}

/** Where there is no cart, no version of it has been seen. @throws precondition_failed */
export function refuseVersion(ifMatch: string | undefined): void {
  if (ifMatch !== undefined) throw problem('precondition_failed', { detail: 'There is no cart yet.' });
}

/** The cart, if it is there for its shopper: neither expired nor become an order. @throws not_found */
export function requireLive(cart: Cart | undefined, now: Date): Cart {
  if (cart === undefined) throw noCart();
  if (cart.status === 'ordered') {
    const orderId = cart.nextOrderId;
    throw problem('not_found', { detail: `This cart has become the order ${orderId}.`, orderId });
  }
  if (isOver(cart, now)) throw problem('not_found', { detail: 'This cart has expired.' });
  return cart;
}

/** The tag of a cart's version, as ETag says it and If-Match sends it back. */
export function versionTag({ version }: Cart): string {
  return `"${version}"`;
}

/** A cart in checkout does not expire: its order decides what becomes of it. */
function isOver({ status, expiresAt }: Cart, now: Date): boolean {
  return status === 'ordered' || (status === 'open' && expiresAt <= now);
}

function requireEditable(cart: Cart, ifMatch: string | undefined): Cart {
  if (cart.status === 'checkout') throw problem('cart_in_checkout', { orderId: cart.nextOrderId });
  if (ifMatch === undefined || matches(ifMatch, versionTag(cart))) return cart;
  throw problem('precondition_failed', {
    detail: `The cart is at version ${cart.version} now.`,
    version: cart.version,
    headers: { ETag: versionTag(cart) },
  });
}

/** RFC 9110, section 13.1.1, but for weak tags: compression makes ours weak on the way, and the version is the same. */
function matches(ifMatch: string, tag: string): boolean {
  if (ifMatch.trim() === '*') return true;
  return ifMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}

function noCart() {
  return problem('not_found', { detail: 'There is no such cart.' });
}
