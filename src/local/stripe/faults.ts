// Faults on order: which of the next requests are to fail, and how. Kept in memory only: a restart ends them.
import { z } from 'zod';

/**
 * - `status`: answered with an error, nothing is done. Below 500 Stripe keeps no answer of it for the idempotency key; a 5xx
 *   is kept like every answer of work that had begun, and repeated (https://docs.stripe.com/api/idempotent_requests)
 * - `latency`: done after `ms`
 * - `reset_before`: the connection is lost, nothing is done
 * - `reset_after`: everything is done, stored and told by events; then the connection is lost
 */
const KINDS = ['status', 'latency', 'reset_before', 'reset_after'] as const;
const DEFAULT_LATENCY_MS = 1_000;

/** `method` and `path` may be left out or be `*`. In a path, `*` or `:name` stands for one part, and a last `*` for all that follow. */
export const faultSchema = z.strictObject({
  method: z.string().default('*'),
  path: z.string().default('*'),
  times: z.number().int().min(1).default(1),
  kind: z.enum(KINDS),
  status: z.number().int().min(400).max(599).default(500),
  ms: z.number().int().min(0).max(600_000).default(DEFAULT_LATENCY_MS),
});
export type Fault = z.output<typeof faultSchema>;

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  all(): Fault[];
  /** The fault that this request meets, if any; it has one time less afterwards. */
  take(method: string, path: string): Fault | undefined;
}

export function createFaults(): Faults {
  let ordered: Fault[] = [];
  return {
    add: (fault) => ordered.push({ ...fault }),
    clear() {
      ordered = [];
    },
    all: () => ordered.map((fault) => ({ ...fault })),
    take(method, path) {
      if (ordered.length === 0) return undefined;
      const fault = ordered.find((candidate) => matches(candidate, method, path));
      if (fault === undefined) return undefined;
      fault.times -= 1;
      if (fault.times === 0) ordered = ordered.filter((candidate) => candidate !== fault);
      return fault;
    },
  };
}

function matches(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== '*' && fault.method.toUpperCase() !== method) return false;
  if (fault.path === '*' || fault.path === path) return true;
  const wanted = fault.path.split('/');
  const parts = path.split('/');
  const openEnd = wanted.at(-1) === '*';
  if (openEnd ? parts.length < wanted.length : parts.length !== wanted.length) return false;
  return wanted.every((part, at) => part === '*' || part.startsWith(':') || part === parts[at]);
}
