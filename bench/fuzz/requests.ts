// Requests as clients might send them: right ones by the document's examples and what is in the shop, and such with one to three
// things wrong.
import { randomUUID } from 'node:crypto';
import type { Random } from '../random.ts';
import type { Route } from './document.ts';
import type { Draft, Sent } from './sent.ts';
import { kindOf, type Opened, type OpenedPayment, type Things } from './things.ts';
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
  /** How often a route has done what it is for. */
  successes: (route: Route) => number;
  random: Random;
  seed: number;
}

const MOST_WRONG = 3;
const SHARE_OF_RIGHT_ONES = 0.2;
/** How often the route of three that has succeeded least is asked, and asked rightly. */
const SHARE_OF_RARE_ONES = 0.3;
const SHARE_OF_ANY_ROLE = 0.3;
/**
 * How often a guest comes with the cart that it has, how often there is something in it, and how often somebody who writes
 * a mail address and a password has an account.
 */
const SHARE_WITH_CART = 0.9;
const SHARE_WITH_FILLED_CART = 0.7;
const SHARE_WITH_ACCOUNT = 0.5;
/** Mail addresses of nobody, of which some come again. */
const STRANGERS = 200;
/** What is made before a route is asked rightly that is about one of them: what there is already may be past what the route does. */
const PRELUDES: readonly [about: RegExp, names: readonly string[]][] = [
  [/\/orders\/\{|\/payments\/(\{|create-intent)/, ['POST /api/v1/cart/items', 'POST /api/v1/orders']],
  [/POST .*\/orders|\/cart\/(items\/\{|coupon|merge)/, ['POST /api/v1/cart/items']],
  [/\/addresses\/\{/, ['POST /api/v1/addresses']],
];

/** Some requests, each made of what is known when it is its turn. */
export type Errand = readonly (() => Sent)[];

/** @returns what gives one errand after the other: most are one request only */
export function createRequests(wanted: Wanted): () => Errand {
  const { random, seed, routes, successes } = wanted;
  const spoil = createMistakes(random, seed);
  const spoilt = (route: Route): Sent => {
    let draft = rightRequest(wanted, route, anyRole(wanted));
    const wrong = random.chance(SHARE_OF_RIGHT_ONES) ? 0 : random.between(1, MOST_WRONG);
    for (let made = 0; made < wrong; made += 1) draft = spoil(draft);
    return finished(draft);
  };
  return () => {
    const drawn = [0, 1, 2].map(() => random.pick(some(routes)));
    // A route that seldom succeeds is hardly tried otherwise, and most of what makes something new is such a route.
    const [rarest] = drawn.toSorted((a, b) => successes(a) - successes(b));
    if (rarest !== undefined && random.chance(SHARE_OF_RARE_ONES)) return rightErrand(wanted, rarest);
    const route = random.pick(some(drawn));
    return [() => spoilt(route)];
  };
}

/** The request of a route, after those that make what it is about. */
function rightErrand(wanted: Wanted, route: Route): Errand {
  const role = likelyRole(route, wanted);
  const [, names = []] = PRELUDES.find(([about]) => about.test(route.name)) ?? [];
  const prelude = names.flatMap((name) => wanted.routes.find((made) => made.name === name) ?? []);
  const before = prelude.map((first) => {
    const maker = first.credentials.has('cartToken') ? 'guest' : role;
    return () => finished(rightRequest(wanted, first, maker));
  });
  return [...before, () => finished(rightRequest(wanted, route, role))];
}

/** What a request is about: one order, and a payment and a line that its caller may have. */
interface Subject {
  order: Opened | undefined;
  payment: OpenedPayment | undefined;
  line: Opened | undefined;
}

function anyRole({ roles, random }: Wanted): string {
  return random.pick(some([...roles.keys()]));
}

/** A role that the route is likely to be for. */
function likelyRole({ credentials }: Route, wanted: Wanted): string {
  if (wanted.random.chance(SHARE_OF_ANY_ROLE)) return anyRole(wanted);
  if (credentials.has('cartToken') || credentials.has('orderToken')) return 'guest';
  return credentials.has('apiKey') ? 'admin' : anyRole(wanted);
}

function rightRequest(wanted: Wanted, route: Route, role: string): Draft {
  const { roles, things, random } = wanted;
  const payment = /\/payments\/\{id\}/.test(route.path) ? things.payment(random) : undefined;
  const order = payment === undefined ? things.order(random) : { id: payment.orderId, token: payment.token };
  const subject: Subject = { order, payment, line: things.cartLine(random) };
  const headers: Record<string, string> = { ...roles.get(role) };
  if (route.method !== 'GET') headers['Idempotency-Key'] = randomUUID();
  if (role === 'guest') {
    if (order !== undefined && route.credentials.has('orderToken')) headers['X-Order-Token'] = order.token;
    const isOfLine = route.path.includes('/cart/items/{id}') || random.chance(SHARE_WITH_FILLED_CART);
    const cart = isOfLine ? subject.line?.token : things.cartToken(random);
    if (cart !== undefined && random.chance(SHARE_WITH_CART)) headers['X-Cart-Token'] = cart;
  }
  const path = pathOf(route, subject, wanted);
  return { route, role, method: route.method, path, headers, json: filled(route.example, { route, order }, wanted) };
}

function pathOf({ path }: Route, { order, payment, line }: Subject, { things, random }: Wanted): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    if (line !== undefined && path.includes('/cart/items/{id}')) return line.id;
    if (payment !== undefined && path.includes('/payments/{id}')) return payment.id;
    if (order !== undefined && (name === 'orderId' || path.includes('/orders/{id}'))) return order.id;
    const kind = name === 'id' ? kindOf(path.slice(0, path.indexOf('{'))) : name;
    return encodeURIComponent(things.one(kind, random) ?? randomUUID());
  });
}

/** The example with the ids of things that there are, each value of which there are a few, and addresses of its own or an account. */
function filled(example: unknown, about: { route: Route } & Pick<Subject, 'order'>, wanted: Wanted): unknown {
  const { things, random, accounts } = wanted;
  if (Array.isArray(example)) return example.map((one) => filled(one, about, wanted));
  if (typeof example !== 'object' || example === null) return example;
  const json = Object.fromEntries(
    Object.entries(example).map(([key, value]) => {
      if (key === 'orderId' && about.order !== undefined) return [key, about.order.id];
      if (/(Id|Token)$/.test(key) && typeof value === 'string') return [key, things.one(key, random) ?? value];
      if (key === 'email') return [key, `fuzz-${random.between(1, STRANGERS)}@example.com`];
      const choices = about.route.choices.get(key);
      if (choices !== undefined) return [key, random.pick(some(choices))];
      return [key, filled(value, about, wanted)];
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
