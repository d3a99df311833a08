// What there is in the shop to ask for, learnt from its own answers: ids and slugs by the routes that gave them, and the tokens
// that open carts and orders.
import { z } from 'zod';
import type { Random } from '../random.ts';

/** How many of a kind are remembered: the newest, because the old ones have ended. */
const REMEMBERED = 200;
/** Of what is under way, these are the newest; and how often one of them is taken. */
const NEWEST = 10;
const SHARE_OF_NEWEST = 0.7;
const MAX_DEPTH = 6;
/** Words of paths that name a part, a view or an act of the thing before them. */
const NO_KINDS = new Set([
  'items',
  'order',
  'slug',
  'available',
  'track',
  'stream',
  'cancel',
  'confirm',
  'reject',
  'retry',
]);

const cartShape = z.looseObject({
  cartToken: z.string().optional(),
  items: z.array(z.looseObject({ id: z.string() })),
});

const orderShape = z.object({ id: z.string(), accessToken: z.string() });
const paymentShape = z.object({ id: z.string(), orderId: z.string(), intentId: z.string() });

export interface Opened {
  id: string;
  token: string;
}

/** A payment, with the token of its order. */
export interface OpenedPayment extends Opened {
  orderId: string;
}

export interface Things {
  /** Takes what an answer tells. @param path of the request that it answers @param cartToken that it came with */
  learn(path: string, answer: unknown, cartToken?: string): void;
  /** One of this kind (`products`, `orders`, `variantId`), most often one of the newest; undefined while none is known. */
  one(kind: string, random: Random): string | undefined;
  /** As the others, most often one of the newest, which are still under way. */
  order(random: Random): Opened | undefined;
  payment(random: Random): OpenedPayment | undefined;
  /** A line of a cart, with the cart's token. */
  cartLine(random: Random): Opened | undefined;
  cartToken(random: Random): string | undefined;
}

export function createThings(): Things {
  const known = new Map<string, string[]>();
  const orders: Opened[] = [];
  const payments: OpenedPayment[] = [];
  const cartLines: Opened[] = [];
  /** At the end, the oldest goes; what there is already stays where it is. */
  const append = <T extends Opened>(all: T[], one: T): void => {
    if (all.some(({ id }) => id === one.id)) return;
    all.push(one);
    if (all.length > REMEMBERED) all.shift();
  };
  const remember = (kind: string, value: string): void => {
    const all = known.get(kind) ?? [];
    known.set(kind, all);
    if (all.includes(value)) return;
    all.push(value);
    if (all.length > REMEMBERED) all.shift();
  };
  const walk = (value: unknown, kind: string, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
    if (Array.isArray(value)) {
      for (const one of value) walk(one, kind, depth + 1);
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === 'string') {
        if (key === 'id') remember(kind, inner);
        else if (/(Id|slug|Token)$/.test(key)) remember(key, inner);
      } else walk(inner, key === 'items' || key === 'order' ? kind : key, depth + 1);
    }
    const order = orderShape.safeParse(value).data;
    if (order !== undefined) append(orders, { id: order.id, token: order.accessToken });
    const payment = paymentShape.safeParse(value).data;
    const paid = orders.find(({ id }) => id === payment?.orderId);
    if (payment !== undefined && paid !== undefined) append(payments, { ...payment, token: paid.token });
  };
  const keepLines = (answer: unknown, sent: string | undefined): void => {
    const { data: cart } = cartShape.safeParse(answer);
    const token = cart?.cartToken ?? sent;
    if (cart === undefined || token === undefined) return;
    for (const { id } of cart.items) append(cartLines, { id, token });
  };
  const oneOf = <T>([first, ...rest]: readonly T[], random: Random): T | undefined =>
    first === undefined ? undefined : random.pick([first, ...rest]);
  return {
    learn: (path, answer, cartToken) => {
      walk(answer, kindOf(path), 0);
      if (kindOf(path) === 'cart') keepLines(answer, cartToken);
    },
    one: (kind, random) => oneOf(mostlyNewest(known.get(kind) ?? known.get(pluralOf(kind)) ?? [], random), random),
    order: (random) => oneOf(mostlyNewest(orders, random), random),
    payment: (random) => oneOf(mostlyNewest(payments, random), random),
    cartLine: (random) => oneOf(mostlyNewest(cartLines, random), random),
    cartToken: (random) => oneOf(known.get('cartToken') ?? [], random),
  };
}

function mostlyNewest<T>(all: readonly T[], random: Random): readonly T[] {
  return random.chance(SHARE_OF_NEWEST) ? all.slice(-NEWEST) : all;
}

/** `variantId` is the id of one of the variants. */
function pluralOf(key: string): string {
  return key.replace(/yId$/, 'ies').replace(/Id$/, 's');
}

/** What a path is about: the word before the id, or the last one. `/api/v1/products/{id}/variants` is about variants. */
export function kindOf(path: string): string {
  const words = (path.split('?')[0] ?? '').split('/').filter((word) => /^[a-z-]+$/.test(word) && word !== 'api');
  return words.findLast((word) => !NO_KINDS.has(word)) ?? '';
}
