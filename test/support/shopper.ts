// A shopper who knows nothing but HTTP: the API, and Stripe's page (the simulator) to pay on.
import { randomUUID } from 'node:crypto';
import type { Stack } from '../../src/local/stack-file.ts';
import { until } from './wait.ts';

export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface CartBody {
  id: string;
  version: number;
  cartToken?: string;
  items: {
    variantId: string;
    sku: string;
    quantity: number;
    unitPrice: number;
    lineTotal: number;
    available: number;
  }[];
  total: number;
}

export interface OrderBody {
  id: string;
  number: string;
  status: string;
  paymentStatus: string;
  total: number;
  items: { sku: string; quantity: number }[];
  accessToken?: string;
  cancelReason: string | null;
  expiresAt: string;
}

export interface PlacedBody {
  order: OrderBody;
  /** Null where nothing is to be paid at Stripe. */
  payment: PlacedPayment | null;
}

export interface PlacedPayment {
  intentId: string;
  clientSecret: string;
  status: string;
}

/** One of an order's tries to be paid. */
export interface PaymentBody {
  id: string;
  orderId: string;
  attempt: number;
  intentId: string;
  clientSecret: string | null;
  status: string;
  amount: number;
  currency: string;
}

export interface TrackBody {
  status: string;
  events: { sequence: number; from: string | null; to: string; actor: string; note: string | null; at: string }[];
}

export interface ProblemBody {
  code: string;
  status: number;
  items?: { sku: string; requested: number; available: number }[];
  total?: number;
}

export const ADDRESS = {
  name: 'Ada Lovelace',
  line1: '12 St James Square',
  city: 'London',
  postalCode: 'SW1Y 4JH',
  country: 'GB',
};

/** One HTTP call; the body is parsed where it is JSON. */
export async function call<Body>(
  url: string,
  init: { method?: string; headers?: Record<string, string>; json?: unknown } = {},
): Promise<Answer<Body>> {
  const { json, headers, method } = init;
  const response = await fetch(url, {
    method: method ?? (json === undefined ? 'GET' : 'POST'),
    headers: { ...headers, ...(json !== undefined && { 'Content-Type': 'application/json' }) },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('Content-Type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Body };
}

/** The id of the variant with this sku, as the shop's own lists tell it. */
export async function variantOf(api: string, sku: string): Promise<string> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Answer<{ items: { id: string }[]; nextCursor: string | null }> = await call(
      `${api}/api/v1/products?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    for (const { id } of page.body.items) {
      const product = await call<{ variants: { id: string; sku: string }[] }>(`${api}/api/v1/products/${id}`);
      const variant = product.body.variants.find((one) => one.sku === sku);
      if (variant !== undefined) return variant.id;
    }
    cursor = page.body.nextCursor;
  }
  throw new Error(`no variant has the sku ${sku}`);
}

export interface Shopper {
  add(variantId: string, quantity?: number): Promise<Answer<CartBody>>;
  cart(): Promise<Answer<CartBody>>;
  submit(how: { paymentMethod: 'card' | 'cod'; key?: string; expectedTotal?: number }): Promise<Answer<PlacedBody>>;
  order(placed: PlacedBody): Promise<Answer<OrderBody>>;
  /** Puts the coupon with this code on the cart. */
  coupon(code: string): Promise<Answer<CartBody>>;
  /** @param key its Idempotency-Key; none unless told */
  cancel(placed: PlacedBody, key?: string): Promise<Answer<OrderBody>>;
  track(placed: PlacedBody): Promise<Answer<TrackBody>>;
  /** The order's one live intent. */
  createIntent(placed: PlacedBody): Promise<Answer<PaymentBody>>;
  /** @param payment its id, or Stripe's id of its intent */
  retry(placed: PlacedBody, payment: string): Promise<Answer<PaymentBody>>;
}

/** A guest with a cart of their own. */
export function newShopper(api: string, email = `${randomUUID()}@example.com`): Shopper {
  let token: string | undefined;
  const headers = (): Record<string, string> => (token === undefined ? {} : { 'X-Cart-Token': token });
  const owner = ({ order }: PlacedBody) => ({ 'X-Order-Token': order.accessToken ?? '' });
  const keyed = (placed: PlacedBody) => ({ ...owner(placed), 'Idempotency-Key': randomUUID() });
  return {
    add: async (variantId, quantity = 1) => {
      const answer = await call<CartBody>(`${api}/api/v1/cart/items`, {
        headers: headers(),
        json: { variantId, quantity },
      });
      token ??= answer.body.cartToken;
      return answer;
    },
    cart: () => call(`${api}/api/v1/cart`, { headers: headers() }),
    submit: ({ key = randomUUID(), ...how }) =>
      call(`${api}/api/v1/orders`, {
        headers: { ...headers(), 'Idempotency-Key': key },
        json: { ...how, email, shippingAddress: ADDRESS },
      }),
    order: (placed) => call(`${api}/api/v1/orders/${placed.order.id}`, { headers: owner(placed) }),
    coupon: (code) => call(`${api}/api/v1/cart/coupon`, { headers: headers(), json: { code } }),
    cancel: (placed, key) =>
      call(`${api}/api/v1/orders/${placed.order.id}/cancel`, {
        method: 'PUT',
        headers: { ...owner(placed), ...(key !== undefined && { 'Idempotency-Key': key }) },
      }),
    track: (placed) => call(`${api}/api/v1/orders/${placed.order.id}/track`, { headers: owner(placed) }),
    createIntent: (placed) =>
      call(`${api}/api/v1/payments/create-intent`, { headers: keyed(placed), json: { orderId: placed.order.id } }),
    retry: (placed, payment) =>
      call(`${api}/api/v1/payments/${payment}/retry`, { method: 'POST', headers: keyed(placed) }),
  };
}

export interface Admin {
  /** What proves who asks, for calls of a test's own. */
  headers: { Authorization: string };
  order(orderId: string): Promise<Answer<OrderBody>>;
  /** @param key its Idempotency-Key; none unless told */
  confirm(orderId: string, key?: string): Promise<Answer<OrderBody>>;
  reject(orderId: string, key?: string): Promise<Answer<OrderBody>>;
  cancel(orderId: string): Promise<Answer<OrderBody>>;
  track(orderId: string): Promise<Answer<TrackBody>>;
}

/** One of the shop's accounts (the admin, unless told), logged in. */
export async function logIn(
  { api: [api], accounts }: Pick<Stack, 'api' | 'accounts'>,
  account: keyof Stack['accounts'] = 'admin',
): Promise<Admin> {
  const { body } = await call<{ accessToken: string }>(`${api}/api/v1/auth/login`, { json: accounts[account] });
  const headers = { Authorization: `Bearer ${body.accessToken}` };
  const act = (path: string, method: string, key?: string) =>
    call<OrderBody>(`${api}/api/v1/orders/${path}`, {
      method,
      headers: { ...headers, ...(key !== undefined && { 'Idempotency-Key': key }) },
    });
  return {
    headers,
    order: (orderId) => act(orderId, 'GET'),
    confirm: (orderId, key) => act(`${orderId}/confirm`, 'POST', key),
    reject: (orderId, key) => act(`${orderId}/reject`, 'POST', key),
    cancel: (orderId) => act(`${orderId}/cancel`, 'PATCH'),
    track: (orderId) => call(`${api}/api/v1/orders/${orderId}/track`, { headers }),
  };
}

/** What an order by card is paid with. @throws when there is nothing to pay */
export function paymentOf({ payment }: Pick<PlacedBody, 'payment'>): PlacedPayment {
  return present(payment);
}

function present<T>(payment: T | null): T {
  if (payment === null) throw new Error('there is nothing to pay');
  return payment;
}

/** Pays as Stripe.js does: with the publishable key and the intent's client secret. @throws when there is nothing to pay */
export async function pay(
  stack: { stripe: string; publishableKey: string | null },
  payment: Pick<PlacedPayment, 'intentId' | 'clientSecret'> | null,
  paymentMethod = 'pm_card_visa',
): Promise<Answer<{ status?: string; error?: { code: string } }>> {
  const { intentId, clientSecret } = present(payment);
  const response = await fetch(`${stack.stripe}/v1/payment_intents/${intentId}/confirm`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${stack.publishableKey}` },
    body: new URLSearchParams({ client_secret: clientSecret, payment_method: paymentMethod }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as { status?: string } };
}

/** Waits until the order has this status, and gives it as it is then. */
export async function statusBecomes(order: () => Promise<{ body: OrderBody }>, status: string): Promise<OrderBody> {
  return until(`the order is ${status}`, async () => {
    const { body } = await order();
    return body.status === status && body;
  });
}
