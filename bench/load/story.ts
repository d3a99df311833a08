// The whole story of one order as its shopper lives it, over HTTP only: cart, submit, payment, and the wait until the order says
// that it is paid (card) or that the shopper has nothing more to do (cash on delivery).
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { codeOf } from '../../src/local/problem.ts';
import { ADDRESS } from '../../test/support/shopper.ts';
import type { Http, HttpAnswer } from '../http.ts';
import { follow } from './follow.ts';

export const METHODS = ['card', 'cod'] as const;
export type Method = (typeof METHODS)[number];

/** Where the shop is, and what is bought in it. */
export interface Errand {
  api: string;
  stripe: string;
  publishableKey: string;
  method: Method;
  /** The ids of the variants of the cart's lines. */
  lines: readonly string[];
}

/** How long each part of a story took, in milliseconds; the whole is `story`. */
export interface StoryTimes {
  cart: number;
  submit: number;
  pay: number;
  settle: number;
  story: number;
}

/** An order that the API has not answered for by then has met a shop that is down, not one that is busy. */
const SUBMIT_TRIES = 4;

const JSON_TYPE = { 'Content-Type': 'application/json' };
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** A step that was not answered as it should have been. `message` is the step and what came instead. */
export class StepFailed extends Error {}

interface Placed {
  order: { id: string; status: string; accessToken: string };
  payment: { intentId: string; clientSecret: string } | null;
}

/**
 * Lives one story. A submit that the API asks to repeat is repeated under its key, as a client does, and takes that much longer.
 * @param repeated told of each such answer
 * @throws StepFailed at the first step that goes wrong otherwise
 */
export async function liveStory(http: Http, errand: Errand, repeated: (answer: string) => void): Promise<StoryTimes> {
  const began = performance.now();
  const cartToken = await fillCart(http, errand);
  const filled = performance.now();
  const { order, payment } = await submit(http, errand, { cartToken, repeated });
  const submitted = performance.now();
  if (errand.method === 'card') await pay(http, errand, payment);
  const paid = performance.now();
  const settledStatus = errand.method === 'card' ? 'PAID' : 'AWAITING_CONFIRMATION';
  if (order.status !== settledStatus) await followUntil(http, errand, order, settledStatus);
  const settled = performance.now();
  return {
    cart: filled - began,
    submit: submitted - filled,
    pay: paid - submitted,
    settle: settled - paid,
    story: settled - began,
  };
}

async function fillCart(http: Http, { api, lines }: Errand): Promise<string> {
  let token: string | undefined;
  for (const variantId of lines) {
    const headers = { ...JSON_TYPE, ...(token !== undefined && { 'X-Cart-Token': token }) };
    const body = JSON.stringify({ variantId, quantity: 1 });
    const step = 'POST /cart/items';
    const expected = token === undefined ? 201 : 200;
    const answer = await ask(step, expected, http(`${api}/api/v1/cart/items`, { method: 'POST', headers, body }));
    const cart: { cartToken?: string } = JSON.parse(answer.text);
    token ??= cart.cartToken;
  }
  if (token === undefined) throw new StepFailed('POST /cart/items no token');
  return token;
}

async function submit(
  http: Http,
  { api, method }: Errand,
  { cartToken, repeated }: { cartToken: string; repeated: (answer: string) => void },
): Promise<Placed> {
  const headers = { ...JSON_TYPE, 'X-Cart-Token': cartToken, 'Idempotency-Key': randomUUID() };
  const body = JSON.stringify({
    paymentMethod: method,
    email: `${randomUUID()}@example.com`,
    shippingAddress: ADDRESS,
    shippingMethod: 'standard',
  });
  for (let tries = 1; ; tries += 1) {
    const answer = await answerTo('POST /orders', http(`${api}/api/v1/orders`, { method: 'POST', headers, body }));
    if (answer.status === 201) {
      const placed: Placed = JSON.parse(answer.text);
      return placed;
    }
    const failed = new StepFailed(describe('POST /orders', answer));
    const { 'retry-after': seconds } = answer.headers;
    if (seconds === undefined || tries === SUBMIT_TRIES) throw failed;
    repeated(failed.message);
    await setTimeout(Number(seconds) * 1000);
  }
}

/** As Stripe.js does: with the publishable key and the intent's client secret. */
async function pay(http: Http, { stripe, publishableKey }: Errand, payment: Placed['payment']): Promise<void> {
  if (payment === null) throw new StepFailed('POST /orders no intent');
  const headers = { ...FORM_TYPE, Authorization: `Bearer ${publishableKey}` };
  const body = new URLSearchParams({ client_secret: payment.clientSecret, payment_method: 'pm_card_visa' }).toString();
  const url = `${stripe}/v1/payment_intents/${payment.intentId}/confirm`;
  await ask('Stripe confirm', 200, http(url, { method: 'POST', headers, body }));
}

/** As a page does that shows an order: it is told each move. */
async function followUntil(http: Http, { api }: Errand, order: Placed['order'], status: string): Promise<void> {
  const stream = { url: `${api}/api/v1/orders/${order.id}/stream`, headers: { 'X-Order-Token': order.accessToken } };
  const hasCome = (data: string): boolean => {
    if (data === '') return false;
    const move: { to: string } = JSON.parse(data);
    return move.to === status;
  };
  await ask('GET /orders/:id/stream', 200, follow(http, stream, hasCome));
}

async function ask(step: string, expected: number, call: Promise<HttpAnswer>): Promise<HttpAnswer> {
  const answer = await answerTo(step, call);
  if (answer.status !== expected) throw new StepFailed(describe(step, answer));
  return answer;
}

/** @throws StepFailed when there is none */
async function answerTo(step: string, call: Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await call;
  } catch (error) {
    const code = codeOf(error);
    throw new StepFailed(`${step} lost ${typeof code === 'string' ? code : 'unknown'}`, { cause: error });
  }
}

function describe(step: string, { status, text }: HttpAnswer): string {
  return `${step} ${status} ${problemCode(text)}`;
}

/** The stable code of a problem+json answer; of any other its first characters. */
function problemCode(text: string): string {
  try {
    const problem: { code?: unknown } = JSON.parse(text);
    if (typeof problem.code === 'string') return problem.code;
  } catch {
    // not JSON: what it says is shown as it is
  }
  return text.slice(0, 40);
}
