// What a checkout knows, and how the outside reaches it: the submit's answer, Stripe's news, and what people ask of it.
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Placed, Placing } from '../activities/placing.ts';
import type { CheckoutAnswer, OrderStatus } from '../src/orders/rules.ts';
import { Inbox, type News } from './checkout-inbox.ts';
import { type CheckoutInput, SEARCH_ATTRIBUTES, submitUpdate } from './messages.ts';

/** The order as it was placed, with its times. */
export type PlacedOrder = Omit<Placed, 'placedAt' | 'expiresAt'> & {
  /** The end of the window in which the order can be paid or confirmed. */
  expiresAt: Date;
  /** When the holds end by themselves: a little after the window, so that in normal life the order is faster. */
  holdsExpireAt: Date;
  /** It had been placed before, by a run of this checkout that was terminated by hand. */
  isResumed: boolean;
};

export class CheckoutState {
  readonly input: CheckoutInput;
  readonly startedAt = new Date();
  readonly inbox = new Inbox();
  order: PlacedOrder | undefined;
  /** The intent whose money the order lives on. */
  paidBy: string | undefined;

  private answer: CheckoutAnswer | undefined;
  /** Number, total and way to pay stay what they were: they are told once. */
  private isListed = false;

  constructor(input: CheckoutInput) {
    this.input = input;
    setHandler(submitUpdate, () =>
      CancellationScope.nonCancellable(async () => {
        await condition(() => this.answer !== undefined);
        if (this.answer === undefined) throw ApplicationFailure.nonRetryable('the submit has no answer');
        return this.answer;
      }),
    );
  }

  /** What the order is placed with: each way to pay has a window of its own. */
  placing(nextOrderId: string): Placing {
    const { orderId, paymentWindow, confirmationWindow, holdGrace } = this.input;
    const after = (seconds: number) => new Date(this.startedAt.getTime() + seconds * 1000).toISOString();
    return {
      orderId,
      nextOrderId,
      placedAt: this.startedAt.toISOString(),
      expiresAt: { card: after(paymentWindow), cod: after(confirmationWindow) },
      holdsExpireAt: { card: after(paymentWindow + holdGrace), cod: after(confirmationWindow + holdGrace) },
    };
  }

  /** Keeps how the order was placed, now or by a run before this one: that had another time. */
  place({ placedAt, expiresAt, ...placed }: Placed): PlacedOrder {
    const end = new Date(expiresAt);
    this.order = {
      ...placed,
      expiresAt: end,
      holdsExpireAt: new Date(end.getTime() + this.input.holdGrace * 1000),
      isResumed: placedAt !== this.startedAt.toISOString(),
    };
    return this.order;
  }

  /** Answers every caller of the submit, those who wait and those who come. The first answer stands. */
  answerSubmit(answer: CheckoutAnswer): void {
    this.answer ??= answer;
  }

  /** Waits for the next news, in the order in which they came. Undefined when the window ends first. */
  nextNews(): Promise<News | undefined> {
    return this.inbox.next(this.order?.expiresAt ?? this.startedAt);
  }

  /** What an operator sees of this order in the Temporal UI: its attributes and a line on what it waits for. */
  show(status: OrderStatus | 'REFUSED', waitsFor: string): void {
    const { order, input } = this;
    const isNews = order !== undefined && !this.isListed;
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.orderStatus, value: status },
      ...(isNews
        ? [
            { key: SEARCH_ATTRIBUTES.orderNumber, value: order.number },
            { key: SEARCH_ATTRIBUTES.orderTotal, value: order.total },
            { key: SEARCH_ATTRIBUTES.paymentMethod, value: order.paymentMethod },
          ]
        : []),
    ]);
    this.isListed ||= isNews;
    const name = order === undefined ? `Order ${input.orderId}` : `Order **${order.number}**`;
    const price = order && `, ${order.total} ${order.currency} (minor units) by ${order.paymentMethod}`;
    setCurrentDetails(`${name} is **${status}**${price ?? ''}.\n\n${waitsFor}`);
  }
}
