// The guest's cart over HTTP: adding to it makes it, reading it prices it with what the catalog says now.
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { cartToken, giveCartToken, renewCartCookie, requireCartTokenHash } from '../http/cart-token.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import { editHeaders, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppEnv, type AppRouter, createRouter } from '../http/router.ts';
import { uuid } from '../http/schemas.ts';
import type { Database } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { hashToken, newCartToken } from '../platform/tokens.ts';
import { cartCouponRoutes } from './coupon-routes.ts';
import { createCartEditing, type FindCoupon } from './editing.ts';
import { lockToFill, newCartIds, refuseVersion, requireLive, versionTag } from './edits.ts';
import { addItemBody, cartAnswer, cartExample, EDIT_RESPONSES, MAX_QUANTITY, setItemBody } from './schemas.ts';
import { addItem, type Cart, clearItems, createFilledCart, findCart, removeItem, setQuantity } from './store.ts';

type Line = z.infer<typeof addItemBody>;

const TAGS = ['Cart'];
const itemParams = z.object({ id: uuid });

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

export function cartRoutes(deps: AppDeps, findCoupon: FindCoupon): AppRouter {
  const { db, config, clock } = deps;
  const editing = createCartEditing(deps, findCoupon);
  const { edit, count, endOfLife, present, presentItems } = editing;
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
    const line = c.req.valid('json');
    const token = cartToken(c);
    if (token === undefined) return c.json(await addFirst(c, line), 201);
    const { isNew, answer } = await addNext(c, hashToken(token), line);
    if (!isNew) {
      renewCartCookie(c, config);
      return c.json(answer, 200);
    }
    giveCartToken(c, token, config);
    return c.json({ ...answer, cartToken: token }, 201);
  });

  /** Who has no cart gets one with the item in it. */
  async function addFirst(c: Context<AppEnv>, { variantId, quantity }: Line) {
    refuseVersion(c.req.header('If-Match'));
    const [token, now] = [newCartToken(), clock()];
    const empty = { ...newCartIds(now), tokenHash: hashToken(token), currency: config.CURRENCY, now };
    const item = { id: newId(now), variantId, quantity };
    const filled = await createFilledCart(db, { ...empty, expiresAt: endOfLife(now) }, item);
    if (filled === undefined) throw notForSale();
    c.header('ETag', versionTag(filled.cart));
    giveCartToken(c, token, config);
    return { ...presentItems(filled.cart, filled.items), cartToken: token };
  }

  async function addNext(c: Context<AppEnv>, tokenHash: Buffer, line: Line) {
    const editor = { tokenHash, ifMatch: c.req.header('If-Match'), now: clock() };
    const fresh = { currency: config.CURRENCY, expiresAt: endOfLife(editor.now) };
    return db.transaction().execute(async (tx) => {
      const filling = await lockToFill(tx, editor, fresh);
      await add(tx, filling.cart, line, editor.now);
      return { isNew: filling.isNew, answer: await count(c, tx, filling.cart) };
    });
  }

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

  router.route('/', cartCouponRoutes(deps, editing, findCoupon));
  return router;
}

async function add(tx: Database, cart: Cart, { variantId, quantity }: Line, now: Date): Promise<void> {
  const inCart = await addItem(tx, { id: newId(now), cartId: cart.id, variantId, quantity, now });
  if (inCart === undefined) throw notForSale();
  if (inCart > MAX_QUANTITY) {
    const message = `the cart would hold ${inCart}, and ${MAX_QUANTITY} is the most`;
    throw problem('validation_failed', { errors: [{ path: 'quantity', message }] });
  }
}

function notForSale() {
  return problem('not_found', { detail: 'There is no such variant for sale.' });
}

function noItem() {
  return problem('not_found', { detail: 'There is no such item in this cart.' });
}
