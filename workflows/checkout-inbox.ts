// What reaches a checkout while it waits, in the order in which it came: Stripe's news, and requests that somebody waits for.
// Requests are answered by the story itself, so that only one thing moves an order; none is left without an answer.
import { condition, setHandler } from '@temporalio/workflow';
import type { IntentAnswer, MoveAnswer, OrderStatus } from '../src/orders/rules.ts';
import {
  cancelUpdate,
  confirmUpdate,
  intentUpdate,
  type MoveRequest,
  type PaymentNews,
  paymentChanged,
  paymentFailed,
  paymentSucceeded,
  rejectUpdate,
} from './messages.ts';

export interface PaymentEvent {
  kind: 'payment';
  intentId: string;
  /** Stripe says that money has come. */
  succeeded: boolean;
}

/** Somebody asks for the order's intent. */
export interface IntentAsked {
  kind: 'intent';
  answer: (answer: IntentAnswer) => void;
}

/** Somebody wants to move the order. */
export interface MoveAsked {
  kind: 'cancel' | 'confirm' | 'reject';
  request: MoveRequest;
  answer: (answer: MoveAnswer) => void;
}

export type News = PaymentEvent | IntentAsked | MoveAsked;

export class Inbox {
  private readonly unread: News[] = [];
  /** Requests without an answer, read or unread. */
  private readonly open = new Set<IntentAsked | MoveAsked>();
  private paymentsHeard = 0;
  private endedAs: OrderStatus | undefined;

  constructor() {
    const payment =
      (succeeded: boolean) =>
      ({ intentId }: PaymentNews) => {
        this.paymentsHeard += 1;
        this.unread.push({ kind: 'payment', intentId, succeeded });
      };
    setHandler(paymentSucceeded, payment(true));
    setHandler(paymentFailed, payment(false));
    setHandler(paymentChanged, payment(false));
    setHandler(intentUpdate, () => this.ask<IntentAnswer>((answer) => ({ kind: 'intent', answer })));
    const move = (kind: MoveAsked['kind']) => (request: MoveRequest) =>
      this.ask<MoveAnswer>((answer) => ({ kind, request, answer }));
    setHandler(cancelUpdate, move('cancel'));
    setHandler(confirmUpdate, move('confirm'));
    setHandler(rejectUpdate, move('reject'));
  }

  /** Waits for the next news until then; undefined when there were none. */
  async next(until: Date): Promise<News | undefined> {
    const left = until.getTime() - Date.now();
    if (left > 0) await condition(() => this.unread.length > 0, left);
    return left > 0 ? this.unread.shift() : undefined;
  }

  /** Waits until somebody wants the order to be cancelled, and leaves that unread. */
  cancelAsked(): Promise<void> {
    return condition(() => this.unread.some(({ kind }) => kind === 'cancel'));
  }

  /** Waits for further news of a payment, at most so long (ms), and leaves all news unread. */
  async nextPayment(within: number): Promise<void> {
    const heard = this.paymentsHeard;
    await condition(() => this.paymentsHeard > heard, within);
  }

  /** To look at the payment without having been told: what was told before may be lost. */
  lookAtPayment(intentId: string): void {
    this.unread.push({ kind: 'payment', intentId, succeeded: false });
  }

  /** The intents of which Stripe said that money has come, and that nobody has looked at since. Asked for, they count as read. */
  takeUnreadMoney(): string[] {
    const unread = this.unread.splice(0);
    return [...new Set(unread.flatMap((news) => (news.kind === 'payment' && news.succeeded ? news.intentId : [])))];
  }

  /** The order waits for nothing any more: whoever asked, or asks from now on, is told where it stands. */
  close(status: OrderStatus): void {
    this.endedAs = status;
    for (const asked of this.open) dismiss(asked, status);
  }

  private ask<Answer>(describe: (answer: (answer: Answer) => void) => IntentAsked | MoveAsked): Promise<Answer> {
    return new Promise((resolve) => {
      const asked = describe((answer) => {
        this.open.delete(asked);
        resolve(answer);
      });
      if (this.endedAs !== undefined) return dismiss(asked, this.endedAs);
      this.open.add(asked);
      this.unread.push(asked);
    });
  }
}

/** Tells who asked where the order stands: that is where they wanted it, or the move cannot be made. */
export function dismiss(asked: IntentAsked | MoveAsked, status: OrderStatus): void {
  if (asked.kind === 'intent') asked.answer({ outcome: 'none' });
  else asked.answer({ moved: status === (asked.kind === 'confirm' ? 'CONFIRMED' : 'CANCELLED'), status });
}
