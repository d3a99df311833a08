// What `npm start` prints when everything is ready.
import { z } from 'zod';
import type { Stack } from './stack-file.ts';

const availableSchema = z.object({ items: z.array(z.object({ id: z.string() })) });
const productSchema = z.object({ variants: z.array(z.object({ id: z.string(), available: z.number() })) });

/**
 * The addresses, and where to go from here.
 * @param took how long the start took, for people
 */
export async function welcome(stack: Stack, home: string, took: string): Promise<string> {
  // The shop is up: an example that cannot be found is no reason to end it.
  const variantId = await sellableVariant(stack).catch(() => undefined);
  const rows: [string, string | null][] = [
    ['API', stack.api.join(' ')],
    ['API docs', stack.docs],
    ['Temporal UI', stack.temporalUi],
    ['Mail inbox', stack.inbox],
    ['Stripe', stack.pids.stripe === null ? 'the configured account' : `${stack.stripe} (simulator)`],
    ['PostgreSQL', withoutPassword(stack.databaseUrl)],
    ['Redis', stack.redisUrl ?? 'none: limits and caches are kept per process'],
    ['Temporal', `${stack.temporal}, namespace ${stack.namespace}`],
  ];
  const table = rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(12)} ${value}`]));
  return [
    '',
    `Perdure is ready (${took}).`,
    '',
    ...table,
    '',
    `  Passwords and keys: ${home}/stack.json (accounts, databaseUrl, stripeSecretKey)`,
    `  The product list:   curl ${stack.api[0]}/api/v1/products`,
    ...(variantId === undefined || stack.pids.stripe === null ? [] : ['', ...paidOrder(stack, variantId), '']),
    '  Ctrl-C stops everything; the next start finds its data again.',
    '',
  ].join('\n');
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.password = '';
  return parsed.href;
}

/** One curl: a cart, its order, and its payment. The cart is known by its cookie, the intent as the latest one. */
function paidOrder(stack: Stack, variantId: string): string[] {
  const api = `${stack.api[0]}/api/v1`;
  const json = "-H 'Content-Type: application/json'";
  const order = {
    paymentMethod: 'card',
    email: 'ada@example.com',
    shippingAddress: {
      name: 'Ada Lovelace',
      line1: '12 St James Square',
      city: 'London',
      postalCode: 'SW1Y 4JH',
      country: 'GB',
    },
  };
  return [
    '  A paid order, with its mail in the inbox and its workflow in the Temporal UI:',
    '',
    `curl -sS -w '\\n' -b '' ${json} -d '${JSON.stringify({ variantId, quantity: 1 })}' ${api}/cart/items \\`,
    `  --next -sS -w '\\n' -b '' ${json} -H 'Idempotency-Key: first-order' -d '${JSON.stringify(order)}' ${api}/orders \\`,
    `  --next -sS -w '\\n' ${json} -d '{"payment_method":"pm_card_visa"}' ${stack.stripe}/_sim/payment_intents/latest/pay`,
  ];
}

/** A variant that can be bought now; undefined in a shop that has none. */
async function sellableVariant(stack: Stack): Promise<string | undefined> {
  const products = `${stack.api[0]}/api/v1/products`;
  const { items } = availableSchema.parse(await (await fetch(`${products}/available?limit=1`)).json());
  const [product] = items;
  if (product === undefined) return undefined;
  const { variants } = productSchema.parse(await (await fetch(`${products}/${product.id}`)).json());
  return variants.find(({ available }) => available > 0)?.id;
}
