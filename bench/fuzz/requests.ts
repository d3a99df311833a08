// Requests as clients might send them: right ones by the document's examples and what is in the shop, and such with one to three
// things wrong.
import { randomUUID } from 'node:crypto';
import type { Random } from '../random.ts';
import type { Route } from './document.ts';
import type { Draft, Sent } from './sent.ts';
import { kindOf, type Things } from './things.ts';
import { createMistakes } from './wrong.ts';

/** A role's credentials: some headers. They may be others later. */
export type Roles = ReadonlyMap<string, Record<string, string>>;

/** An account that there is. */
export interface Account {
  email: string;
  password: string;
}

export interface Wanted {
  routes: readonly Route[];
  roles: Roles;
  accounts: readonly Account[];
  things: Things;
  random: Random;
  seed: number;
}

const MOST_WRONG = 3;
const SHARE_OF_RIGHT_ONES = 0.25;
/** How often a guest comes with the cart that it has, and somebody who writes a mail address and a password has an account. */
const SHARE_WITH_CART = 0.9;
const SHARE_WITH_ACCOUNT = 0.5;
/** Mail addresses of nobody, of which some come again. */
const STRANGERS = 200;

/** @returns what gives one request after the other */
export function createRequests(wanted: Wanted): () => Sent {
  const { random, seed } = wanted;
  const spoil = createMistakes(random, seed);
  return () => {
    let draft = rightRequest(wanted);
    const wrong = random.chance(SHARE_OF_RIGHT_ONES) ? 0 : random.between(1, MOST_WRONG);
    for (let made = 0; made < wrong; made += 1) draft = spoil(draft);
    return finished(draft);
  };
}

function rightRequest(wanted: Wanted): Draft {
  const { roles, things, random } = wanted;
  const route = random.pick(some(wanted.routes));
  const role = random.pick(some([...roles.keys()]));
  const order = things.order(random);
  const line = things.cartLine(random);
  const isOfOrder = /\/orders\/\{|\/payments\//.test(route.path);
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    if (line !== undefined && route.path.includes('/cart/items/{id}')) return line.id;
    if (order !== undefined && (name === 'orderId' || route.path.includes('/orders/{id}'))) return order.id;
    const kind = name === 'id' ? kindOf(route.path.slice(0, route.path.indexOf('{'))) : name;
    return encodeURIComponent(things.one(kind, random) ?? randomUUID());
  });
  const headers: Record<string, string> = { ...roles.get(role) };
  if (route.method !== 'GET') headers['Idempotency-Key'] = randomUUID();
  if (role === 'guest') {
    if (order !== undefined && isOfOrder) headers['X-Order-Token'] = order.token;
    const cart = route.path.includes('/cart/items/{id}') ? line?.token : things.cartToken(random);
    if (cart !== undefined && random.chance(SHARE_WITH_CART)) headers['X-Cart-Token'] = cart;
  }
  return { route, role, method: route.method, path, headers, json: filled(route.example, route, wanted) };
}

/** The example with the ids of things that there are, each value of which there are a few, and addresses of its own or an account. */
function filled(example: unknown, route: Route, wanted: Wanted): unknown {
  const { things, random, accounts } = wanted;
  if (Array.isArray(example)) return example.map((one) => filled(one, route, wanted));
  if (typeof example !== 'object' || example === null) return example;
  const json = Object.fromEntries(
    Object.entries(example).map(([key, value]) => {
      if (/(Id|Token)$/.test(key) && typeof value === 'string') return [key, things.one(key, random) ?? value];
      if (key === 'email') return [key, `fuzz-${random.between(1, STRANGERS)}@example.com`];
      const choices = route.choices.get(key);
      if (choices !== undefined) return [key, random.pick(some(choices))];
      return [key, filled(value, route, wanted)];
    }),
  );
  const isLogin = 'email' in json && 'password' in json;
  return isLogin && random.chance(SHARE_WITH_ACCOUNT) ? { ...json, ...random.pick(some(accounts)) } : json;
}

function finished({ json, raw, ...draft }: Draft): Sent {
  const body = raw ?? (json === undefined || draft.method === 'GET' ? undefined : JSON.stringify(json));
  const type = body === undefined || 'Content-Type' in draft.headers ? {} : { 'Content-Type': 'application/json' };
  return { ...draft, headers: { ...type, ...draft.headers }, body };
}

/** @throws when there is none */
function some<T>(all: readonly T[]): [T, ...T[]] {
  const [first, ...rest] = all;
  if (first === undefined) throw new Error('there is nothing to choose from');
  return [first, ...rest];
}
