// Loaded into every Node process of a shop under test (`NODE_OPTIONS=--import`); it acts in workers only. There each activity
// asks the barrier server before it begins, and again when its effect is done and its answer has not left yet; so does each
// request to Stripe that makes or reads an intent, which stands in the middle of an activity.
import { isMainThread } from 'node:worker_threads';

const server = process.env.BARRIERS_URL;

const ASKED_OF_STRIPE: readonly { step: string; method: string; path: RegExp }[] = [
  { step: 'create at Stripe', method: 'POST', path: /^\/v1\/payment_intents$/ },
  { step: 'read at Stripe', method: 'GET', path: /^\/v1\/payment_intents\/pi_\w+$/ },
];

if (server !== undefined && isMainThread && process.argv[2] === 'worker') {
  await putBarriersAroundStripe(server);
  const { Worker } = await import('@temporalio/worker');
  const create = Worker.create.bind(Worker);
  Worker.create = async ({ activities = {}, ...options }) => {
    await tell(server, { steps: [...Object.keys(activities), ...ASKED_OF_STRIPE.map(({ step }) => step)] });
    return create({ ...options, activities: withBarriers(server, activities) });
  };
}

function withBarriers(url: string, activities: object): object {
  const wrapped = Object.entries(activities).map(([step, activity]: [string, unknown]) => {
    if (typeof activity !== 'function') throw new TypeError(`${step} is no activity`);
    return [step, (...args: unknown[]) => between(url, { step, args }, () => Reflect.apply(activity, undefined, args))];
  });
  return Object.fromEntries(wrapped);
}

async function putBarriersAroundStripe(url: string): Promise<void> {
  const { default: Stripe } = await import('stripe');
  const client: Record<'makeRequest', (...args: unknown[]) => Promise<unknown>> = Object.getPrototypeOf(
    Stripe.createNodeHttpClient(),
  );
  const { makeRequest } = client;
  client.makeRequest = function (...args) {
    const request = () => Reflect.apply(makeRequest, this, args);
    const [, , path, method, , body] = args;
    const step = ASKED_OF_STRIPE.find((asked) => asked.method === method && asked.path.test(String(path)))?.step;
    return step === undefined ? request() : between(url, { step, args: [path, body] }, request);
  };
}

async function between(url: string, about: { step: string; args: unknown[] }, effect: () => unknown): Promise<unknown> {
  await tell(url, { ...about, side: 'before' });
  const answer: unknown = await effect();
  await tell(url, { ...about, side: 'after' });
  return answer;
}

/** Returns when the server lets it pass, or is gone. */
async function tell(url: string, what: object): Promise<void> {
  await fetch(url, { method: 'POST', body: JSON.stringify(what) }).catch(() => undefined);
}
