// What the clients of a shop saw: all that its auditor takes from whoever drove it. One JSON object a line, in a file that is
// only ever appended to, so that it survives its writer.

/** An answer to one request. Requests that got no answer (cut, refused, timed out) are `lost`. */
export interface Answer {
  saw: 'answer';
  /** ISO 8601, when the answer had come. */
  at: string;
  method: string;
  /** The route with placeholders: `/orders/:id/cancel`. */
  route: string;
  /** HTTP status. */
  status: number;
  /** The stable code of a problem+json answer. */
  code: string | null;
  /** Whether the answer had a Retry-After header. */
  retryAfter: boolean;
}

/** An answer to POST /orders, beside its `answer`: every caller of one cart must see the same order. */
export interface Placed {
  saw: 'placed';
  at: string;
  /** Names the shopper's cart, and one submit of it: a cart that is its shopper's again after an order has ended begins a new one. */
  cart: string;
  submit: number;
  idempotencyKey: string;
  status: number;
  code: string | null;
  orderId: string | null;
  number: string | null;
  /** Minor units. */
  total: number | null;
  intentId: string | null;
}

/** Stripe told the shopper that the payment has succeeded. */
export interface Paid {
  saw: 'paid';
  at: string;
  orderId: string;
  intentId: string;
}

/** The order as its shopper last read it. */
export interface Read {
  saw: 'read';
  at: string;
  orderId: string;
  status: string;
  paymentStatus: string;
}

/** Somebody asked for what is another's; anything but 401, 403 and 404 breaks P8. */
export interface Foreign {
  saw: 'foreign';
  at: string;
  route: string;
  status: number;
}

/** A request that never got an answer. */
export interface Lost {
  saw: 'lost';
  at: string;
  method: string;
  route: string;
  reason: string;
}

/** What was done to the shop: a kill, a freeze, a fault. */
export interface Done {
  saw: 'done';
  at: string;
  /** `kill api`, `freeze postgres`, `stripe reset_after`, … */
  what: string;
}

export type Sight = Answer | Placed | Paid | Read | Foreign | Lost | Done;
