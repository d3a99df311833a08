// How activities talk to Stripe: which refusals are for good, and how a call goes on after an answer that Stripe keeps.
import { ApplicationFailure } from '@temporalio/common';
import Stripe from 'stripe';

/**
 * Stripe says no for good: the request itself is wrong, and repeating it cannot help. A key that is wrong now
 * (authentication, permission) is not among them: it will be replaced, and the order should live to see it.
 */
const REFUSED = new Set(['StripeInvalidRequestError', 'StripeIdempotencyError']);
/**
 * How many keys a call walks at most. The activity's retries use one or two new ones each, with growing pauses, so that
 * this lasts for a quarter of an hour of nothing but failures; afterwards it waits until Stripe forgets the first key.
 */
const MOST_KEYS = 20;

/** Asks Stripe. @throws StripeRefused (not retried, Stripe's code as its detail) when the answer is no for good */
export async function asking<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError && REFUSED.has(error.type)) {
      throw ApplicationFailure.nonRetryable(error.message, 'StripeRefused', error.code ?? null);
    }
    throw error;
  }
}

/** Whether Stripe has said no for good. */
export function isRefused(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && error.type === 'StripeRefused';
}

/**
 * Calls Stripe under a key, and under the next one (`<key>:2`, `<key>:3`, ...) where Stripe has kept a 5xx as that key's
 * answer: it repeats such an answer for a day (https://docs.stripe.com/api/idempotent_requests). Only an answer that is
 * marked as a repeat is known to be kept. After a timeout, a lost connection or a new 5xx the outcome is unknown, and the
 * key stays the same. Every try walks the keys from the first, so that nothing has to be remembered between them.
 */
export async function withKeys<T>(key: string, call: (idempotencyKey: string) => Promise<T>): Promise<T> {
  let askAgain = true;
  for (let number = 1; ; ) {
    try {
      return await call(number === 1 ? key : `${key}:${number}`);
    } catch (error) {
      if (!isServerError(error)) throw error;
      if (isRepeat(error) && number < MOST_KEYS) number += 1;
      else if (askAgain) askAgain = false;
      else throw error;
    }
  }
}

function isServerError(error: unknown): error is InstanceType<typeof Stripe.errors.StripeError> {
  return error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500;
}

/** Stripe marks a kept answer: https://docs.stripe.com/error-low-level#idempotency */
function isRepeat(error: InstanceType<typeof Stripe.errors.StripeError>): boolean {
  return error.headers?.['idempotent-replayed'] === 'true';
}
