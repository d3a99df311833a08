// Who is shopping: a guest, known by the token of their cart, a customer who is logged in, or both at once.
import type { Context } from 'hono';
import { type Caller, type CallerDeps, findCallerOrNobody } from './caller.ts';
import { cartTokenHash } from './cart-token.ts';
import { problem } from './problem.ts';
import type { AppEnv } from './router.ts';

export interface Shopper {
  tokenHash: Buffer | undefined;
  customer: Caller | undefined;
}

/** Whoever sent this request; without credentials both are undefined, and it costs no query. @throws unauthenticated, forbidden */
export async function findShopper(c: Context<AppEnv>, deps: CallerDeps): Promise<Shopper> {
  const customer = await findCallerOrNobody(c, deps);
  return { tokenHash: cartTokenHash(c, deps.config), customer };
}

/** The same where the route needs one of the two. @throws unauthenticated, forbidden */
export async function requireShopper(c: Context<AppEnv>, deps: CallerDeps): Promise<Shopper> {
  const shopper = await findShopper(c, deps);
  if (shopper.tokenHash !== undefined || shopper.customer !== undefined) return shopper;
  throw problem('unauthenticated', { detail: 'Log in, or send the cart token in X-Cart-Token.' });
}
