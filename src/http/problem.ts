// Every refusal that the API can give, named once: its code, its HTTP status and its title (RFC 9457, problem details).
// Routes and stores throw `problem('code', ...)`; the app turns it into the answer in one place.
import { textResponse } from './texts.ts';

export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  idempotency_key_missing: { status: 400, title: 'This request needs an Idempotency-Key header' },
  malformed_request: { status: 400, title: 'These bytes are not an HTTP request' },
  invalid_signature: { status: 400, title: 'The signature does not match' },
  unauthenticated: { status: 401, title: 'Log in first' },
  forbidden: { status: 403, title: 'This is not allowed' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'This method is not offered here' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  invalid_transition: { status: 409, title: 'This move is not possible from the present state' },
  cart_in_checkout: { status: 409, title: 'This cart is in checkout' },
  cart_changed: { status: 409, title: 'The total has changed' },
  cart_empty: { status: 409, title: 'The cart is empty' },
  out_of_stock: { status: 409, title: 'There is not enough stock' },
  payment_refused: { status: 409, title: 'The payment service does not take this payment' },
  insufficient_stock: { status: 409, title: 'There is not enough stock for this change' },
  request_in_progress: { status: 409, title: 'The first request with this Idempotency-Key is still running' },
  last_admin: { status: 409, title: 'The shop needs somebody who administers it' },
  limit_reached: { status: 409, title: 'There are as many of these as there may be' },
  precondition_failed: { status: 412, title: 'This was changed since it was read' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body has a content type that is not taken here' },
  validation_failed: { status: 422, title: 'The request is not valid' },
  coupon_invalid: { status: 422, title: 'The coupon cannot be used' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key was used for another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'The service is not available right now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;
export type ProblemStatus<C extends ProblemCode = ProblemCode> = (typeof PROBLEMS)[C]['status'];

/** One field that was wrong: `path` with dots (`items.0.quantity`), empty for the body as a whole. */
export type FieldError = { path: string; message: string };

/** What a problem may carry: a sentence for this case, seconds to wait, wrong fields, and members of its own (`items`, `total`, `reason`). */
export type ProblemDetails = {
  detail?: string;
  retryAfter?: number;
  errors?: FieldError[];
  headers?: Record<string, string>;
  [member: string]: unknown;
};

/** The body of every refusal. */
export type ProblemBody = {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail?: string;
  errors?: FieldError[];
  [member: string]: unknown;
};

/** Seconds that a client is asked to wait where nothing better is known: a restart of a dependency takes about as long. */
const RETRY_AFTER_SECONDS = 2;
const CODES_WITH_RETRY_AFTER: ReadonlySet<ProblemCode> = new Set([
  'unavailable',
  'rate_limited',
  'request_in_progress',
]);

/** A refusal on its way to the app's error handler. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly details: ProblemDetails;
  constructor(code: ProblemCode, details: ProblemDetails, options?: ErrorOptions) {
    super(details.detail ?? PROBLEMS[code].title, options);
    this.name = 'ProblemError';
    this.code = code;
    this.details = details;
  }
}

/**
 * Makes a refusal to throw: `throw problem('out_of_stock', { detail, items })`.
 * @param cause the error behind it, for the log only; it never reaches the client
 */
export function problem(code: ProblemCode, details: ProblemDetails = {}, cause?: unknown): ProblemError {
  return new ProblemError(code, details, cause === undefined ? undefined : { cause });
}

/** The type URI of a code: a name that never changes, as RFC 9457 section 3.1.1 asks. */
export function problemType(code: ProblemCode): string {
  return `urn:problem-type:perdure:${code}`;
}

/** The body of a problem. Its own members come first, so that none of them can replace a standard one. */
export function problemBody(code: ProblemCode, details: ProblemDetails = {}): ProblemBody {
  const { retryAfter: _retryAfter, headers: _headers, detail, errors, ...members } = details;
  const { status, title } = PROBLEMS[code];
  return {
    ...members,
    type: problemType(code),
    title,
    status,
    code,
    ...(detail !== undefined && { detail }),
    ...(errors !== undefined && { errors }),
  };
}

/** The HTTP answer for a problem: `application/problem+json`, with Retry-After where waiting helps. */
export function problemResponse({ code, details }: Pick<ProblemError, 'code' | 'details'>): Response {
  const headers = new Headers({ 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' });
  for (const [name, value] of Object.entries(details.headers ?? {})) headers.set(name, value);
  if (CODES_WITH_RETRY_AFTER.has(code)) {
    headers.set('Retry-After', String(Math.max(1, Math.ceil(details.retryAfter ?? RETRY_AFTER_SECONDS))));
  }
  return textResponse(JSON.stringify(problemBody(code, details)), { status: PROBLEMS[code].status, headers });
}
