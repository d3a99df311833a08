// How a guest's cart is known: the header X-Cart-Token, or the HttpOnly cookie `cart_token`.
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { hashToken } from '../platform/tokens.ts';
import type { AppEnv } from './router.ts';

const HEADER = 'X-Cart-Token';
const COOKIE = 'cart_token';

/** The hash of the token that the request carries, or undefined. */
export function cartTokenHash(c: Context<AppEnv>): Buffer | undefined {
  const token = c.req.header(HEADER) ?? getCookie(c, COOKIE);
  return token === undefined || token === '' ? undefined : hashToken(token);
}

/** Gives the shopper the token of a new cart: in the header, and as a cookie for browsers. @param ttl seconds */
export function giveCartToken(c: Context<AppEnv>, token: string, ttl: number): void {
  c.header(HEADER, token);
  const secure = new URL(c.req.url).protocol === 'https:';
  setCookie(c, COOKIE, token, { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: ttl, secure });
}
