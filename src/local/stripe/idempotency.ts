// Idempotency keys as Stripe treats them: the first request's answer, success or error, is every later one's.
// https://docs.stripe.com/api/idempotent_requests
import { hash } from 'node:crypto';
import { invalid, Refusal } from './errors.ts';
import { REPLY_LIFE_MS, type ReplyRow, type Store } from './store.ts';

const LONGEST_KEY = 255;

export interface IdempotencyKeys {
  /**
   * Takes a key for a request that is about to run.
   * @returns the stored answer of the first request with it, or undefined when this is the first: then `release` must follow
   * @throws {Refusal} 400 when the key was used for another request, 409 while its first request is still running
   */
  claim(key: string, path: string, params: unknown): ReplyRow | undefined;
  /** Ends the claim: the request has run (and stored its answer) or never began to. */
  release(key: string): void;
  /** Stores the answer within the unit of work that made it, so that both are kept or neither. */
  keep(key: string, path: string, params: unknown, answer: Pick<ReplyRow, 'requestId' | 'status' | 'body'>): void;
}

/** @param clock milliseconds since the epoch */
export function createIdempotencyKeys(store: Store, clock: () => number): IdempotencyKeys {
  const running = new Set<string>();
  const forgetOld = () => {
    for (const reply of store.tables.replies.all()) {
      if (reply.at > clock() - REPLY_LIFE_MS) return;
      store.remove('replies', reply.id);
    }
  };
  return {
    claim(key, path, params) {
      if (key.length > LONGEST_KEY) throw invalid(`Idempotency key may be at most ${LONGEST_KEY} characters long.`);
      if (running.has(key)) throw inUse(key);
      const stored = store.tables.replies.get(key);
      if (stored === undefined || stored.at <= clock() - REPLY_LIFE_MS) {
        running.add(key);
        return undefined;
      }
      if (stored.path !== path) throw otherEndpoint(key, stored.path, path);
      if (stored.digest !== digestOf(params)) throw otherParameters(key);
      return stored;
    },
    release: (key) => running.delete(key),
    keep(key, path, params, answer) {
      forgetOld();
      // A key that is used again after its time goes to the end of the table, where the young ones are.
      store.remove('replies', key);
      store.put('replies', { id: key, path, digest: digestOf(params), at: clock(), ...answer });
    },
  };
}

/** The same for the same parameters in any order. */
function digestOf(params: unknown): string {
  return hash('sha256', JSON.stringify(params, sortedKeys), 'base64url');
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function inUse(key: string): Refusal {
  return new Refusal(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
  });
}

function otherEndpoint(key: string, first: string, now: string): Refusal {
  return new Refusal(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${now}' vs '${first}'). Try using a key other than '${key}' if you meant to execute a different request.`,
  });
}

function otherParameters(key: string): Refusal {
  return new Refusal(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  });
}
