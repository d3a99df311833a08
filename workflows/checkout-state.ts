// What a checkout knows, and how the outside reaches it: the submit's answer and Stripe's news.
import {
  ApplicationFailure,
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { FrozenCart } from '../activities/orders.ts';
import type { CheckoutAnswer, OrderStatus } from '../src/orders/rules.ts';
import { type CheckoutInput, paymentFailed, paymentSucceeded, SEARCH_ATTRIBUTES, submitUpdate } from './messages.ts';

export class CheckoutState {
  readonly input: CheckoutInput;
  readonly startedAt: Date;
  /** The end of the window in which the order can be paid or confirmed. */
  readonly expiresAt: Date;
  cart: FrozenCart | undefined;
  number: string | undefined;
  intentId: string | undefined;

  private answer: CheckoutAnswer | undefined;
  private unreadNews = 0;

  constructor(input: CheckoutInput) {
    this.input = input;
    this.startedAt = new Date();
    const window = input.paymentMethod === 'card' ? input.paymentWindow : input.confirmationWindow;
    this.expiresAt = new Date(this.startedAt.getTime() + window * 1000);

    setHandler(submitUpdate, async () => {
      await condition(() => this.answer !== undefined);
      if (this.answer === undefined) throw ApplicationFailure.nonRetryable('the submit has no answer');
      return this.answer;
    });
    const news = () => {
      this.unreadNews += 1;
    };
    setHandler(paymentSucceeded, news);
    setHandler(paymentFailed, news);
  }

  /** When the holds end by themselves: a little after the window, so that in normal life the order is faster. */
  get holdsExpireAt(): Date {
    return new Date(this.expiresAt.getTime() + this.input.holdGrace * 1000);
  }

  /** Answers every caller of the submit, those who wait and those who come. The first answer stands. */
  answerSubmit(answer: CheckoutAnswer): void {
    this.answer ??= answer;
  }

  /** Waits for news of the payment. False when the window ends first. */
  async nextNews(): Promise<boolean> {
    const left = this.expiresAt.getTime() - Date.now();
    const came = left > 0 && (await condition(() => this.unreadNews > 0, left));
    this.unreadNews = 0;
    return came;
  }

  /** What an operator sees of this order in the Temporal UI: its attributes and a line on what it waits for. */
  show(status: OrderStatus | 'REFUSED', waitsFor: string): void {
    const { cart, number, input } = this;
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.orderStatus, value: status },
      ...(number === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.orderNumber, value: number }]),
      ...(cart === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.orderTotal, value: cart.total }]),
    ]);
    const name = number === undefined ? `Order ${input.orderId}` : `Order **${number}**`;
    const price = cart === undefined ? '' : `, ${cart.total} ${cart.currency} (minor units) by ${input.paymentMethod}`;
    setCurrentDetails(`${name} is **${status}**${price}.\n\n${waitsFor}`);
  }
}
