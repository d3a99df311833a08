// HTTP as patient clients do it: what got no answer, or was told to come back, is sent again, the same request under the same
// key, to the next base. Any other answer is taken as it is; one that nobody should get is counted and never sent again.
import { setTimeout } from 'node:timers/promises';
import { count, type Figures } from './figures.ts';
import type { Witness } from './witness.ts';

export interface Ask {
  method: string;
  /** With placeholders, as the witness names it. */
  route: string;
  /** Without its base; the route unless told. */
  path?: string;
  headers?: Record<string, string>;
  /** JSON, or a form. */
  body?: object | URLSearchParams;
  /** Codes of refusals that this request may get. */
  mayRefuse?: readonly string[];
  /** For how long it is sent again, ms. */
  patienceMs?: number;
  /** When the client walks away, without waiting for any answer. */
  walksAway?: AbortSignal;
}

export interface Reply<Body> {
  status: number;
  /** 2xx: the body is what was asked for. */
  ok: boolean;
  /** Of a refusal. */
  code: string | null;
  body: Body;
}

/** The reply; undefined when there was none in the client's patience, or it walked away. */
export type Client = <Body>(ask: Ask) => Promise<Reply<Body> | undefined>;

export interface ClientOptions {
  /** Where it can be reached; each try goes to the next one. */
  bases: readonly string[];
  /** Whose answers they are: what "not now" looks like, and whether an answer can be a finding. */
  from: 'shop' | 'stripe';
  /** Told of everything that the shop's clients see. */
  witness?: Witness;
  figures: Figures;
  /** Ends everything. */
  stop: AbortSignal;
}

/** How long a client tries until it gives up: longer than any part of the shop is away. */
const PATIENCE_MS = 60_000;
/** Longer than the API's own limit for a request (15 s): whoever answers within it is heard. */
const ANSWER_WITHIN_MS = 20_000;
/** Until the next try after a lost connection: from the first value on, doubled up to the second. */
const RETRY_MS = [150, 2_000] as const;
/** The shop's refusals that only say "not now"; each of them comes with Retry-After. A 500 is none of them. */
const COME_BACK = new Set(['unavailable', 'request_in_progress', 'rate_limited']);
/** The code of an answer that came whole and whose JSON cannot be read. */
const UNREADABLE = 'unreadable';
const TOO_MANY = 429;
const SERVER_ERROR = 500;
const SECOND_MS = 1_000;

type Attempt<Body> = (Reply<Body> & { retryAfterMs: number | undefined }) | { lost: string };

export function createClient(options: ClientOptions): Client {
  const { figures, stop } = options;
  let turn = 0;
  return async <Body>(ask: Ask): Promise<Reply<Body> | undefined> => {
    const began = Date.now();
    let failedAt: number | undefined;
    for (let tries = 0; ; tries += 1) {
      const base = options.bases[(turn += 1) % options.bases.length] ?? '';
      const attempt: Attempt<Body> = await send(base, ask, options);
      stop.throwIfAborted();
      if (ask.walksAway?.aborted === true) return void (figures.walkedAway += 1);
      if (!('lost' in attempt) && !SAYS_LATER[options.from](attempt)) {
        if (failedAt !== undefined) figures.longestOutageMs = Math.max(figures.longestOutageMs, Date.now() - failedAt);
        if (options.from === 'shop' || attempt.code === UNREADABLE) judge(ask, attempt, figures);
        return attempt;
      }
      failedAt ??= Date.now();
      const wait = 'lost' in attempt ? undefined : attempt.retryAfterMs;
      const pauseMs = wait ?? Math.min(RETRY_MS[0] * 2 ** tries, RETRY_MS[1]);
      if (Date.now() + pauseMs - began > (ask.patienceMs ?? PATIENCE_MS)) return void (figures.gaveUp += 1);
      await setTimeout(pauseMs, undefined, { signal: stop });
      figures.retries += 1;
    }
  };
}

const SAYS_LATER = {
  shop: ({ code }: Reply<unknown>): boolean => code !== null && COME_BACK.has(code),
  stripe: ({ status }: Reply<unknown>): boolean => status === TOO_MANY || status >= SERVER_ERROR,
};

async function send<Body>(base: string, ask: Ask, { witness, figures, stop }: ClientOptions): Promise<Attempt<Body>> {
  const { method, route, path = route, headers, body, walksAway } = ask;
  const isForm = body instanceof URLSearchParams;
  figures.requests += 1;
  let response: Response;
  let text: string;
  try {
    response = await fetch(base + path, {
      method,
      headers: { ...headers, ...(body && !isForm && { 'Content-Type': 'application/json' }) },
      signal: AbortSignal.any([AbortSignal.timeout(ANSWER_WITHIN_MS), stop, ...(walksAway ? [walksAway] : [])]),
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    stop.throwIfAborted();
    const reason = walksAway?.aborted === true ? 'walked away' : reasonOf(error);
    witness?.saw({ saw: 'lost', method, route, reason });
    figures.lost += 1;
    return { lost: reason };
  }
  const { status } = response;
  const isJson = response.headers.get('Content-Type')?.includes('json') === true;
  const parsed = isJson ? parse(text) : { text };
  const code: string | null = parsed.code ?? parsed.error?.code ?? null;
  const retryAfter = response.headers.get('Retry-After');
  witness?.saw({ saw: 'answer', method, route, status, code, retryAfter: retryAfter !== null });
  if (status === 503) figures.unavailable += 1;
  return {
    status,
    ok: response.ok && code !== UNREADABLE,
    code,
    body: parsed,
    retryAfterMs: retryAfter === null ? undefined : Number(retryAfter) * SECOND_MS,
  };
}

/** JSON as it came; its code says so when it cannot be read. */
function parse(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return { code: UNREADABLE };
  }
}

/** What fetch hides: the system's code of what went wrong with the connection. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.name;
}

function judge({ method, route, mayRefuse = [] }: Ask, { status, ok, code }: Reply<unknown>, figures: Figures): void {
  const isFine = ok || (code !== null && mayRefuse.includes(code));
  if (!isFine) count(figures.unexpected, `${method} ${route}: ${status} ${code ?? ''}`.trim());
}
