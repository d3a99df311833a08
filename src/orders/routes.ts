// Orders over HTTP: a submit becomes an order, or is refused with the reason.
import { createRoute, type z } from '@hono/zod-openapi';
import type { CheckoutInput } from '../../workflows/messages.ts';
import { pricingOf } from '../config.ts';
import type { AppDeps } from '../http/deps.ts';
import { idempotent } from '../http/idempotency.ts';
import { idempotencyHeader, jsonAnswer, jsonBody, problemResponses, SECURITY } from '../http/openapi.ts';
import { problem } from '../http/problem.ts';
import { type AppRouter, createRouter } from '../http/router.ts';
import { requireShopper, type Shopper } from '../http/shopper.ts';
import type { Database } from '../platform/database.ts';
import { orderToken } from '../platform/tokens.ts';
import { findShippingMethod } from '../pricing/rules.ts';
import { actRoutes } from './act-routes.ts';
import { findRefusal, type Submit, type SubmittedCart, saveSubmit } from './checkout-store.ts';
import { isGuests } from './customer-store.ts';
import { listRoutes } from './list-routes.ts';
import { readRoutes } from './read-routes.ts';
import type { Address, OrderStatus, Refusal } from './rules.ts';
import { orderExample, placedAnswer, placeOrderBody, placeOrderExample, presentOrder } from './schemas.ts';
import { findOrder } from './store.ts';
import { streamRoutes } from './stream-routes.ts';
import { submitCheckout } from './submit.ts';

type Sent = Omit<Submit, 'orderId' | 'cartId'>;

const ENDED_UNPAID: ReadonlySet<OrderStatus> = new Set(['EXPIRED', 'CANCELLED']);

const intentExample = { intentId: 'pi_3Ab', clientSecret: 'pi_3Ab_secret_4Cd', status: 'requires_payment_method' };

const placeOrder = createRoute({
  method: 'post',
  path: '/orders',
  tags: ['Orders'],
  summary: 'Place the order of my cart',
  description:
    'However often a cart is submitted, by whomever and in parallel, it becomes one order, and each caller gets it. Who is logged in gets an order of their own, in their history; a guest gets its accessToken.',
  security: SECURITY.guest,
  request: { headers: idempotencyHeader.required(), body: jsonBody(placeOrderBody, placeOrderExample) },
  responses: {
    201: jsonAnswer('The order, and what to pay', placedAnswer, { order: orderExample, payment: intentExample }),
    ...problemResponses(
      'idempotency_key_missing',
      'idempotency_key_reused',
      'not_found',
      'out_of_stock',
      'cart_empty',
      'cart_changed',
      'coupon_invalid',
      'payment_refused',
    ),
  },
});

/** Finds a customer's address by its id; undefined when they have no such one. */
export type FindAddress = (db: Database, by: { id: string; customerId: string }) => Promise<Address | undefined>;

export function orderRoutes(deps: AppDeps, findAddress: FindAddress): AppRouter {
  const { db, config, temporal, clock, limits } = deps;
  const router = createRouter();

  const place: Parameters<typeof router.openapi<typeof placeOrder>>[1] = async (c) => {
    const shopper = await requireShopper(c, deps);
    const { note = null, expectedTotal = null, shippingMethod = null, ...sent } = c.req.valid('json');
    if (findShippingMethod(pricingOf(config), shippingMethod) === undefined) {
      throw invalid('shippingMethod', "must be the id of one of the shop's shipping methods");
    }
    const { paymentMethod, email } = sent;
    const whose = buyerOf(shopper, email);
    const shippingAddress = sent.shippingAddress ?? (await ownAddress(whose.customerId, sent.addressId));
    const order = { ...whose, paymentMethod, shippingAddress, note, expectedTotal, shippingMethod };
    const placed = await placeFor(shopper.tokenHash, order);
    c.header('Location', `/api/v1/orders/${placed.order.id}`);
    return c.json(placed, 201);
  };

  /**
   * Submits the cart; once more where the order that it named has ended in this very moment: its cart was opened again with it,
   * or is that order's for good.
   */
  async function placeFor(
    tokenHash: Buffer | undefined,
    sent: Sent,
    again = true,
  ): Promise<z.input<typeof placedAnswer>> {
    const cart = await saveSubmit(db, tokenHash, sent, clock());
    if (cart === undefined) throw noCart();
    const countMails = limits.orderMailsTo(sent.email, cart.orderId);
    const answer = cart.status === 'ordered' ? 'ended' : await submitCheckout(temporal, checkoutOf(cart));
    if (answer !== 'ended' && answer.outcome === 'refused') throw refused(answer.refusal);
    countMails();
    const placed = await findPlaced(deps, cart.orderId, sent.customerId);
    if (cart.status !== 'ordered' && ENDED_UNPAID.has(placed.order.status)) {
      if (again) return placeFor(tokenHash, sent, false);
      throw problem('unavailable', { detail: 'The order before this one is just ending. Try again.' });
    }
    if (sent.expectedTotal !== null && sent.expectedTotal !== placed.order.total) {
      throw problem('cart_changed', { total: placed.order.total });
    }
    return placed;
  }

  function checkoutOf({ orderId, cartId }: SubmittedCart): CheckoutInput {
    return {
      orderId,
      cartId,
      paymentWindow: config.PAYMENT_WINDOW,
      confirmationWindow: config.CONFIRMATION_WINDOW,
      holdGrace: config.HOLD_GRACE,
    };
  }

  /** @throws not_found for whoever has no such address */
  async function ownAddress(customerId: string | null, id: string | undefined): Promise<Address> {
    const found = customerId !== null && id !== undefined && (await findAddress(db, { id, customerId }));
    if (found === false || found === undefined) throw problem('not_found', { detail: 'There is no such address.' });
    return found;
  }

  const middleware = idempotent(deps, { required: true, converges: true });
  router.openapi({ ...placeOrder, middleware }, place);
  router.openapi({ ...placeOrder, middleware, path: '/orders/checkout', summary: 'The same as POST /orders' }, place);

  // Before the routes of one order: `all` is no order's id.
  router.route('/', listRoutes(deps));
  router.route('/', readRoutes(deps));
  router.route('/', streamRoutes(deps));
  router.route('/', actRoutes(deps));
  return router;
}

/** Whose order it is to be, and where its mails go. @throws validation_failed for a guest without an address of mail */
function buyerOf({ customer }: Shopper, email: string | undefined): Pick<Sent, 'customerId' | 'email'> {
  if (customer !== undefined) return { customerId: customer.userId, email: customer.email };
  if (email === undefined) throw invalid('email', 'is required of a guest');
  return { customerId: null, email };
}

/**
 * The answer for an order that was placed, now or before; or the refusal, in the words that every caller gets. For whoever has
 * no more than the token of a cart that a customer has ordered, there is no such cart any more, and for nobody when the customer
 * has gone.
 */
async function findPlaced(
  { db, config }: AppDeps,
  orderId: string,
  customerId: string | null,
): Promise<z.input<typeof placedAnswer>> {
  const order = await findOrder(db, orderId);
  if (order !== undefined && !isGuests(order) && (customerId === null || order.customerId !== customerId))
    throw noCart();
  if (order === undefined || order.status === 'CANCELLED') {
    const refusal = await findRefusal(db, orderId);
    if (refusal !== null && refusal !== undefined) throw refused(refusal);
  }
  if (order === undefined) throw problem('unavailable', { detail: 'The order is not there yet. Try again.' });
  if (order.status === 'PENDING' && order.intent === null) {
    throw problem('unavailable', { detail: 'The payment service does not answer yet. The order is held; try again.' });
  }
  const token = isGuests(order) ? orderToken(config.TOKEN_SECRET, orderId) : undefined;
  return { order: presentOrder(order, token), payment: order.intent };
}

function invalid(path: string, message: string) {
  return problem('validation_failed', { errors: [{ path, message }] });
}

function noCart() {
  return problem('not_found', { detail: 'There is no such cart.' });
}

function refused({ code, ...members }: Refusal) {
  return problem(code, members);
}
