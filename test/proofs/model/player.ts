// The running shop behind the model's commands: one shopper over HTTP, the staff, the bank and Stripe.
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import Stripe from 'stripe';
import type { OrderStatus, PaymentMethod, PaymentStatus } from '../../../src/orders/rules.ts';
import { ADDRESS, type Answer, call, type PaymentBody, type PlacedBody, pay } from '../../support/shopper.ts';
import type { Goods, ProofShop } from '../shop.ts';
import type { Card, Command, OrderCommand } from './commands.ts';
import type { Mailbag } from './mailbag.ts';
import { orderOf, type View } from './model.ts';

interface CartView {
  items: { id: string; quantity: number }[];
  couponCode: string | null;
  couponProblem: string | null;
  cartToken?: string;
}

interface OrderView {
  id: string;
  status: OrderStatus;
  paymentStatus: PaymentStatus;
  paymentMethod: PaymentMethod;
  items: { quantity: number }[];
  total: number;
  refunded: number;
}

/** An order as its shopper knows it. */
interface KnownOrder {
  id: string;
  accessToken: string;
  intent?: { intentId: string; clientSecret: string };
}

type Refusal = { code?: string; reason?: string };

const CARDS: Record<Card, string> = {
  accepted: 'pm_card_visa',
  declined: 'pm_card_visa_chargeDeclined',
  'accepted after asking': 'pm_card_authenticationRequired',
  'declined after asking': 'pm_card_authenticationRequired',
};
const NOTHING = 'nothing to do';

export class Player {
  readonly orders: KnownOrder[] = [];
  private readonly shop: ProofShop;
  private readonly bag: Mailbag;
  private readonly goods: Goods;
  private token: string | undefined;
  private itemId: string = randomUUID();
  private lastSubmit: { key: string; method: PaymentMethod; id: string | undefined } | undefined;

  constructor(shop: ProofShop, bag: Mailbag, goods: Goods) {
    this.shop = shop;
    this.bag = bag;
    this.goods = goods;
  }

  /** @returns the answer, as the model says it */
  async play(command: Command): Promise<string> {
    if ('of' in command) return this.playOn(orderOf(this, command.of), command);
    switch (command.act) {
      case 'add':
        return this.edit('POST', 'items', { variantId: this.goods.variant.id, quantity: command.units });
      case 'set':
        return this.edit('PUT', `items/${this.itemId}`, { quantity: command.units });
      case 'remove':
        return this.edit('DELETE', `items/${this.itemId}`);
      case 'coupon':
        return this.edit('POST', 'coupon', { code: this.goods.coupon.code });
      case 'drop coupon':
        return this.edit('DELETE', 'coupon');
      case 'order':
        return this.submit(command);
      case 'submit again':
        break;
    }
    return this.submitAgain();
  }

  private async playOn(order: KnownOrder | undefined, command: OrderCommand): Promise<string> {
    const { act } = command;
    if (act === 'cancel') return this.move(command.by, 'PUT', (id) => `orders/${id}/cancel`, order);
    if (act === 'confirm' || act === 'reject') return this.move('admin', 'POST', (id) => `orders/${id}/${act}`, order);
    if (act === 'ask for the intent' || act === 'retry') return this.askForIntent(act, order);
    if (order?.intent === undefined) return NOTHING;
    if (act === 'pay') return this.pay(order.intent, command.card);
    return act === 'cancel at Stripe' ? this.cancelAtStripe(order.intent) : this.tellTwice(order.intent);
  }

  async view(): Promise<View> {
    const [cart, orders, { rows }] = await Promise.all([
      this.cart(),
      Promise.all(this.orders.map((order) => this.order(order))),
      sql<Pick<View, 'onHand' | 'reserved' | 'used'>>`
        SELECT on_hand, reserved, (SELECT used FROM coupons WHERE id = ${this.goods.coupon.id}) AS used
        FROM inventory WHERE variant_id = ${this.goods.variant.id}`.execute(this.shop.db),
    ]);
    const { onHand = 0, reserved = 0, used = 0 } = rows[0] ?? {};
    return { cart, orders, onHand, reserved, used };
  }

  private async cart(): Promise<View['cart']> {
    const { status, body } = await this.ask<CartView>('GET', 'cart', this.asShopper());
    if (status !== 200) return null;
    const [item] = body.items;
    if (item !== undefined) this.itemId = item.id;
    return { units: item?.quantity ?? 0, withCoupon: body.couponCode !== null, problem: body.couponProblem };
  }

  private async order({ id, accessToken }: KnownOrder): Promise<View['orders'][number]> {
    const { body } = await this.ask<OrderView>('GET', `orders/${id}`, { 'X-Order-Token': accessToken });
    const { status, paymentStatus: payment, paymentMethod: method, items, total, refunded } = body;
    return { status, payment, method, units: items[0]?.quantity ?? 0, total, refunded };
  }

  private async edit(method: string, path: string, json?: object): Promise<string> {
    const answer = await this.ask<CartView>(method, `cart/${path}`, this.asShopper(), json);
    this.token ??= answer.body.cartToken;
    return told(answer);
  }

  private async submit({ method, runsOut }: { method: PaymentMethod; runsOut: boolean }): Promise<string> {
    const key = randomUUID();
    const answer = await this.post(key, method, runsOut ? this.shop.hurried : this.shop.api);
    const { order, payment } = answer.body;
    if (this.token !== undefined) this.lastSubmit = { key, method, id: order?.id };
    if (order !== undefined && this.orders.every(({ id }) => id !== order.id)) {
      const intent = payment ? { intent: payment } : {};
      this.orders.push({ id: order.id, accessToken: order.accessToken ?? '', ...intent });
    }
    return told(answer);
  }

  private async submitAgain(): Promise<string> {
    if (this.lastSubmit === undefined) return NOTHING;
    const { key, method, id } = this.lastSubmit;
    const answer = await this.post(key, method, this.shop.api);
    if (answer.body.order?.id !== id) throw new Error(`the same key gave ${answer.body.order?.id} after ${id}`);
    return told(answer);
  }

  private post(key: string, paymentMethod: PaymentMethod, api: string): Promise<Answer<Partial<PlacedBody>>> {
    const headers = { ...this.asShopper(), 'Idempotency-Key': key };
    const json = { paymentMethod, email: this.goods.email, shippingAddress: ADDRESS };
    return call(`${api}/api/v1/orders`, { headers, json });
  }

  private async move(
    by: 'customer' | 'admin',
    method: string,
    path: (id: string) => string,
    order?: KnownOrder,
  ): Promise<string> {
    const headers = by === 'admin' ? this.shop.admin.headers : { 'X-Order-Token': order?.accessToken ?? '' };
    return told(await this.ask(method, path(order?.id ?? randomUUID()), headers));
  }

  private async askForIntent(how: 'ask for the intent' | 'retry', order?: KnownOrder): Promise<string> {
    const headers = { 'X-Order-Token': order?.accessToken ?? '', 'Idempotency-Key': randomUUID() };
    const path =
      how === 'retry' ? `payments/${order?.intent?.intentId ?? 'pi_unknown'}/retry` : 'payments/create-intent';
    const json = how === 'retry' ? {} : { orderId: order?.id ?? randomUUID() };
    const answer = await this.ask<PaymentBody>('POST', path, headers, json);
    const { intentId, clientSecret } = answer.body;
    if (order !== undefined && answer.status === 200) order.intent = { intentId, clientSecret: clientSecret ?? '' };
    return told(answer);
  }

  private async pay(intent: { intentId: string; clientSecret: string }, card: Card): Promise<string> {
    const { status } = await pay(this.shop.stack, intent, CARDS[card]);
    if (status === 200 && card.endsWith('after asking')) {
      const path = `${this.shop.stack.stripe}/_sim/payment_intents/${intent.intentId}/authenticate`;
      await call(path, { json: { succeed: card === 'accepted after asking' } });
    }
    return String(status);
  }

  private async cancelAtStripe({ intentId }: { intentId: string }): Promise<string> {
    try {
      await this.shop.stripe.paymentIntents.cancel(intentId);
      return '200';
    } catch (error) {
      if (error instanceof Stripe.errors.StripeError) return String(error.statusCode);
      throw error;
    }
  }

  private async tellTwice({ intentId }: { intentId: string }): Promise<string> {
    const event = await this.bag.last(intentId);
    return (await this.bag.hand(event, 2)).join(' ');
  }

  private asShopper(): Record<string, string> {
    return this.token === undefined ? {} : { 'X-Cart-Token': this.token };
  }

  private ask<Body>(
    method: string,
    path: string,
    headers: Record<string, string>,
    json?: object,
  ): Promise<Answer<Body>> {
    return call(`${this.shop.api}/api/v1/${path}`, { method, headers, ...(json !== undefined && { json }) });
  }
}

function told({ status, body }: Answer<unknown>): string {
  const { code, reason } = status < 400 ? {} : (body as Refusal);
  return [status, code, reason].filter((word) => word !== undefined).join(' ');
}
