// Stripe's HTTP: every request to /v1 goes the same way, from its key and its parameters to its answer.
//   fault? -> key -> parameters -> idempotency key -> (late?) -> work and stored answer, one journal line -> answer
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { parse } from 'qs';
import { Stripe } from 'stripe';
import type { Logger } from '../../platform/logger.ts';
import { authenticate, type Keys, secretKeyRequired, shopperView } from './callers.ts';
import { type ErrorBody, invalid, Refusal } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import type { IdempotencyKeys } from './idempotency.ts';
import { newId } from './ids.ts';
import type { LoggedRequest, RequestLog } from './requests.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';
import type { Perform, Work } from './work.ts';

export interface ApiParts {
  keys: Keys;
  perform: Perform;
  idempotency: IdempotencyKeys;
  faults: Faults;
  requests: RequestLog;
  /** Waits; rejects with a `Refusal` when the simulator stops meanwhile. */
  pause: (ms: number) => Promise<void>;
  logger: Logger;
}
type Env = { Bindings: HttpBindings };

interface Reply {
  status: number;
  body: object;
  /** It is what every later request with this key is answered. */
  kept?: boolean;
  /** The id of the request whose stored answer this is. */
  original?: string;
}

/** How the body is read: metadata keys stay as they are (no arrays), and nothing can be made deep or endless. */
const FORM = {
  parseArrays: false,
  depth: 4,
  strictDepth: true,
  parameterLimit: 1_000,
  throwOnLimitExceeded: true,
} as const;

export function createApi(parts: ApiParts): Hono<Env> {
  const app = new Hono<Env>();
  for (const route of ROUTES) app.on(route.method, route.path, (c) => answer(c, route, parts));
  app.all('*', (c) => answer(c, undefined, parts));
  return app;
}

/** One request on its way: what was asked of which route, what is noted of it, and what is to go wrong. */
interface Passage {
  c: Context<Env>;
  route: Route | undefined;
  parts: ApiParts;
  note: LoggedRequest;
  fault: Fault | undefined;
}

async function answer(c: Context<Env>, route: Route | undefined, parts: ApiParts): Promise<Response> {
  const { method, path } = c.req;
  const fault = parts.faults.take(method, path);
  const note: LoggedRequest = {
    requestId: newId('req'),
    method,
    path,
    params: {},
    idempotencyKey: keyOf(c),
    status: null,
    replayed: false,
    fault: fault?.kind ?? null,
  };
  parts.requests.add(note);
  if (fault?.kind === 'reset_before') return hangUp(c);
  const reply = await replyTo({ c, route, parts, note, fault });
  note.status = reply.status;
  note.replayed = reply.original !== undefined;
  return fault?.kind === 'reset_after' ? hangUp(c) : respond(c, note.requestId, reply);
}

function hangUp(c: Context<Env>): Response {
  c.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

async function replyTo(passage: Passage): Promise<Reply> {
  try {
    if (isRefusedAtOnce(passage.fault)) throw faultRefusal(passage.fault.status);
    return await handle(passage);
  } catch (error) {
    return refused(error, passage.note.requestId, passage.parts.logger);
  }
}

async function handle({ c, route, parts, note, fault }: Passage): Promise<Reply> {
  const { requestId, path, idempotencyKey: key } = note;
  const publishable = authenticate(c.req.header('authorization'), parts.keys) === 'publishable';
  if (route === undefined) throw unrecognized(note.method, path);
  if (publishable && !route.publishable) throw secretKeyRequired();
  const raw = await parameters(c);
  note.params = raw;
  const job = route.prepare({ id: c.req.param('id') ?? '', raw, publishable });

  const execute = async () => {
    if (fault?.kind === 'latency') await parts.pause(fault.ms);
    return parts.perform({ id: requestId, idempotency_key: key }, (work) => {
      const reply = view(
        attempt(() => carryOut(work, job, fault), requestId, parts.logger),
        publishable,
      );
      if (key === null) return reply;
      parts.idempotency.keep(key, path, raw, { requestId, ...reply });
      return { ...reply, kept: true };
    });
  };
  if (key === null) return execute();
  const stored = parts.idempotency.claim(key, path, raw);
  if (stored !== undefined) {
    return { status: stored.status, body: stored.body, kept: true, original: stored.requestId };
  }
  try {
    return await execute();
  } finally {
    parts.idempotency.release(key);
  }
}

/** A rate limit or a conflict is met before anything else, and no answer of it is kept; a 5xx is met while the work is done. */
function isRefusedAtOnce(fault: Fault | undefined): fault is Fault {
  return fault?.kind === 'status' && fault.status < 500;
}

function carryOut(work: Work, job: (work: Work) => object, fault: Fault | undefined): object {
  if (fault?.kind === 'status') throw faultRefusal(fault.status);
  return job(work);
}

/** Runs the work; a refusal is an answer like any other. */
function attempt(job: () => object, requestId: string, logger: Logger): Reply {
  try {
    return { status: 200, body: job() };
  } catch (error) {
    return refused(error, requestId, logger);
  }
}

function refused(error: unknown, requestId: string, logger: Logger): Reply {
  if (error instanceof Refusal) return { status: error.status, body: { error: error.body } };
  logger.error({ err: error, requestId }, 'the simulator itself failed');
  const body: ErrorBody = {
    type: 'api_error',
    message: 'An unknown error occurred in the simulator; its log says more.',
  };
  return { status: 500, body: { error: body } };
}

/** What the publishable key gets to see of the answer. */
function view(reply: Reply, publishable: boolean): Reply {
  if (!publishable) return reply;
  const error: unknown = Reflect.get(reply.body, 'error');
  if (typeof error !== 'object' || error === null) return { ...reply, body: shopperView(reply.body) };
  const intent: unknown = Reflect.get(error, 'payment_intent');
  if (typeof intent !== 'object' || intent === null) return reply;
  return { ...reply, body: { error: { ...error, payment_intent: shopperView(intent) } } };
}

function respond(c: Context<Env>, requestId: string, reply: Reply): Response {
  const key = keyOf(c);
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-cache, no-store',
    'Request-Id': requestId,
    'Stripe-Version': c.req.header('stripe-version') ?? Stripe.API_VERSION,
  };
  if (key !== null) {
    headers['Idempotency-Key'] = key;
    headers['Original-Request'] = reply.original ?? requestId;
    // Stripe says so where a repeat would only meet the kept answer. https://docs.stripe.com/error-low-level
    if (reply.kept === true && reply.status >= 500) headers['Stripe-Should-Retry'] = 'false';
  }
  if (reply.original !== undefined) headers['Idempotent-Replayed'] = 'true';
  return new Response(JSON.stringify(reply.body), { status: reply.status, headers });
}

/** Keys count on POST only; the other methods are idempotent by themselves. */
function keyOf(c: Context<Env>): string | null {
  const key = c.req.method === 'POST' ? c.req.header('idempotency-key') : undefined;
  return key === undefined || key === '' ? null : key;
}

async function parameters(c: Context<Env>): Promise<Record<string, unknown>> {
  const query = new URL(c.req.url).search.slice(1);
  const body = c.req.method === 'POST' ? await c.req.text() : '';
  const type = c.req.header('content-type') ?? '';
  if (body !== '' && type !== '' && !type.startsWith('application/x-www-form-urlencoded')) {
    throw invalid(
      'Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have questions, we can help at https://support.stripe.com/.',
    );
  }
  try {
    return { ...parse(query, FORM), ...parse(body, FORM) };
  } catch (cause) {
    throw invalid(`Invalid request: ${cause instanceof Error ? cause.message : 'the parameters cannot be read'}`);
  }
}

function unrecognized(method: string, path: string): Refusal {
  return new Refusal(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  });
}

function faultRefusal(status: number): Refusal {
  if (status === 429) {
    return new Refusal(429, {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
    });
  }
  return new Refusal(status, {
    type: status < 500 ? 'invalid_request_error' : 'api_error',
    message: 'An unknown error occurred',
  });
}
