// Edits of a cart. Each takes the cart's row first, so that edits line up; looks whether the shopper knows the present
// version; and counts. A cart that became an order, or has expired, is not there: the next item makes a new one.
// Where a guest's cart and a customer's are both locked, the guest's comes first.
import { problem } from '../http/problem.ts';
import type { Database } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { hashToken, newCartToken } from '../platform/tokens.ts';
import { type Cart, createCart, createCustomerCart, findCart, leaveOwner, lockCart } from './store.ts';

/** Whose cart is meant: the guest's with this token, as long as it is there, otherwise this customer's. */
export interface CartShopper {
  tokenHash: Buffer | undefined;
  customerId: string | undefined;
}

/** Who edits, and what they have seen: the If-Match header as it came. */
export interface Editor extends CartShopper {
  ifMatch: string | undefined;
  now: Date;
}

/** What a cart is made with that is not there yet. */
interface Fresh {
  currency: string;
  expiresAt: Date;
}

type Look = typeof findCart;

/** The shopper's cart, to read. @throws not_found */
export async function findLive(db: Database, shopper: CartShopper, now: Date): Promise<Cart> {
  return requireLive(await lookFor(findCart, db, shopper, now), now);
}

/**
 * Locks the shopper's cart for an edit.
 * @throws not_found, cart_in_checkout, or precondition_failed when the shopper has seen another version
 */
export async function lockForEdit(tx: Database, editor: Editor): Promise<Cart> {
  const { ifMatch, now } = editor;
  return requireEditable(requireLive(await lookFor(lockCart, tx, editor, now), now), ifMatch);
}

async function lookFor(
  look: Look,
  db: Database,
  { tokenHash, customerId }: CartShopper,
  now: Date,
): Promise<Cart | undefined> {
  const guests = tokenHash && (await look(db, { tokenHash }));
  if (customerId === undefined || (guests !== undefined && !isOver(guests, now))) return guests;
  return (await look(db, { customerId })) ?? guests;
}

/**
 * The cart that the next item goes into, locked. One is made for who comes back after their cart became an order or expired:
 * it takes the token over under the old cart's lock, so that all who come at once fill one.
 * @throws like `lockForEdit`; a version of a cart that is no longer there is never the present one
 */
export async function lockToFill(tx: Database, editor: Editor, fresh: Fresh): Promise<{ cart: Cart; isNew: boolean }> {
  const { tokenHash, customerId, ifMatch, now } = editor;
  const known = tokenHash && (await lockCart(tx, { tokenHash }));
  if (known !== undefined && !isOver(known, now)) return { cart: requireEditable(known, ifMatch), isNew: false };
  if (customerId !== undefined) {
    if (known !== undefined) await retire(tx, known);
    return lockOwnToFill(tx, { customerId, ifMatch, now }, fresh);
  }
  if (tokenHash === undefined || known === undefined) throw noCart();
  refuseVersion(ifMatch);
  await retire(tx, known);
  // Versions go on under one token: what was seen of the old cart is never the present version of the new one.
  const cart = await createCart(tx, { ...fresh, ...newCartIds(now), tokenHash, version: known.version, now });
  return { cart, isNew: true };
}

/** The same for a customer's own cart, which is made when they have none. */
export async function lockOwnToFill(
  tx: Database,
  { customerId, ifMatch, now }: { customerId: string; ifMatch: string | undefined; now: Date },
  fresh: Fresh,
): Promise<{ cart: Cart; isNew: boolean }> {
  const known = await lockCart(tx, { customerId });
  if (known !== undefined && !isOver(known, now)) return { cart: requireEditable(known, ifMatch), isNew: false };
  refuseVersion(ifMatch);
  if (known !== undefined) await retire(tx, known);
  const version = known?.version ?? 1;
  const made = await createCustomerCart(tx, { ...fresh, ...newCartIds(now), customerId, version, now });
  if (made !== undefined) return { cart: made, isNew: true };
  const others = requireLive(await lockCart(tx, { customerId }), now);
  return { cart: requireEditable(others, ifMatch), isNew: false };
}

/** A locked cart whose life is over, or whose lines are elsewhere, is nobody's any more. */
export async function retire(tx: Database, { id }: Cart): Promise<void> {
  await leaveOwner(tx, id, hashToken(newCartToken())).execute();
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
export function isOver({ status, expiresAt }: Cart, now: Date): boolean {
  return status === 'ordered' || (status === 'open' && expiresAt <= now);
}

/** The cart, if it can be edited by who has seen this version. @throws cart_in_checkout, precondition_failed */
export function requireEditable(cart: Cart, ifMatch: string | undefined): Cart {
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
