// Orders in SQL. Every move of a status is a compare-and-set with its event row, and its entry in the audit where one of the staff
// makes it, in the caller's transaction.
import { type Kysely, sql } from 'kysely';
import { actWrite } from '../platform/audit.ts';
import type { Schema } from '../platform/database-schema.ts';
import { type Write, writeReturning, writeTogether } from '../platform/writes.ts';
import {
  type Address,
  actOfMove,
  type OrderStatus,
  type PaymentMethod,
  type PaymentStatus,
  type PriceSnapshot,
} from './rules.ts';

/** Order numbers are for people: `PD-` and a number from a sequence. Gaps are normal. */
const NUMBER_PREFIX = 'PD-';

export interface NewOrder {
  id: string;
  cartId: string;
  status: OrderStatus;
  paymentStatus: PaymentStatus;
  paymentMethod: PaymentMethod;
  /** Null for a guest's, and for one whose customer has gone. */
  customerId: string | null;
  /** Since when its customer has gone, where there was one. */
  disownedAt: Date | null;
  email: string;
  shippingAddress: Address;
  note: string | null;
  prices: PriceSnapshot;
  expiresAt: Date;
  now: Date;
}

/**
 * Writes the order with its lines and its first event, in one statement.
 * @param also what is written with it
 * @returns its number
 */
export async function insertOrder(db: Kysely<Schema>, order: NewOrder, also: readonly Write[] = []): Promise<string> {
  const { prices, now, ...columns } = order;
  const { lines, couponId: _couponId, ...amounts } = prices;
  const items = JSON.stringify(lines.map((line, position) => ({ ...line, position })));
  const written = db
    .insertInto('orders')
    .values({
      ...columns,
      ...amounts,
      number: sql<string>`${NUMBER_PREFIX} || nextval('order_numbers')`,
      placedAt: now,
      updatedAt: now,
    })
    .returning('number');
  const orderItems = db
    .insertInto('orderItems')
    .columns(['orderId', 'position', 'variantId', 'sku', 'title', 'quantity', 'unitPrice', 'lineTotal', 'discount'])
    .expression(sql`
      SELECT ${order.id}::uuid, position, "variantId", sku, title, quantity, "unitPrice", "lineTotal", discount
      FROM jsonb_to_recordset(${items}::jsonb) AS line(position integer, "variantId" uuid, sku text, title text,
        quantity integer, "unitPrice" bigint, "lineTotal" bigint, discount bigint)`);
  const event = db.insertInto('orderEvents').values({
    orderId: order.id,
    sequence: 1,
    fromStatus: null,
    toStatus: order.status,
    actor: 'customer',
    note: null,
    createdAt: now,
  });
  return (await writeReturning(db, written, [orderItems, event, ...also])).number;
}

/** How the order was placed, for a step that has placed it before. Times as ISO 8601. */
export async function findPlacing(db: Kysely<Schema>, orderId: string) {
  const { placedAt, expiresAt, ...order } = await db
    .selectFrom('orders')
    .select(['number', 'total', 'currency', 'paymentMethod', 'placedAt', 'expiresAt'])
    .where('id', '=', orderId)
    .executeTakeFirstOrThrow();
  return { ...order, placedAt: placedAt.toISOString(), expiresAt: (expiresAt ?? placedAt).toISOString() };
}

export interface Move {
  orderId: string;
  from: readonly OrderStatus[];
  to: OrderStatus;
  paymentStatus: PaymentStatus;
  actor: string;
  note: string | null;
  /** Names the request that asked for it, where that has a name. */
  requestKey?: string | undefined;
  now: Date;
}

/** What comes with a move: what was received (it comes to what was received before), and why the order is cancelled. */
export interface WithMove {
  captured?: number;
  cancelReason?: string;
}

/**
 * Moves the order when it stands where the move begins; otherwise it stays.
 * @returns where it stood before: one of `from` means that it moved now; undefined when there is no such order
 */
export async function moveOrder(db: Kysely<Schema>, move: Move, also?: WithMove): Promise<OrderStatus | undefined> {
  const order = await lockOrder(db, move.orderId);
  if (order === undefined || !move.from.includes(order.status)) return order?.status;
  await writeTogether(db, moveWrites(db, { ...move, from: order.status }, also));
  return order.status;
}

/** A move of an order whose row was locked before, by a statement of its own: so this one sees every event that was there then. */
export function moveWrites(
  db: Kysely<Schema>,
  move: Omit<Move, 'from'> & { from: OrderStatus },
  { captured = 0, ...reason }: WithMove = {},
): Write[] {
  const { orderId, from, to, paymentStatus, now } = move;
  const act = actOfMove(move);
  return [
    db
      .updateTable('orders')
      .set((eb) => ({ status: to, paymentStatus, updatedAt: now, captured: eb('captured', '+', captured), ...reason }))
      .where('id', '=', orderId),
    db.insertInto('orderEvents').values({
      orderId,
      sequence: sql<number>`(SELECT coalesce(max(sequence), 0) + 1 FROM order_events WHERE order_id = ${orderId})`,
      fromStatus: from,
      toStatus: to,
      actor: move.actor,
      note: move.note,
      requestKey: move.requestKey ?? null,
      createdAt: now,
    }),
    ...(act === undefined ? [] : [actWrite(db, { ...act, subject: `order:${orderId}`, details: { from, to }, now })]),
  ];
}

/** The payment's state, while the order stays where it is. */
export async function setPaymentStatus(
  db: Kysely<Schema>,
  orderId: string,
  paymentStatus: PaymentStatus,
  now: Date,
): Promise<void> {
  await db
    .updateTable('orders')
    .set({ paymentStatus, updatedAt: now })
    .where('id', '=', orderId)
    .where('status', '=', 'PENDING')
    .execute();
}

export interface OrderLine {
  variantId: string;
  sku: string;
  title: string;
  quantity: number;
  unitPrice: number;
  lineTotal: number;
  discount: number;
}

/** The order's newest try to be paid with Stripe. */
export interface OrderIntent {
  intentId: string;
  clientSecret: string;
  status: string;
}

export type OrderRow = NonNullable<Awaited<ReturnType<typeof findOrder>>>;

/** An order with its lines in their order and its newest intent, or undefined. One query. */
export async function findOrder(db: Kysely<Schema>, orderId: string) {
  return withIntents(selectOrders(db)).where('orders.id', '=', orderId).executeTakeFirst();
}

/** The same for many orders at once. */
export async function findOrders(db: Kysely<Schema>, orderIds: readonly string[]): Promise<OrderRow[]> {
  return withIntents(selectOrders(db)).where('orders.id', '=', sql<string>`ANY(${orderIds}::uuid[])`).execute();
}

/** An order with its lines. */
export type ListedOrder = Awaited<ReturnType<ReturnType<typeof selectOrders>['execute']>>[number];

export function selectOrders(db: Kysely<Schema>) {
  return db
    .selectFrom('orders')
    .selectAll('orders')
    .select(
      sql<OrderLine[]>`(
      SELECT json_agg(json_build_object('variantId', variant_id, 'sku', sku, 'title', title, 'quantity', quantity,
        'unitPrice', unit_price, 'lineTotal', line_total, 'discount', discount) ORDER BY position)
      FROM order_items WHERE order_id = orders.id)`.as('items'),
    );
}

function withIntents(orders: ReturnType<typeof selectOrders>) {
  return orders.select(
    sql<OrderIntent | null>`(
      SELECT json_build_object('intentId', intent_id, 'clientSecret', client_secret, 'status', intent_status)
      FROM payments WHERE order_id = orders.id AND attempt IS NOT NULL ORDER BY attempt DESC LIMIT 1)`.as('intent'),
  );
}

/** Whose order it is: null for a guest's, and for nobody's; undefined when there is no such order. */
export async function findOrderCustomer(db: Kysely<Schema>, orderId: string): Promise<string | null | undefined> {
  const order = await db.selectFrom('orders').select('customerId').where('id', '=', orderId).executeTakeFirst();
  return order?.customerId;
}

/** Where the order stands; undefined when there is no such order. */
export async function findStatus(db: Kysely<Schema>, orderId: string): Promise<OrderStatus | undefined> {
  const order = await db.selectFrom('orders').select('status').where('id', '=', orderId).executeTakeFirst();
  return order?.status;
}

export type OrderEvent = Awaited<ReturnType<typeof listEvents>>[number];

/** Every move of the order, oldest first. @param after the sequence of the last one that is known already */
export async function listEvents(db: Kysely<Schema>, orderId: string, after = 0) {
  return db
    .selectFrom('orderEvents')
    .select(['sequence', 'fromStatus', 'toStatus', 'actor', 'note', 'createdAt'])
    .where('orderId', '=', orderId)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .execute();
}

/** Of these orders, those that still wait for their payment or their confirmation. */
export async function findWaiting(
  db: Kysely<Schema>,
  orderIds: readonly string[],
): Promise<{ orderId: string; cartId: string }[]> {
  return db
    .selectFrom('orders')
    .select(['id as orderId', 'cartId'])
    .where('id', '=', sql<string>`ANY(${orderIds}::uuid[])`)
    .where('status', 'in', ['PENDING', 'AWAITING_CONFIRMATION'])
    .execute();
}

export type LockedOrder = NonNullable<Awaited<ReturnType<typeof lockOrder>>>;

/** Locks the order's row: where it stands, its money, and the code of its coupon. Undefined when there is no such order. */
export async function lockOrder(db: Kysely<Schema>, orderId: string) {
  return db
    .selectFrom('orders')
    .select(['id', 'number', 'cartId', 'status', 'paymentStatus', 'currency', 'total', 'captured', 'refunded'])
    .select('couponCode')
    .where('id', '=', orderId)
    .forUpdate()
    .executeTakeFirst();
}

/** Sets what was received and what went back, in minor units of the order's currency, on an order that is locked. */
export async function setOrderMoney(
  db: Kysely<Schema>,
  orderId: string,
  money: { captured?: number; refunded?: number; paymentStatus?: PaymentStatus },
  now: Date,
): Promise<void> {
  await db
    .updateTable('orders')
    .set({ ...money, updatedAt: now })
    .where('id', '=', orderId)
    .execute();
}

/** Whether it was this actor, at this moment, who moved the order there: the repeat of a move knows itself by that. */
export async function wasMovedBy(
  db: Kysely<Schema>,
  move: { orderId: string; to: OrderStatus; actor: string; now: Date },
): Promise<boolean> {
  const event = await db
    .selectFrom('orderEvents')
    .select('sequence')
    .where('orderId', '=', move.orderId)
    .where('toStatus', '=', move.to)
    .where('actor', '=', move.actor)
    .where('createdAt', '=', move.now)
    .executeTakeFirst();
  return event !== undefined;
}

/** Whether it was this very request that moved the order there, at whatever time. One without a name is never known again. */
export async function wasMovedFor(
  db: Kysely<Schema>,
  move: { orderId: string; to: OrderStatus; requestKey: string | undefined },
): Promise<boolean> {
  const { orderId, to, requestKey } = move;
  if (requestKey === undefined) return false;
  const event = await db
    .selectFrom('orderEvents')
    .select('sequence')
    .where('orderId', '=', orderId)
    .where('toStatus', '=', to)
    .where('requestKey', '=', requestKey)
    .executeTakeFirst();
  return event !== undefined;
}
