// The guest's cart over HTTP: adding to it makes it, reading it prices it with what the catalog says now.
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { cartToken, cartTokenHash, giveCartToken, renewCartCookie, requireCartTokenHash } from '../http/cart-token.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import { editHeaders, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppEnv, type AppRouter, createRouter } from '../http/router.ts';
import { uuid } from '../http/schemas.ts';
import type { Database } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { hashToken, newCartToken } from '../platform/tokens.ts';
import { priceCart } from '../pricing/rules.ts';
import { lockForEdit, lockToFill, requireLive, versionTag } from './edits.ts';
import { addItemBody, cartAnswer, cartExample, MAX_QUANTITY, setItemBody } from './schemas.ts';
import { addItem, type Cart, clearItems, findCart, listItems, removeItem, setQuantity, touchCart } from './store.ts';

const TAGS = ['Cart'];
const itemParams = z.object({ id: uuid });
const EDIT_RESPONSES = {
  200: jsonAnswer('The cart as it is now; its version is the ETag', cartAnswer, cartExample),
  ...problemResponses('unauthenticated', 'not_found', 'cart_in_checkout', 'precondition_failed', 'validation_failed'),
};

const readCart = createRoute({
  method: 'get',
  path: '/cart',
  tags: TAGS,
  summary: 'My cart, priced now',
  security: SECURITY.guest,
  responses: {
    200: jsonAnswer('The cart; its version is the ETag', cartAnswer, cartExample),
    ...problemResponses('unauthenticated', 'not_found'),
  },
});

const addToCart = createRoute({
  method: 'post',
  path: '/cart/items',
  tags: TAGS,
  summary: 'Add to the cart; without a token, make one',
  description: 'After the cart became an order, or expired, the same token goes on with a new cart (201).',
  security: [{}, ...SECURITY.guest],
  request: {
    headers: editHeaders,
    body: jsonBody(addItemBody, { variantId: '01960000-0000-7000-8000-000000000001', quantity: 2 }),
  },
  responses: {
    200: jsonAnswer('The cart with the item in it', cartAnswer, cartExample),
    201: jsonAnswer('A new cart, with its token in X-Cart-Token and in the body', cartAnswer, cartExample),
    ...problemResponses('not_found', 'cart_in_checkout', 'precondition_failed', 'validation_failed'),
  },
});

const setItem = createRoute({
  method: 'put',
  path: '/cart/items/{id}',
  tags: TAGS,
  summary: 'Set the quantity of an item',
  security: SECURITY.guest,
  request: { params: itemParams, headers: editHeaders, body: jsonBody(setItemBody, { quantity: 3 }) },
  responses: EDIT_RESPONSES,
});

const deleteItem = createRoute({
  method: 'delete',
  path: '/cart/items/{id}',
  tags: TAGS,
  summary: 'Take an item out',
  security: SECURITY.guest,
  request: { params: itemParams, headers: editHeaders },
  responses: EDIT_RESPONSES,
});

const clearCart = createRoute({
  method: 'delete',
  path: '/cart',
  tags: TAGS,
  summary: 'Take everything out; the cart stays',
  security: SECURITY.guest,
  request: { headers: editHeaders },
  responses: EDIT_RESPONSES,
});

export function cartRoutes(deps: AppDeps): AppRouter {
  const { db, config, clock } = deps;
  const router = createRouter();
  const middleware = idempotent(deps);

  router.openapi(readCart, async (c) => {
    const cart = requireLive(await findCart(db, requireCartTokenHash(c)), clock());
    c.header('ETag', versionTag(cart));
    // Prices and stock change under the same version, so its tag must not make an old answer good again.
    c.header('Cache-Control', 'no-store');
    return c.json(await present(db, cart), 200);
  });

  router.openapi({ ...addToCart, middleware }, async (c) => {
    const newToken = cartToken(c) ?? newCartToken();
    const editor = { tokenHash: cartTokenHash(c), ifMatch: c.req.header('If-Match'), now: clock() };
    const fresh = { tokenHash: hashToken(newToken), currency: config.CURRENCY, expiresAt: endOfLife(editor.now) };
    const { isNew, answer } = await db.transaction().execute(async (tx) => {
      const filling = await lockToFill(tx, editor, fresh);
      await add(tx, filling.cart, c.req.valid('json'), editor.now);
      return { isNew: filling.isNew, answer: await count(c, tx, filling.cart) };
    });
    if (!isNew) {
      renewCartCookie(c, config);
      return c.json(answer, 200);
    }
    giveCartToken(c, newToken, config);
    return c.json({ ...answer, cartToken: newToken }, 201);
  });

  const set: Parameters<typeof router.openapi<typeof setItem>>[1] = async (c) => {
    const line = { ...c.req.valid('param'), ...c.req.valid('json') };
    const answer = await edit(c, async (tx, cart) => {
      if (!(await setQuantity(tx, { ...line, cartId: cart.id }))) throw noItem();
    });
    return c.json(answer, 200);
  };
  router.openapi({ ...setItem, middleware }, set);
  router.openapi({ ...setItem, middleware, method: 'patch', summary: 'The same as PUT' }, set);

  router.openapi({ ...deleteItem, middleware }, async (c) => {
    const { id } = c.req.valid('param');
    const answer = await edit(c, async (tx, cart) => {
      if (!(await removeItem(tx, { id, cartId: cart.id }))) throw noItem();
    });
    return c.json(answer, 200);
  });

  router.openapi({ ...clearCart, middleware }, async (c) => {
    const answer = await edit(c, (tx, cart) => clearItems(tx, cart.id));
    return c.json(answer, 200);
  });

  /** One edit of the caller's cart: all of it, or nothing. */
  async function edit(c: Context<AppEnv>, change: (tx: Database, cart: Cart) => Promise<void>) {
    const editor = { tokenHash: requireCartTokenHash(c), ifMatch: c.req.header('If-Match'), now: clock() };
    const answer = await db.transaction().execute(async (tx) => {
      const cart = await lockForEdit(tx, editor);
      await change(tx, cart);
      return count(c, tx, cart);
    });
    renewCartCookie(c, config);
    return answer;
  }

  /** Counts the edit of a locked cart, and gives the answer that belongs to exactly this version. */
  async function count(c: Context<AppEnv>, tx: Database, { id }: Cart) {
    const now = clock();
    const cart = await touchCart(tx, id, endOfLife(now), now);
    c.header('ETag', versionTag(cart));
    return present(tx, cart);
  }

  function endOfLife(now: Date): Date {
    return new Date(now.getTime() + config.CART_TTL * 1000);
  }

  return router;
}

async function add(
  tx: Database,
  cart: Cart,
  { variantId, quantity }: z.infer<typeof addItemBody>,
  now: Date,
): Promise<void> {
  const inCart = await addItem(tx, { id: newId(now), cartId: cart.id, variantId, quantity, now });
  if (inCart === undefined) throw problem('not_found', { detail: 'There is no such variant for sale.' });
  if (inCart > MAX_QUANTITY) {
    const message = `the cart would hold ${inCart}, and ${MAX_QUANTITY} is the most`;
    throw problem('validation_failed', { errors: [{ path: 'quantity', message }] });
  }
}

function noItem() {
  return problem('not_found', { detail: 'There is no such item in this cart.' });
}

/** The cart as it goes out, with the prices and the stock of this moment. */
async function present(db: Database, cart: Cart) {
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
