// `expand[]`: ids in an answer become the objects that they name. https://docs.stripe.com/api/expanding_objects
import { invalid } from './errors.ts';
import type { Store } from './store.ts';

type Expandable = 'payment_intent' | 'charge' | 'refund' | 'dispute' | 'event' | 'webhook_endpoint';

/** Which fields of which objects can be expanded, and into what. */
const LINKS: Record<Expandable, Record<string, 'payment_intent' | 'charge'>> = {
  payment_intent: { latest_charge: 'charge' },
  charge: { payment_intent: 'payment_intent' },
  refund: { charge: 'charge', payment_intent: 'payment_intent' },
  dispute: { charge: 'charge', payment_intent: 'payment_intent' },
  event: {},
  webhook_endpoint: {},
};

/** Stripe's own limit of nesting. */
const DEEPEST = 4;

/** What an answer is: an object of some kind, or a list of such objects. */
export interface Answer {
  kind: Expandable;
  listed: boolean;
}

/** @throws {Refusal} 400 for a path that leads nowhere; said before anything is done */
export function checkExpansions({ kind, listed }: Answer, paths: string[]): void {
  for (const path of paths) {
    const steps = path.split('.');
    const unlisted = listed && steps[0] === 'data' ? steps.slice(1) : steps;
    const reached = unlisted.reduce<Expandable | undefined>(
      (at, step) => (at === undefined ? undefined : linkOf(at, step)),
      listed && steps[0] !== 'data' ? undefined : kind,
    );
    if (reached === undefined || unlisted.length === 0 || unlisted.length > DEEPEST) {
      throw invalid(`This property cannot be expanded (${path}).`, undefined, 'expand');
    }
  }
}

/** The answer with everything expanded that `paths` ask for. */
export function expandAll(store: Store, { kind, listed }: Answer, answer: object, paths: string[]): object {
  return paths.reduce((body, path) => {
    const steps = path.split('.');
    if (!listed) return expandPath(store, kind, body, steps);
    const data: unknown = Reflect.get(body, 'data');
    if (!Array.isArray(data)) return body;
    return { ...body, data: data.map((row) => expandPath(store, kind, row, steps.slice(1))) };
  }, answer);
}

function expandPath(store: Store, kind: Expandable, body: object, [field, ...rest]: string[]): object {
  const target = field === undefined ? undefined : linkOf(kind, field);
  if (field === undefined || target === undefined) return body;
  const value: unknown = Reflect.get(body, field);
  const found = typeof value === 'string' ? lookUp(store, target, value) : value;
  if (typeof found !== 'object' || found === null) return body;
  return { ...body, [field]: expandPath(store, target, found, rest) };
}

function linkOf(kind: Expandable, field: string): 'payment_intent' | 'charge' | undefined {
  return Object.hasOwn(LINKS[kind], field) ? LINKS[kind][field] : undefined;
}

function lookUp(store: Store, kind: 'payment_intent' | 'charge', id: string): object | undefined {
  return kind === 'charge' ? store.tables.charges.get(id) : store.tables.payment_intents.get(id);
}
