// What a client calls each route of the document with, once there is something to call it for: things of its own in a counted shop.
import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { bearer, machine, newAddress, PASSWORD, person } from '../accounts/people.ts';
import { inMail } from '../support/backstage.ts';
import { ADDRESS, type PaymentBody } from '../support/shopper.ts';
import { type Call, type CountedShop, keyed, WEBHOOK_SECRET } from './counted-shop.ts';

/** By the method and the path of the document, in the order in which they can be sent. */
export type Calls = Record<string, Call>;

/** Of one area after the other: what the calls of one have changed, those of the next are made for. */
export const CALLS = [catalogCalls, cartCalls, accountCalls, userCalls, customerCalls, orderCalls, paymentCalls];

async function catalogCalls({ send }: CountedShop): Promise<Calls> {
  const { items } = await send<{ items: { id: string; slug: string }[] }>({ to: 'GET /api/v1/products?limit=1' });
  const categories = await send<{ items: { id: string; slug: string }[] }>({ to: 'GET /api/v1/categories' });
  const [product, category] = [items[0], categories.items[0]];
  const read = (path: string): Call => ({ to: `GET ${path}` });
  return {
    'GET /health': read('/health'),
    'GET /health/live': read('/health/live'),
    'GET /health/ready': read('/health/ready'),
    'GET /metrics': read('/metrics'),
    'GET /api/v1/products': read('/api/v1/products?limit=20'),
    'GET /api/v1/products/available': read('/api/v1/products/available'),
    'GET /api/v1/products/slug/{slug}': read(`/api/v1/products/slug/${product?.slug}`),
    'GET /api/v1/products/{id}': read(`/api/v1/products/${product?.id}`),
    'GET /api/v1/categories': read('/api/v1/categories'),
    'GET /api/v1/categories/slug/{slug}': read(`/api/v1/categories/slug/${category?.slug}`),
    'GET /api/v1/categories/slug/{slug}/products': read(`/api/v1/categories/slug/${category?.slug}/products`),
    'GET /api/v1/categories/{id}': read(`/api/v1/categories/${category?.id}`),
  };
}

async function cartCalls({ send, variants, fillCart }: CountedShop): Promise<Calls> {
  const headers = await fillCart();
  const [variantId] = await variants(1);
  const { items } = await send<{ items: { id: string }[] }>({ to: 'GET /api/v1/cart', headers });
  const item = `/api/v1/cart/items/${items[0]?.id}`;
  const coupon = { code: 'WELCOME10' };
  return {
    'POST /api/v1/cart/items': { to: 'POST /api/v1/cart/items', json: { variantId, quantity: 1 } },
    'GET /api/v1/cart': { to: 'GET /api/v1/cart', headers },
    'PUT /api/v1/cart/items/{id}': { to: `PUT ${item}`, headers, json: { quantity: 2 } },
    'PATCH /api/v1/cart/items/{id}': { to: `PATCH ${item}`, headers, json: { quantity: 20 } },
    'POST /api/v1/coupons/validate': { to: 'POST /api/v1/coupons/validate', headers, json: coupon },
    'POST /api/v1/cart/coupon': { to: 'POST /api/v1/cart/coupon', headers, json: coupon },
    'DELETE /api/v1/cart/coupon': { to: 'DELETE /api/v1/cart/coupon', headers },
    'DELETE /api/v1/cart/items/{id}': { to: `DELETE ${item}`, headers },
    'DELETE /api/v1/cart': { to: 'DELETE /api/v1/cart', headers },
  };
}

async function customerCalls({ send, logIn, fillCart }: CountedShop): Promise<Calls> {
  const headers = await logIn('customer');
  const merging = { ...headers, ...(await fillCart()) };
  const { id } = await send<{ id: string }>({ to: 'POST /api/v1/addresses', headers, json: ADDRESS });
  const address = `/api/v1/addresses/${id}`;
  return {
    'POST /api/v1/cart/merge': { to: 'POST /api/v1/cart/merge', headers: merging },
    'GET /api/v1/orders': { to: 'GET /api/v1/orders', headers },
    'GET /api/v1/orders/all': { to: 'GET /api/v1/orders/all?status=PAID', headers: await logIn() },
    'POST /api/v1/addresses': { to: 'POST /api/v1/addresses', headers, json: ADDRESS },
    'GET /api/v1/addresses': { to: 'GET /api/v1/addresses', headers },
    'GET /api/v1/addresses/{id}': { to: `GET ${address}`, headers },
    'PATCH /api/v1/addresses/{id}': { to: `PATCH ${address}`, headers, json: { city: 'York' } },
    'PUT /api/v1/addresses/{id}': { to: `PUT ${address}`, headers, json: { isDefault: true } },
    'DELETE /api/v1/addresses/{id}': { to: `DELETE ${address}`, headers },
  };
}

/** A new account, what proves it, and the secrets of its mails as the inbox gets them. */
async function accountCalls({ send, stack }: CountedShop): Promise<Calls> {
  const [email, newcomer, other] = [newAddress(), newAddress(), newAddress()];
  const auth = (route: string, json: unknown, headers = {}): Call => ({
    to: `POST /api/v1/auth/${route}`,
    headers,
    json,
  });
  const register = auth('register', { email, password: PASSWORD, name: 'Ada' });
  const sessions = await send<{ refreshToken: string }>(register);
  const third = { email: newAddress(), password: PASSWORD, name: 'Ada' };
  const { accessToken } = await send<{ accessToken: string }>(auth('register', third));
  await send(auth('forgot-password', { email }));
  await send(auth('send-otp', { email: newcomer }));
  const [confirm, reset, otp] = await Promise.all([
    inMail(stack, email, /(verify_email_[\w-]+)/),
    inMail(stack, email, /(reset_password_[\w-]+)/),
    inMail(stack, newcomer, /^(\d{6})$/m),
  ]);
  const change = { currentPassword: PASSWORD, newPassword: 'wrong donkey cell paperclip' };
  return {
    'POST /api/v1/auth/register': auth('register', { email: other, password: PASSWORD, name: 'Ada' }),
    'POST /api/v1/auth/refresh': auth('refresh', { refreshToken: sessions.refreshToken }),
    'POST /api/v1/auth/verify-email': auth('verify-email', { token: confirm }),
    'POST /api/v1/auth/resend-verification': auth('resend-verification', { email: other }),
    'POST /api/v1/auth/verify-otp': auth('verify-otp', { email: newcomer, otp }),
    'POST /api/v1/auth/send-otp': auth('send-otp', { email }),
    'POST /api/v1/auth/reset-password': auth('reset-password', { token: reset, newPassword: PASSWORD }),
    'POST /api/v1/auth/forgot-password': auth('forgot-password', { email }),
    'POST /api/v1/auth/change-password': auth('change-password', change, bearer(accessToken)),
  };
}

async function orderCalls({ stack, place, logIn, fillCart, submit }: CountedShop): Promise<Calls> {
  const [mineToBe, other] = [await fillCart(), await fillCart()];
  const { orderId, owner } = await place();
  const mine = `/api/v1/orders/${orderId}`;
  const admin = await logIn();
  const act = (id: string, method: string, what: string): Call => ({
    to: `${method} /api/v1/orders/${id}/${what}`,
    headers: admin,
  });
  const [confirmed, rejected, cancelled] = [await place('cod'), await place('cod'), await place()];
  return {
    'POST /api/v1/auth/login': { to: 'POST /api/v1/auth/login', json: stack.accounts.admin },
    'POST /api/v1/orders': submit(mineToBe),
    'POST /api/v1/orders/checkout': submit(other, 'card', '/orders/checkout'),
    'GET /api/v1/orders/{id}': { to: `GET ${mine}`, headers: owner },
    'GET /api/v1/orders/{id}/track': { to: `GET ${mine}/track`, headers: owner },
    'GET /api/v1/orders/{id}/stream': { to: `GET ${mine}/stream`, headers: owner },
    'POST /api/v1/orders/{id}/confirm': act(confirmed.orderId, 'POST', 'confirm'),
    'POST /api/v1/orders/{id}/reject': act(rejected.orderId, 'POST', 'reject'),
    'PUT /api/v1/orders/{id}/cancel': { to: `PUT ${mine}/cancel`, headers: owner },
    'PATCH /api/v1/orders/{id}/cancel': act(cancelled.orderId, 'PATCH', 'cancel'),
    'POST /api/v1/auth/logout': { to: 'POST /api/v1/auth/logout', headers: admin },
  };
}

async function userCalls({ db }: CountedShop): Promise<Calls> {
  const [{ bearer: admin }, { bearer: mine }] = [await person(db, { role: 'admin' }), await person(db)];
  const [{ id: changed }, { id: gone }, { id: key }] = [await person(db), await person(db), await machine(db)];
  const asAdmin = (method: string, path: string, json?: unknown): Call => ({
    to: `${method} /api/v1/${path}`,
    headers: admin,
    json,
  });
  return {
    'GET /api/v1/users/me': { to: 'GET /api/v1/users/me', headers: mine },
    'PATCH /api/v1/users/me': { to: 'PATCH /api/v1/users/me', headers: mine, json: { name: 'Ada King' } },
    'DELETE /api/v1/users/me': { to: 'DELETE /api/v1/users/me', headers: mine },
    'GET /api/v1/users': asAdmin('GET', 'users?limit=100'),
    'GET /api/v1/users/{id}': asAdmin('GET', `users/${changed}`),
    'PATCH /api/v1/users/{id}': asAdmin('PATCH', `users/${changed}`, { role: 'inventory' }),
    'DELETE /api/v1/users/{id}': asAdmin('DELETE', `users/${gone}`),
    'POST /api/v1/api-keys': asAdmin('POST', 'api-keys', { name: 'Scanner', role: 'inventory' }),
    'GET /api/v1/api-keys': asAdmin('GET', 'api-keys'),
    'DELETE /api/v1/api-keys/{id}': asAdmin('DELETE', `api-keys/${key}`),
    'GET /api/v1/admin/audit': asAdmin('GET', 'admin/audit'),
  };
}

async function paymentCalls({ send, place }: CountedShop): Promise<Calls> {
  const { orderId, owner, payment } = await place();
  const [{ id }] = (
    await send<{ items: [PaymentBody] }>({ to: `GET /api/v1/payments/order/${orderId}`, headers: owner })
  ).items;
  const news = JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'event',
    type: 'payment_intent.processing',
    data: { object: { id: payment?.intentId, metadata: { orderId } } },
  });
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: news, secret: WEBHOOK_SECRET });
  const write = { headers: { ...owner, ...keyed() } };
  return {
    'POST /api/v1/payments/create-intent': {
      to: 'POST /api/v1/payments/create-intent',
      headers: { ...owner, ...keyed() },
      json: { orderId },
    },
    'POST /api/v1/payments/{id}/retry': { to: `POST /api/v1/payments/${id}/retry`, ...write },
    'GET /api/v1/payments/order/{orderId}': { to: `GET /api/v1/payments/order/${orderId}`, headers: owner },
    'GET /api/v1/payments/{id}': { to: `GET /api/v1/payments/${id}`, headers: owner },
    'POST /api/v1/payments/webhook': {
      to: 'POST /api/v1/payments/webhook',
      headers: { 'Stripe-Signature': signature },
      json: JSON.parse(news),
    },
  };
}
