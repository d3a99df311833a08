// Every route of the document, called by every kind of caller: each answer is of the class that src/http/access.ts says. A route
// that is not in that table fails, and so does one of the table that is not in the document.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { insertAddress } from '../../src/addresses/store.ts';
import { addItem, createCart, createCustomerCart } from '../../src/cart/store.ts';
import { ACCESS, type Access, CALLERS, type CallerKind } from '../../src/http/access.ts';
import { createApp } from '../../src/http/app.ts';
import { saveIntent } from '../../src/payments/store.ts';
import { newId } from '../../src/platform/ids.ts';
import type { TemporalClient } from '../../src/platform/temporal.ts';
import { hashToken, newCartToken, orderToken } from '../../src/platform/tokens.ts';
import { account, type Credentials, machine, type Person, person } from '../accounts/people.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { insertOrderRow, intentOf, stockedVariant } from '../support/rows.ts';
import { ADDRESS } from '../support/shopper.ts';
import { requestOf } from './asking.ts';
import { type Operation, ROUTES } from './document.ts';
import { ENVIRONMENT, floor } from './floor.ts';

const HOUR_MS = 3_600_000;

let database: OwnDatabase;
let app: ReturnType<typeof createApp>;
beforeAll(async () => {
  database = await ownDatabase();
  app = createApp(floor(null, {}, { db: database.db, temporal: temporalAway() }).deps);
  await makeLogin();
});
afterAll(() => database.leave());

/** Who gets as far as a workflow gets 503. */
function temporalAway(): TemporalClient {
  const withDeadline = () => {
    throw Object.assign(new Error('nobody listens'), { code: 'ECONNREFUSED' });
  };
  const client = { options: { namespace: 'away' }, workflow: {}, withDeadline };
  return { client, connection: { withDeadline } } as unknown as TemporalClient;
}

/** The account that the document's example of a login is for. */
async function makeLogin(): Promise<void> {
  const { email, password } = (ROUTES.find(([route]) => route.endsWith('/auth/login'))?.[1].requestBody?.content[
    'application/json'
  ]?.example ?? {}) as { email: string; password: string };
  await account(database.db, { email, password });
}

/** A shop's worth of things to ask for, made anew for each call: some calls end what they ask for. */
async function things(kind: CallerKind, owner: Person) {
  const { db } = database;
  const now = new Date();
  const { id: variantId } = await stockedVariant(db, 5);
  const cartToken = newCartToken();
  const expiresAt = new Date(now.getTime() + HOUR_MS);
  const fillCart = async (whose: { tokenHash: Buffer } | { customerId: string }): Promise<string> => {
    const [cartId, itemId] = [newId(now), newId(now)];
    const cart = { id: cartId, nextOrderId: newId(now), currency: 'usd', expiresAt, now };
    if ('tokenHash' in whose) await createCart(db, { ...cart, ...whose });
    else await createCustomerCart(db, { ...cart, ...whose });
    await addItem(db, { id: itemId, cartId, variantId, quantity: 1, now });
    return itemId;
  };
  const itemId = await fillCart(kind === 'guest' ? { tokenHash: hashToken(cartToken) } : { customerId: owner.id });
  // Nobody has to ask a workflow about an order that is under way to its customer.
  const orderId = await insertOrderRow(db, { customer_id: owner.id, status: 'SHIPPED' });
  await saveIntent(db, newId(now), intentOf(orderId, 1), now);
  const { id: paymentId } = await db
    .selectFrom('payments')
    .select('id')
    .where('orderId', '=', orderId)
    .executeTakeFirstOrThrow();
  const product = await db.selectFrom('products').select(['id', 'slug']).limit(1).executeTakeFirstOrThrow();
  const category = await db.selectFrom('categories').select(['id', 'slug']).limit(1).executeTakeFirstOrThrow();
  const addressId = newId(now);
  await insertAddress(db, { ...ADDRESS, id: addressId, customerId: owner.id, isDefault: true, now });
  const ids: [RegExp, string][] = [
    [/(?<=\/addresses\/)\{id\}/, addressId],
    [/\/products\/slug\/\{slug\}/, `/products/slug/${product.slug}`],
    [/\/products\/\{id\}/, `/products/${product.id}`],
    [/\/categories\/slug\/\{slug\}/, `/categories/slug/${category.slug}`],
    [/\/categories\/\{id\}/, `/categories/${category.id}`],
    [/\/cart\/items\/\{id\}/, `/cart/items/${itemId}`],
    [/\{orderId\}|(?<=\/orders\/)\{id\}/, orderId],
    [/(?<=\/payments\/)\{id\}/, paymentId],
    [/(?<=\/users\/)\{id\}/, owner.id],
    [/(?<=\/api-keys\/)\{id\}/, (await machine(db)).id],
  ];
  const guest = { 'X-Cart-Token': cartToken, 'X-Order-Token': orderToken([ENVIRONMENT.TOKEN_SECRET], orderId) };
  return { ids, guest, orderId, variantId };
}

async function headersOf(kind: CallerKind, owner: Person, guest: Credentials): Promise<Credentials> {
  const { db } = database;
  if (kind === 'nobody') return {};
  if (kind === 'guest') return guest;
  if (kind === 'customer') return owner.bearer;
  if (kind === 'key') return (await machine(db)).headers;
  return (await person(db, { role: kind === 'other' ? 'customer' : kind })).bearer;
}

async function answerTo(kind: CallerKind, route: string, operation: Operation): Promise<[number, Access]> {
  const owner = await person(database.db);
  const { ids, guest, orderId, variantId } = await things(kind, owner);
  const [method = '', pattern = ''] = route.split(' ');
  const path = ids.reduce((made, [name, id]) => made.replace(name, id), pattern);
  const example = operation.requestBody?.content['application/json']?.example;
  const real = { ...(example?.['orderId'] !== undefined && { orderId }) };
  const known = { ...(example?.['variantId'] !== undefined && { variantId }) };
  const headers = { ...(await headersOf(kind, owner, guest)), 'Idempotency-Key': randomUUID() };
  const json = example && { ...example, ...real, ...known };
  const response = await app.request(path, requestOf(method, { headers, json }));
  await response.body?.cancel();
  const { status } = response;
  return [status, status === 401 || status === 403 || status === 404 ? status : 'yes'];
}

test('every route of the document has its row, and every row its route', () => {
  expect(Object.keys(ACCESS).toSorted()).toEqual(ROUTES.map(([route]) => route).toSorted());
});

test.each(ROUTES)('%s answers each caller as the table says', async (route, operation) => {
  const answers: Partial<Record<CallerKind, Access>> = {};
  for (const kind of CALLERS) {
    const [status, access] = await answerTo(kind, route, operation);
    expect([kind, status]).not.toEqual([kind, 500]);
    answers[kind] = access;
  }
  expect(answers).toEqual(ACCESS[route]);
});
