// The cart over HTTP, a guest's or a customer's: adding to it makes it, reading it prices it with what the catalog says now.
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { requirePerson } from '../http/caller.ts';
import { cartToken, cartTokenHash, dropCartCookie, giveCartToken, renewCartCookie } from '../http/cart-token.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import { editHeaders, emptyBody, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppEnv, type AppRouter, createRouter } from '../http/router.ts';
import { uuid } from '../http/schemas.ts';
import { findShopper, requireShopper } from '../http/shopper.ts';
import type { Database } from '../platform/database.ts';
import { newId } from '../platform/ids.ts';
import { hashToken, newCartToken } from '../platform/tokens.ts';
import { cartCouponRoutes } from './coupon-routes.ts';
import { createCartEditing, type FindCoupon, ownerOf } from './editing.ts';
import { type CartShopper, findLive, lockToFill, newCartIds, refuseVersion, versionTag } from './edits.ts';
import { createMerging } from './merging.ts';
import { addItemBody, cartAnswer, cartExample, EDIT_RESPONSES, MAX_QUANTITY, setItemBody } from './schemas.ts';
import { addItem, type Cart, clearItems, createFilledCart, removeItem, setQuantity } from './store.ts';

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
    ...problemResponses('not_found'),
  },
});

const addToCart = createRoute({
  method: 'post',
  path: '/cart/items',
  tags: TAGS,
  summary: 'Add to the cart; where there is none, make one',
  description:
    "Without a token or a login it is a new guest's. After the cart became an order, or expired, the same token goes on with a new cart (201). A customer has one cart on all devices, and needs no token for it.",
  security: [{}, ...SECURITY.guest],
  request: {
    headers: editHeaders,
    body: jsonBody(addItemBody, { variantId: '01960000-0000-7000-8000-000000000001', quantity: 2 }),
  },
  responses: {
    200: jsonAnswer('The cart with the item in it', cartAnswer, cartExample),
    201: jsonAnswer("A new cart; a guest's with its token in X-Cart-Token and in the body", cartAnswer, cartExample),
    ...problemResponses('not_found', 'cart_in_checkout', 'precondition_failed'),
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

const mergeCart = createRoute({
  method: 'post',
  path: '/cart/merge',
  tags: TAGS,
  summary: "Take the guest's cart of my token into my own",
  description:
    "Quantities add up, as far as the stock and the most of a line go, and the coupon comes along where my cart has none. The token names nothing afterwards. Without a guest's cart that is there, mine stays as it is.",
  security: SECURITY.person,
  request: { headers: editHeaders, body: emptyBody },
  responses: EDIT_RESPONSES,
});

export function cartRoutes(deps: AppDeps, findCoupon: FindCoupon): AppRouter {
  const { db, config, clock } = deps;
  const editing = createCartEditing(deps, findCoupon);
  const { edit, count, answer, endOfLife, presentItems } = editing;
  const merge = createMerging(deps, editing, findCoupon);
  const router = createRouter();
  const middleware = idempotent(deps);

  router.openapi(readCart, async (c) => {
    const cart = await findLive(db, ownerOf(await requireShopper(c, deps)), clock());
    // Prices and stock change under the same version, so its tag must not make an old answer good again.
    c.header('Cache-Control', 'no-store');
    return c.json(await answer(c, db, cart), 200);
  });

  router.openapi({ ...addToCart, middleware }, async (c) => {
    const line = c.req.valid('json');
    const [token, shopper] = [cartToken(c, config), await findShopper(c, deps)];
    if (token === undefined && shopper.customer === undefined) return c.json(await addFirst(c, line), 201);
    const { isNew, filled } = await addNext(c, ownerOf(shopper), line);
    if (!isNew) {
      renewCartCookie(c, config);
      return c.json(filled, 200);
    }
    if (token === undefined || shopper.customer !== undefined) return c.json(filled, 201);
    giveCartToken(c, token, config);
    return c.json({ ...filled, cartToken: token }, 201);
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

  async function addNext(c: Context<AppEnv>, owner: CartShopper, line: Line) {
    const editor = { ...owner, ifMatch: c.req.header('If-Match'), now: clock() };
    const fresh = { currency: config.CURRENCY, expiresAt: endOfLife(editor.now) };
    return db.transaction().execute(async (tx) => {
      const filling = await lockToFill(tx, editor, fresh);
      await add(tx, filling.cart, line, editor.now);
      return { isNew: filling.isNew, filled: await count(c, tx, filling.cart) };
    });
  }

  const set: Parameters<typeof router.openapi<typeof setItem>>[1] = async (c) => {
    const line = { ...c.req.valid('param'), ...c.req.valid('json') };
    const edited = await edit(c, async (tx, cart) => {
      if (!(await setQuantity(tx, { ...line, cartId: cart.id }))) throw noItem();
    });
    return c.json(edited, 200);
  };
  router.openapi({ ...setItem, middleware }, set);
  router.openapi({ ...setItem, middleware, method: 'patch', summary: 'The same as PUT' }, set);

  router.openapi({ ...deleteItem, middleware }, async (c) => {
    const { id } = c.req.valid('param');
    const edited = await edit(c, async (tx, cart) => {
      if (!(await removeItem(tx, { id, cartId: cart.id }))) throw noItem();
    });
    return c.json(edited, 200);
  });

  router.openapi({ ...clearCart, middleware }, async (c) => {
    const edited = await edit(c, async (tx, cart) => {
      await clearItems(tx, cart.id).execute();
    });
    return c.json(edited, 200);
  });

  router.openapi({ ...mergeCart, middleware }, async (c) => {
    const { userId: customerId } = await requirePerson(c, deps);
    const merger = { customerId, tokenHash: cartTokenHash(c, config), ifMatch: c.req.header('If-Match') };
    const merged = await db.transaction().execute(async (tx) => {
      const own = { customerId, tokenHash: undefined };
      return answer(c, tx, (await merge(tx, merger)) ?? (await findLive(tx, own, clock())));
    });
    dropCartCookie(c, config);
    return c.json(merged, 200);
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
