// A shop with carts on the real tables, for tests of what customers and guests put in them.
import { createMergeCart } from '../../src/cart/merging.ts';
import { cartRoutes } from '../../src/cart/routes.ts';
import { findCoupon } from '../../src/coupons/store.ts';
import type { Database } from '../../src/platform/database.ts';
import { hashToken } from '../../src/platform/tokens.ts';
import { type Credentials, type Person, person } from '../accounts/people.ts';
import { asking } from '../http/asking.ts';
import { floor } from '../http/floor.ts';
import { stockedVariant } from '../support/rows.ts';

export const withToken = (token: string) => ({ 'X-Cart-Token': token });

/** Its variants `cup`, `pot` and `lid` have a hundred in stock each. */
export async function cartShop(db: Database) {
  const { app, deps } = floor((all) => cartRoutes(all, findCoupon), {}, { db });
  const ask = asking(app);
  const [cup, pot, lid] = await Promise.all([variantOf(db), variantOf(db), variantOf(db)]);
  const mergeCart = createMergeCart(deps, findCoupon);
  const add = (headers: Credentials, variantId: string, quantity: number) =>
    ask('POST', 'cart/items', { headers, json: { variantId, quantity } });
  return {
    ask,
    add,
    cup,
    pot,
    lid,
    customer: () => person(db),
    /** A guest's cart with these lines. */
    guest: async (...lines: [string, number][]): Promise<{ token: string; id: string }> => {
      const guest = { token: '', id: '' };
      for (const line of lines) {
        const { body } = await add(guest.token === '' ? {} : withToken(guest.token), ...line);
        guest.token ||= body.cartToken;
        guest.id = body.id;
      }
      return guest;
    },
    merge: (who: Person, token: string, headers: Credentials = {}) =>
      ask('POST', 'cart/merge', { headers: { ...who.bearer, ...withToken(token), ...headers } }),
    /** What a login with this cart's token does. */
    mergeAtLogin: (who: Person, token: string) => mergeCart({ userId: who.id }, hashToken(token)),
    /** What is in a cart: quantities by variant. */
    linesOf: async (headers: Credentials): Promise<Record<string, number>> => {
      const { body } = await ask('GET', 'cart', { headers });
      const items: { variantId: string; quantity: number }[] = body.items;
      return Object.fromEntries(items.map(({ variantId, quantity }) => [variantId, quantity]));
    },
    setCart: async (cartId: string, columns: { status?: 'ordered'; expiresAt?: Date }): Promise<void> => {
      await db.updateTable('carts').set(columns).where('id', '=', cartId).execute();
    },
  };
}

async function variantOf(db: Database): Promise<string> {
  return (await stockedVariant(db, 100)).id;
}
