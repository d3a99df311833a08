// A guest's cart as its owner's tabs, retries and API processes submit it. The answers are the product's; every wait ends.
import { randomUUID } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { ADDRESS, type Answer, type CartBody, call, type PlacedBody, type ProblemBody } from '../support/shopper.ts';

export interface GuestCart {
  token: string;
  /** Nobody else's, so that what became of the cart can be found by it. */
  email: string;
}

export interface Submit {
  key?: string;
  paymentMethod?: 'card' | 'cod';
  /** Milliseconds in which the answer must be there. */
  within?: number;
}

export type SubmitAnswer = Answer<PlacedBody & ProblemBody>;

/** Longer than the API's own limit for a request. */
const ANSWER_WITHIN_MS = 30_000;

/** A new cart with these variants, added in this order. */
export async function guestCart(api: string, variantIds: string[]): Promise<GuestCart> {
  let token: string | undefined;
  for (const variantId of variantIds) {
    const headers: Record<string, string> = token === undefined ? {} : { 'X-Cart-Token': token };
    const { body } = await call<CartBody>(`${api}/api/v1/cart/items`, { headers, json: { variantId, quantity: 1 } });
    token ??= body.cartToken;
  }
  if (token === undefined) throw new Error('the cart got no token');
  return { token, email: `${randomUUID()}@example.com` };
}

/** @throws when the answer is not there in its time */
export async function submit(api: string, cart: GuestCart, how: Submit = {}): Promise<SubmitAnswer> {
  const { headers, body } = request(cart, how);
  const signal = AbortSignal.timeout(how.within ?? ANSWER_WITHIN_MS);
  const answer = await fetch(`${api}${PATH}`, { method: 'POST', headers, body, signal });
  const placed = (await answer.json()) as SubmitAnswer['body'];
  return { status: answer.status, headers: answer.headers, body: placed };
}

/**
 * The same request on a bare socket, for callers whose connection is cut.
 * @param share how much of the body leaves, 0 to 1
 * @returns the socket, once the system has taken everything that leaves
 */
export function submitOnSocket(api: string, cart: GuestCart, how: Submit, share: number): Promise<Socket> {
  const { hostname, port, host } = new URL(api);
  const { headers, body } = request(cart, how);
  const lines = Object.entries({ ...headers, Host: host, 'Content-Length': String(Buffer.byteLength(body)) });
  const head = `POST ${PATH} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) }, () => {
      socket.write(head + body.slice(0, Math.round(body.length * share)), () => resolve(socket));
    });
    socket.once('error', reject);
  });
}

const PATH = '/api/v1/orders';

function request({ token, email }: GuestCart, { key = randomUUID(), paymentMethod = 'card' }: Submit) {
  return {
    headers: { 'Content-Type': 'application/json', 'X-Cart-Token': token, 'Idempotency-Key': key },
    body: JSON.stringify({ paymentMethod, email, shippingAddress: ADDRESS }),
  };
}
