// Who gets where: for each route of the document, how it answers each kind of caller. The routes themselves decide; this is what
// they are held to by a test, which knows no route that is not in here: nor one that takes a machine's key and names no scope.
import type { Scope } from '../accounts/rules.ts';

/** Who calls. `other` is a customer, and what is asked for is somebody else's; a guest has the tokens of the cart and the order. */
export const CALLERS = ['nobody', 'guest', 'customer', 'other', 'inventory', 'admin', 'key'] as const;

export type CallerKind = (typeof CALLERS)[number];

/** `yes`: past every check of who it is, whatever the answer is then. */
export type Access = 'yes' | 401 | 403 | 404;

/** @property scope what a machine's key must be for, where the route takes one */
type Row = Record<CallerKind, Access> & { scope?: Scope };

const row = (all: Access, except: Partial<Row> = {}): Row => ({
  nobody: all,
  guest: all,
  customer: all,
  other: all,
  inventory: all,
  admin: all,
  key: all,
  ...except,
});

const anybody = row('yes');
/** Needs the token of a cart, or to be a customer who has one. */
const cart = row(404, { nobody: 401, guest: 'yes', customer: 'yes', key: 403 });
/** Needs the token of the order, or to be its customer; for the staff's admins and their machines there is every order. */
const order = (scope: Scope) => row(404, { guest: 'yes', customer: 'yes', admin: 'yes', key: 'yes', scope });
/** Needs to have logged in, and what is asked for to be one's own. */
const own = row(404, { nobody: 401, guest: 401, customer: 'yes', key: 403 });
/** Needs a person who has logged in. */
const person = row('yes', { nobody: 401, guest: 401, key: 403 });
/** Needs an admin, or the key of a machine that acts as one. */
const admins = (scope: Scope) => row(403, { nobody: 401, guest: 401, admin: 'yes', key: 'yes', scope });
/** Needs an admin who is a person. */
const adminPersons = row(403, { nobody: 401, guest: 401, admin: 'yes' });

/** By the method and the path of the document. The key is one of an admin's machine, with the scope of the route and no other. */
export const ACCESS: Record<string, Row> = {
  'GET /health': anybody,
  'GET /health/live': anybody,
  'GET /health/ready': anybody,
  'GET /metrics': anybody,

  'POST /api/v1/auth/login': anybody,
  'POST /api/v1/auth/register': anybody,
  'POST /api/v1/auth/verify-email': anybody,
  'POST /api/v1/auth/resend-verification': anybody,
  'POST /api/v1/auth/forgot-password': anybody,
  'POST /api/v1/auth/reset-password': anybody,
  'POST /api/v1/auth/send-otp': anybody,
  'POST /api/v1/auth/verify-otp': row(401),
  'POST /api/v1/auth/refresh': row(401),
  'POST /api/v1/auth/change-password': person,
  'POST /api/v1/auth/logout': person,
  'GET /api/v1/users/me': person,
  'PATCH /api/v1/users/me': person,
  'DELETE /api/v1/users/me': person,
  'GET /api/v1/users': admins('users:read'),
  'GET /api/v1/users/{id}': admins('users:read'),
  'PATCH /api/v1/users/{id}': adminPersons,
  'DELETE /api/v1/users/{id}': adminPersons,
  'GET /api/v1/api-keys': adminPersons,
  'POST /api/v1/api-keys': adminPersons,
  'DELETE /api/v1/api-keys/{id}': adminPersons,
  'GET /api/v1/admin/audit': admins('audit:read'),

  'GET /api/v1/addresses': person,
  'POST /api/v1/addresses': person,
  'GET /api/v1/addresses/{id}': own,
  'PUT /api/v1/addresses/{id}': own,
  'PATCH /api/v1/addresses/{id}': own,
  'DELETE /api/v1/addresses/{id}': own,

  'GET /api/v1/products': anybody,
  'GET /api/v1/products/available': anybody,
  'GET /api/v1/products/slug/{slug}': anybody,
  'GET /api/v1/products/{id}': anybody,
  'GET /api/v1/categories': anybody,
  'GET /api/v1/categories/slug/{slug}': anybody,
  'GET /api/v1/categories/slug/{slug}/products': anybody,
  'GET /api/v1/categories/{id}': anybody,

  'GET /api/v1/cart': cart,
  'DELETE /api/v1/cart': cart,
  'POST /api/v1/cart/items': row('yes', { key: 403 }),
  'PUT /api/v1/cart/items/{id}': cart,
  'PATCH /api/v1/cart/items/{id}': cart,
  'DELETE /api/v1/cart/items/{id}': cart,
  'POST /api/v1/cart/coupon': cart,
  'DELETE /api/v1/cart/coupon': cart,
  'POST /api/v1/coupons/validate': cart,
  'POST /api/v1/cart/merge': own,

  'POST /api/v1/orders': cart,
  'POST /api/v1/orders/checkout': cart,
  'GET /api/v1/orders': person,
  'GET /api/v1/orders/all': admins('orders:read'),
  'GET /api/v1/orders/{id}': order('orders:read'),
  'GET /api/v1/orders/{id}/track': order('orders:read'),
  'GET /api/v1/orders/{id}/stream': order('orders:read'),
  'PUT /api/v1/orders/{id}/cancel': order('orders:write'),
  'PATCH /api/v1/orders/{id}/cancel': order('orders:write'),
  'POST /api/v1/orders/{id}/confirm': admins('orders:write'),
  'POST /api/v1/orders/{id}/reject': admins('orders:write'),

  'POST /api/v1/payments/webhook': anybody,
  'POST /api/v1/payments/create-intent': order('payments:write'),
  'POST /api/v1/payments/{id}/retry': order('payments:write'),
  'GET /api/v1/payments/{id}': order('payments:read'),
  'GET /api/v1/payments/order/{orderId}': order('payments:read'),
};
