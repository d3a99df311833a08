// The controls that only the simulator has: JSON on /_sim, for scripts, tests and people who want to see things fail.
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { invalid, missing, Refusal } from './errors.ts';
import { type Faults, faultSchema } from './faults.ts';
import { authenticateIntent, confirmIntent, findIntent } from './intents.ts';
import { answerRefund, findRefund } from './refunds.ts';
import type { RequestLog } from './requests.ts';
import type { Store } from './store.ts';
import { settle, type Tasks } from './tasks.ts';
import type { Webhooks } from './webhooks.ts';
import type { Perform, Work } from './work.ts';

export interface ControlParts {
  store: Store;
  perform: Perform;
  webhooks: Webhooks;
  faults: Faults;
  tasks: Tasks;
  requests: RequestLog;
}

const paySchema = z.strictObject({
  payment_method: z.string().default('pm_card_visa'),
  processing: z.boolean().default(false),
});
const refundsSchema = z.strictObject({ hold: z.boolean() });
const succeedSchema = z.strictObject({ succeed: z.boolean().default(true) });
const webhooksSchema = z.strictObject({
  hold: z.boolean().optional(),
  order: z.enum(['fifo', 'lifo', 'random']).default('fifo'),
  duplicates: z.number().int().min(0).max(20).default(0),
  drop: z.number().int().min(0).optional(),
});
const faultsSchema = z.union([z.strictObject({ clear: z.literal(true) }), faultSchema]);

export function createControls(parts: ControlParts): Hono {
  const { store, perform, webhooks, faults, requests } = parts;
  const app = new Hono();
  const act = (c: Context, job: (work: Work) => object) => c.json(perform(null, job));
  /** The intent that the path names; `latest` is the one that was made last, for people with nothing but curl. */
  const intentId = (c: Context): string => {
    const id = c.req.param('id') ?? '';
    return id === 'latest' ? (store.tables.payment_intents.backward().next().value?.id ?? id) : id;
  };

  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/payment_intents', (c) => c.json([...store.tables.payment_intents.all()]));
  app.get('/payment_intents/:id', (c) => act(c, (work) => findIntent(work, intentId(c))));
  app.get('/refunds', (c) => c.json([...store.tables.refunds.all()]));
  app.get('/events', (c) => c.json(eventsTold(store)));
  app.get('/requests', (c) => c.json(requests.all()));

  app.post('/payment_intents/:id/pay', async (c) => {
    const { processing: waits, ...params } = await read(c, paySchema);
    return act(c, (work) => confirmIntent(work, intentId(c), { ...params, waits }));
  });
  app.post('/payment_intents/:id/authenticate', async (c) => {
    const { succeed } = await read(c, succeedSchema);
    return act(c, (work) => authenticateIntent(work, intentId(c), succeed));
  });
  app.post('/payment_intents/:id/settle', async (c) => {
    const { succeed } = await read(c, succeedSchema);
    return act(c, (work) => settle(work, findIntent(work, intentId(c)), succeed));
  });

  app.post('/refunds', async (c) => {
    const { hold } = await read(c, refundsSchema);
    change(store, { holdRefunds: hold });
    return c.json({ hold });
  });
  app.post('/refunds/:id/settle', async (c) => {
    const { succeed } = await read(c, succeedSchema);
    return act(c, (work) => answerRefund(work, findRefund(work, c.req.param('id')), succeed));
  });

  app.get('/webhooks', (c) => c.json({ ...webhooks.state(), drop: store.settings().drop }));
  app.post('/webhooks', async (c) => {
    const { hold, drop, order, duplicates } = await read(c, webhooksSchema);
    if (drop !== undefined) change(store, { drop });
    if (hold === true) webhooks.hold();
    if (hold === false) webhooks.release({ order, duplicates });
    return c.json({ ...webhooks.state(), drop: store.settings().drop });
  });

  app.get('/faults', (c) => c.json(faults.all()));
  app.post('/faults', async (c) => {
    const order = await read(c, faultsSchema);
    if ('clear' in order) faults.clear();
    else faults.add(order);
    return c.json(faults.all());
  });
  app.post('/reset', (c) => {
    reset(parts);
    return c.json({ status: 'ok' });
  });

  app.all('*', (c) => refuse(missing('control', `${c.req.method} ${c.req.path}`)));
  app.onError((error) => {
    if (error instanceof Refusal) return refuse(error);
    throw error;
  });
  return app;
}

/** Every event, oldest first, shortly: what it tells of, when its endpoints acknowledged it, and how many still have to. */
function eventsTold({ tables }: Store) {
  return [...tables.events.all()].map(({ id, type, created, data: { object } }) => ({
    id,
    type,
    created,
    object: object.id,
    orderId: object.metadata?.['orderId'] ?? null,
    acknowledged: tables.acknowledgements.inGroup(id).map(({ at }) => new Date(at).toISOString()),
    pending: tables.deliveries.inGroup(id).length,
  }));
}

function change(store: Store, settings: Partial<ReturnType<Store['settings']>>): void {
  store.put('settings', { ...store.settings(), ...settings });
  store.commit();
}

/** Everything is forgotten but the webhook endpoints, without which the shop would not hear of what comes next. */
function reset({ store, webhooks, faults, tasks, requests }: ControlParts): void {
  webhooks.forget();
  tasks.forget();
  faults.clear();
  requests.clear();
  store.reset();
}

/** The JSON of the body, whatever content type it comes with; nothing at all is `{}`. */
async function read<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  const body = await c.req.text();
  const result = schema.safeParse(body.trim() === '' ? {} : parseJson(body));
  if (result.success) return result.data;
  throw invalid(z.prettifyError(result.error));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw invalid(`The body is not JSON: ${cause instanceof Error ? cause.message : 'it cannot be read'}`);
  }
}

function refuse(refusal: Refusal): Response {
  return Response.json({ error: refusal.body }, { status: refusal.status });
}
