// Things that happen by themselves after a while: a bank's answer to a refund or to a debit. They wait in the store,
// so a restart only delays them.
import type { Stripe } from 'stripe';
import { expireIntent } from './intents.ts';
import { testMethod } from './methods.ts';
import { settleIntent } from './payments.ts';
import { settleRefund } from './refunds.ts';
import type { Store, TaskRow } from './store.ts';
import type { Perform, Work } from './work.ts';

const DO: Record<TaskRow['kind'], (work: Work, subject: string) => void> = {
  settle_refund: settleRefund,
  settle_intent(work, id) {
    const intent = work.store.tables.payment_intents.get(id);
    if (intent !== undefined) settle(work, intent);
  },
  expire_intent: expireIntent,
};

export interface Tasks {
  schedule: (task: TaskRow) => void;
  forget(): void;
}

/** @param perform taken late, because units of work schedule tasks in their turn */
export function createTasks(store: Store, clock: () => number, perform: () => Perform): Tasks {
  const timers = new Set<NodeJS.Timeout>();
  return {
    schedule(task) {
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          if (store.tables.tasks.get(task.id) === undefined) return;
          perform()(null, (work) => {
            store.remove('tasks', task.id);
            DO[task.kind](work, task.subject);
          });
        },
        Math.max(0, task.at - clock()),
      );
      timers.add(timer);
    },
    forget() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** Ends a payment that is `processing`, as its test method says or as `succeed` does. */
export function settle(work: Work, intent: Stripe.PaymentIntent, succeed?: boolean): Stripe.PaymentIntent {
  const id = intent.payment_method;
  const row = typeof id === 'string' ? work.store.tables.payment_methods.get(id) : undefined;
  const method = row === undefined ? undefined : testMethod(row.method);
  if (row === undefined || method === undefined) return intent;
  return settleIntent(work, intent, { row, method }, succeed ?? method.settles === 'succeed_later');
}
