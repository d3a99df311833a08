// The shop as one shopper may expect it, in memory: the lifecycle's table (docs/architecture.md), their cart, their coupon, their stock
// and their money. It says of each command how the API answers, and what is so afterwards.
import type { OrderStatus, PaymentMethod, PaymentStatus } from '../../../src/orders/rules.ts';
import { COUPON_VALUE } from '../shop.ts';
import { type Card, type Command, ON_HAND, type OrderCommand, type Sequence, type Which } from './commands.ts';

export interface ModelOrder {
  status: OrderStatus;
  payment: PaymentStatus;
  method: PaymentMethod;
  units: number;
  withCoupon: boolean;
  total: number;
  refunded: number;
  /** The newest attempt at Stripe. */
  intent: 'none' | 'open' | 'succeeded' | 'canceled';
}

export interface Model {
  price: number;
  minimum: number;
  cart: 'none' | 'open' | 'checkout' | 'ordered';
  units: number;
  withCoupon: boolean;
  orders: ModelOrder[];
  /** How the last submit with a cart was answered, and the number of the order in its answer. */
  lastSubmit?: { answer: string; order: number };
}

/** What can be seen of it: the cart (null when there is none), the orders, the stock, and the coupon's uses. */
export interface View {
  cart: { units: number; withCoupon: boolean; problem: string | null } | null;
  orders: Pick<ModelOrder, 'status' | 'payment' | 'method' | 'units' | 'total' | 'refunded'>[];
  onHand: number;
  reserved: number;
  used: number;
}

/** What answers a command that has nobody to go to. */
const NOTHING = 'nothing to do';
const NOT_FOUND = '404 not_found';
const IMPOSSIBLE = '409 invalid_transition';

export function newModel({ price, minimum }: Sequence): Model {
  return { price, minimum, cart: 'none', units: 0, withCoupon: false, orders: [] };
}

/** Does the command to the model. @returns the answer: its status, and the code where it is a refusal */
export function apply(model: Model, command: Command): string {
  if ('of' in command) {
    const order = orderOf(model, command.of);
    return order === undefined ? answerWithoutOrder(command) : applyToOrder(model, order, command);
  }
  switch (command.act) {
    case 'add':
      return add(model, command.units);
    case 'set':
      return edit(model, () => setUnits(model, command.units));
    case 'remove':
      return edit(model, () => setUnits(model, 0));
    case 'coupon':
      return edit(model, () => putCoupon(model));
    case 'drop coupon':
      return edit(model, () => {
        model.withCoupon = false;
        return '200';
      });
    case 'order':
      return submit(model, command);
    case 'submit again':
      break;
  }
  return model.lastSubmit?.answer ?? NOTHING;
}

export function orderOf<Order>({ orders }: { orders: Order[] }, of: Which): Order | undefined {
  return of === 'newest' ? orders.at(-1) : orders[0];
}

export function viewOf(model: Model): View {
  const isThere = model.cart === 'open' || model.cart === 'checkout';
  const { units, withCoupon } = model;
  const seen = ({ status, payment, method, units: of, total, refunded }: ModelOrder) => {
    return { status, payment, method, units: of, total, refunded };
  };
  return {
    cart: isThere ? { units, withCoupon, problem: withCoupon ? couponProblem(model) : null } : null,
    orders: model.orders.map(seen),
    onHand: ON_HAND - unitsOf(model.orders.filter(isDone)),
    reserved: unitsOf(model.orders.filter(isLive)),
    used: model.orders.filter((order) => order.withCoupon && (isLive(order) || isDone(order))).length,
  };
}

function isLive({ status }: ModelOrder): boolean {
  return status === 'PENDING' || status === 'AWAITING_CONFIRMATION';
}

function isDone({ status }: ModelOrder): boolean {
  return status === 'PAID' || status === 'CONFIRMED';
}

function unitsOf(orders: ModelOrder[]): number {
  return orders.reduce((sum, { units }) => sum + units, 0);
}

function add(model: Model, units: number): string {
  if (model.cart === 'checkout') return '409 cart_in_checkout';
  const isNew = model.cart !== 'open';
  Object.assign(model, isNew ? { cart: 'open', units, withCoupon: false } : { units: model.units + units });
  return isNew ? '201' : '200';
}

function edit(model: Model, change: () => string): string {
  if (model.cart === 'none') return '401 unauthenticated';
  if (model.cart === 'ordered') return NOT_FOUND;
  return model.cart === 'checkout' ? '409 cart_in_checkout' : change();
}

function setUnits(model: Model, units: number): string {
  if (model.units === 0) return NOT_FOUND;
  model.units = units;
  return '200';
}

function putCoupon(model: Model): string {
  const problem = couponProblem(model);
  if (problem !== null) return `422 coupon_invalid ${problem}`;
  model.withCoupon = true;
  return '200';
}

/** Why the coupon would not take anything off now. The use of the order that the cart is becoming does not count. */
function couponProblem({ orders, cart, units, price, minimum }: Model): string | null {
  const others = cart === 'checkout' ? orders.slice(0, -1) : orders;
  if (others.some((order) => order.withCoupon && isDone(order))) return 'limit_reached';
  return units * price < minimum ? 'minimum_not_met' : null;
}

function submit(model: Model, { method, runsOut }: { method: PaymentMethod; runsOut: boolean }): string {
  if (model.cart === 'none') return '401 unauthenticated';
  const answer = model.cart === 'open' ? placeOrder(model, method) : '201';
  const isNew = model.cart === 'open' && answer === '201';
  model.lastSubmit = { answer, order: model.orders.length - 1 };
  const order = model.orders.at(-1);
  if (!isNew || order === undefined) return answer;
  model.cart = order.status === 'PAID' ? 'ordered' : 'checkout';
  if (runsOut && isLive(order)) end(model, order, 'EXPIRED');
  return answer;
}

function placeOrder(model: Model, method: PaymentMethod): string {
  const { units, withCoupon, price } = model;
  if (units === 0) return '409 cart_empty';
  const problem = withCoupon ? couponProblem(model) : null;
  if (problem !== null) return `422 coupon_invalid ${problem}`;
  if (units > viewOf(model).onHand) return '409 out_of_stock';
  const goods = units * price;
  const total = withCoupon ? Math.max(goods - COUPON_VALUE, 0) : goods;
  const order = { method, units, withCoupon, total, refunded: 0 };
  if (total === 0) model.orders.push({ ...order, status: 'PAID', payment: 'NONE', intent: 'none' });
  else if (method === 'cod')
    model.orders.push({ ...order, status: 'AWAITING_CONFIRMATION', payment: 'NONE', intent: 'none' });
  else model.orders.push({ ...order, status: 'PENDING', payment: 'PENDING', intent: 'open' });
  return '201';
}

/** The order ends without its money; the cart is there again. */
function end(model: Model, order: ModelOrder, status: 'EXPIRED' | 'CANCELLED'): void {
  Object.assign(order, { status, payment: 'NONE', intent: order.intent === 'none' ? 'none' : 'canceled' });
  model.cart = 'open';
}

function answerWithoutOrder({ act }: OrderCommand): string {
  return act === 'pay' || act === 'cancel at Stripe' || act === 'webhook twice' ? NOTHING : NOT_FOUND;
}

function applyToOrder(model: Model, order: ModelOrder, command: OrderCommand): string {
  const { act } = command;
  if (act === 'cancel') return cancel(model, order);
  if (act === 'confirm' || act === 'reject') return decide(model, order, act);
  if (act === 'ask for the intent' || act === 'retry') return renew(order, act);
  if (order.intent === 'none') return NOTHING;
  if (command.act === 'pay') return payWith(model, order, command.card);
  return act === 'webhook twice' ? '200 200' : whileOpen(order, { intent: 'canceled', payment: 'FAILED' });
}

/** The live intent, or a new attempt where that one was cancelled. */
function renew(order: ModelOrder, how: 'ask for the intent' | 'retry'): string {
  if (how === 'retry' && order.intent === 'none') return NOT_FOUND;
  if (order.status !== 'PENDING') return IMPOSSIBLE;
  if (order.intent === 'canceled') Object.assign(order, { intent: 'open', payment: 'PENDING' });
  return '200';
}

function payWith(model: Model, order: ModelOrder, card: Card): string {
  if (card.startsWith('declined')) return whileOpen(order, { payment: 'FAILED' }, card === 'declined' ? '402' : '200');
  if (order.intent === 'open') model.cart = 'ordered';
  return whileOpen(order, { status: 'PAID', payment: 'PAID', intent: 'succeeded' });
}

/** What can only be done to an intent that is open. */
function whileOpen(order: ModelOrder, change: Partial<ModelOrder>, answer = '200'): string {
  if (order.intent !== 'open') return '400';
  Object.assign(order, change);
  return answer;
}

function cancel(model: Model, order: ModelOrder): string {
  if (isLive(order)) end(model, order, 'CANCELLED');
  else if (isDone(order)) {
    const isRefunded = order.payment === 'PAID';
    const money = isRefunded ? { payment: 'REFUNDED', refunded: order.total } : { payment: 'NONE' };
    Object.assign(order, { status: 'CANCELLED', ...money });
  } else return IMPOSSIBLE;
  return '200';
}

function decide(model: Model, order: ModelOrder, decision: 'confirm' | 'reject'): string {
  if (order.status !== 'AWAITING_CONFIRMATION') return IMPOSSIBLE;
  if (decision === 'reject') end(model, order, 'CANCELLED');
  else {
    Object.assign(order, { status: 'CONFIRMED', payment: 'COD_DUE' });
    model.cart = 'ordered';
  }
  return '200';
}
