// What Stripe answers when it refuses: one error type with Stripe's own body (https://docs.stripe.com/api/errors).
import type { Stripe } from 'stripe';

/** The `error` object of an answer. */
export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  decline_code?: string;
  param?: string;
  charge?: string;
  payment_intent?: Partial<Stripe.PaymentIntent>;
  payment_method?: Stripe.PaymentMethod;
  doc_url?: string;
}

/** A refusal: the HTTP status and the error object that go to the caller. What was put before it was thrown stays put. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.name = 'Refusal';
    this.status = status;
    this.body = body.code === undefined ? body : { ...body, doc_url: documentation(body.code) };
  }
}

/** A request that is wrong in itself: HTTP 400, with a code and the parameter that is to blame. */
export function invalid(message: string, code?: string, param?: string): Refusal {
  return new Refusal(400, {
    type: 'invalid_request_error',
    message,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  });
}

/** An object in the URL that is not there: HTTP 404. `kind` is Stripe's word for it in the message. */
export function missing(kind: string, id: string, param = 'id'): Refusal {
  return new Refusal(404, { ...missingBody(kind, id), param });
}

/** An object named by a parameter of the body that is not there: HTTP 400. */
export function missingReference(kind: string, id: string, param: string): Refusal {
  return new Refusal(400, { ...missingBody(kind, id), param });
}

function missingBody(kind: string, id: string): ErrorBody {
  return { type: 'invalid_request_error', code: 'resource_missing', message: `No such ${kind}: '${id}'` };
}

/** The page that explains an error code, as Stripe names it. */
export function documentation(code: string): string {
  return `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`;
}
