// A running shop, and an app of our own beside its API whose statements are counted, with what a client does there in a few words.
import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { createApp } from '../../src/http/app.ts';
import { appendAct } from '../../src/platform/audit.ts';
import { openDatabase } from '../../src/platform/database.ts';
import { openTemporal } from '../../src/platform/temporal.ts';
import { bearer, type Credentials, newAddress } from '../accounts/people.ts';
import { bothRoles } from '../support/servers.ts';
import { ADDRESS, type CartBody, type PlacedBody } from '../support/shopper.ts';
import { startStack } from '../support/stack.ts';
import { type Asking, requestOf } from './asking.ts';
import { ENVIRONMENT, floor } from './floor.ts';

export const WEBHOOK_SECRET = 'whsec_query_counts';

export interface Call extends Asking {
  /** The method and the path, as they are sent. */
  to: string;
}

export type CountedShop = Awaited<ReturnType<typeof openCountedShop>>;

/** Opens it; whoever opens it closes it. */
export async function openCountedShop() {
  const running = await startStack({ env: { TOKEN_SECRET: ENVIRONMENT.TOKEN_SECRET } });
  const { stack } = running;
  const { deps } = floor(null, {
    DATABASE_URL: bothRoles(stack.databaseUrl).DATABASE_URL,
    TEMPORAL_ADDRESS: stack.temporal,
    TEMPORAL_NAMESPACE: stack.namespace,
    STRIPE_SECRET_KEY: stack.stripeSecretKey ?? '',
    STRIPE_API_BASE: stack.stripe,
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
  });
  let statements = 0;
  const db = openDatabase(deps.config, pino({ level: 'silent' }), () => {
    statements += 1;
  });
  const temporal = openTemporal(deps.config);
  const app = createApp({ ...deps, db, temporal, record: (act) => appendAct(db, act) });

  /** Sends it, and gives the body, where it has an end; everything here must succeed. */
  const send = async <Body>({ to, ...asked }: Call): Promise<Body> => {
    const [method = '', path = ''] = to.split(' ');
    const response = await app.request(path, requestOf(method, asked));
    const isEndless = response.headers.get('Content-Type') === 'text/event-stream';
    if (isEndless) await response.body?.cancel();
    const text = isEndless ? '' : await response.text();
    if (!response.ok) throw new Error(`${to}: ${response.status} ${text}`);
    return JSON.parse(text.startsWith('{') ? text : 'null');
  };

  /** Variants that anyone may buy many of. */
  const variants = async (number: number): Promise<string[]> => {
    const rows = await db
      .selectFrom('variants')
      .innerJoin('inventory', 'inventory.variantId', 'variants.id')
      .where('sku', 'like', 'BULK-%')
      .select('variants.id')
      .limit(number)
      .execute();
    return rows.map(({ id }) => id);
  };

  /** Puts so many lines into the cart of who has these headers, or into a new one, and gives the headers that open it. */
  const fillCart = async (lines = 1, owner: Credentials = {}): Promise<Credentials> => {
    let headers = owner;
    for (const variantId of await variants(lines)) {
      const json = { variantId, quantity: 1 };
      const { cartToken } = await send<CartBody>({ to: 'POST /api/v1/cart/items', headers, json });
      if (cartToken !== undefined) headers = { 'X-Cart-Token': cartToken };
    }
    return headers;
  };

  const submit = (headers: Credentials, paymentMethod = 'card', path = '/orders'): Call => {
    const json = { paymentMethod, email: newAddress(), shippingAddress: ADDRESS };
    return { to: `POST /api/v1${path}`, headers: { ...headers, ...keyed() }, json };
  };

  return {
    stack,
    db,
    send,
    variants,
    fillCart,
    submit,
    /** How many statements a call runs. */
    count: async (call: Call): Promise<number> => {
      statements = 0;
      await send(call);
      return statements;
    },
    /** A guest's order, and the header that proves it theirs. */
    place: async (paymentMethod = 'card', lines = 1) => {
      const placed = await send<PlacedBody>(submit(await fillCart(lines), paymentMethod));
      return { ...placed, orderId: placed.order.id, owner: { 'X-Order-Token': placed.order.accessToken ?? '' } };
    },
    logIn: async (account: 'admin' | 'customer' = 'admin'): Promise<Credentials> => {
      const json = stack.accounts[account];
      const { accessToken } = await send<{ accessToken: string }>({ to: 'POST /api/v1/auth/login', json });
      return bearer(accessToken);
    },
    close: async () => {
      await Promise.all([db.destroy(), temporal.close()]);
      await running.stop();
    },
  };
}

export const keyed = () => ({ 'Idempotency-Key': randomUUID() });
