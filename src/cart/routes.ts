// The guest's cart over HTTP: adding to it makes it, reading it prices it with what the catalog says now.
import { createRoute, type z } from '@hono/zod-openapi';
import { cartTokenHash, giveCartToken, renewCartCookie } from '../http/cart-token.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import { idempotencyHeader, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import type { Database } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { hashToken, newCartToken } from '../platform/tokens.ts';
import { priceCart } from '../pricing/rules.ts';
import { addItemBody, cartAnswer, cartExample, MAX_QUANTITY } from './schemas.ts';
import { addItem, type Cart, createCart, findCart, listItems, lockCart, touchCart } from './store.ts';

const readCart = createRoute({
  method: 'get',
  path: '/cart',
  tags: ['Cart'],
  summary: 'My cart, priced now',
  security: SECURITY.guest,
  responses: {
    200: jsonAnswer('The cart', cartAnswer, cartExample),
    ...problemResponses('unauthenticated', 'not_found'),
  },
});

const addToCart = createRoute({
  method: 'post',
  path: '/cart/items',
  tags: ['Cart'],
  summary: 'Add to the cart; without a token, make one',
  security: [{}, ...SECURITY.guest],
  request: {
    headers: idempotencyHeader,
    body: jsonBody(addItemBody, { variantId: '01960000-0000-7000-8000-000000000001', quantity: 2 }),
  },
  responses: {
    200: jsonAnswer('The cart with the item in it', cartAnswer, cartExample),
    201: jsonAnswer('A new cart, with its token in X-Cart-Token and in the body', cartAnswer, cartExample),
    ...problemResponses('not_found', 'cart_in_checkout', 'validation_failed'),
  },
});

export function cartRoutes(deps: AppDeps): AppRouter {
  const { db, config, clock } = deps;
  const router = createRouter();

  router.openapi(readCart, async (c) => {
    const tokenHash = cartTokenHash(c);
    if (tokenHash === undefined) throw problem('unauthenticated', { detail: 'Send the cart token in X-Cart-Token.' });
    const cart = await findCart(db, tokenHash);
    if (cart === undefined) throw problem('not_found', { detail: 'There is no such cart.' });
    return c.json(await present(deps, cart), 200);
  });

  router.openapi({ ...addToCart, middleware: idempotent(deps) }, async (c) => {
    const known = cartTokenHash(c);
    const newToken = newCartToken();
    const { cart, isNew } = await db.transaction().execute(async (tx) => {
      const filling = await cartToFill(tx, known, newToken);
      return { ...filling, cart: await add(tx, filling.cart, c.req.valid('json')) };
    });
    const answer = await present(deps, cart);
    c.header('ETag', `"${cart.version}"`);
    if (!isNew) {
      renewCartCookie(c, config);
      return c.json(answer, 200);
    }
    giveCartToken(c, newToken, config);
    return c.json({ ...answer, cartToken: newToken }, 201);
  });

  /** The shopper's cart, locked; a new one for who has none, and for who comes back after their cart became an order. */
  async function cartToFill(
    tx: Database,
    known: Buffer | undefined,
    newToken: string,
  ): Promise<{ cart: Cart; isNew: boolean }> {
    const cart = known === undefined ? undefined : await lockCart(tx, { tokenHash: known });
    if (known !== undefined && cart === undefined) throw problem('not_found', { detail: 'There is no such cart.' });
    if (cart?.status === 'checkout') throw problem('cart_in_checkout', { orderId: cart.nextOrderId });
    if (cart?.status === 'open') return { cart, isNew: false };
    const now = clock();
    const ids = { id: newId(now), nextOrderId: newId(now), tokenHash: hashToken(newToken) };
    const made = await createCart(tx, { ...ids, currency: config.CURRENCY, expiresAt: endOfLife(now), now });
    return { cart: made, isNew: true };
  }

  async function add(tx: Database, cart: Cart, { variantId, quantity }: z.infer<typeof addItemBody>): Promise<Cart> {
    const now = clock();
    const inCart = await addItem(tx, { id: newId(now), cartId: cart.id, variantId, quantity, now });
    if (inCart === undefined) throw problem('not_found', { detail: 'There is no such variant for sale.' });
    if (inCart > MAX_QUANTITY) {
      const message = `the cart would hold ${inCart}, and ${MAX_QUANTITY} is the most`;
      throw problem('validation_failed', { errors: [{ path: 'quantity', message }] });
    }
    return touchCart(tx, cart.id, endOfLife(now), now);
  }

  function endOfLife(now: Date): Date {
    return new Date(now.getTime() + config.CART_TTL * 1000);
  }

  return router;
}

/** The cart as it goes out, with the prices and the stock of this moment. */
async function present({ db }: AppDeps, cart: Cart) {
  const items = await listItems(db, cart.id);
  const { lines, ...totals } = priceCart(items);
  return {
    id: cart.id,
    version: cart.version,
    items: lines.map(({ discount: _discount, ...line }) => line),
    couponCode: null,
    ...totals,
    currency: cart.currency,
    expiresAt: cart.expiresAt.toISOString(),
  };
}
