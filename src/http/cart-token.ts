// How a guest's cart is known: the header X-Cart-Token, or the HttpOnly cookie `cart_token`.
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Config } from '../config.ts';
import { hashToken } from '../platform/tokens.ts';
import { dropCookie, keepCookie } from './cookies.ts';
import type { AppEnv } from './router.ts';

const HEADER = 'X-Cart-Token';
const COOKIE = 'cart_token';

/** The token that the request carries, or undefined. */
export function cartToken(c: Context<AppEnv>): string | undefined {
  const token = c.req.header(HEADER) ?? getCookie(c, COOKIE);
  return token === '' ? undefined : token;
}

/** The hash of the token that the request carries, or undefined. */
export function cartTokenHash(c: Context<AppEnv>): Buffer | undefined {
  const token = cartToken(c);
  return token === undefined ? undefined : hashToken(token);
}

/** Gives the shopper the token of a new cart: in the header, and as a cookie for browsers. */
export function giveCartToken(c: Context<AppEnv>, token: string, settings: CookieSettings): void {
  c.header(HEADER, token);
  keepCookie(c, COOKIE, token, settings.CART_TTL, settings);
}

/** The cart lives on, so its cookie must too. */
export function renewCartCookie(c: Context<AppEnv>, settings: CookieSettings): void {
  const token = getCookie(c, COOKIE);
  if (token !== undefined && c.req.header(HEADER) === undefined) {
    keepCookie(c, COOKIE, token, settings.CART_TTL, settings);
  }
}

/** The cart is not there any more: its token names nothing. */
export function dropCartCookie(c: Context<AppEnv>, settings: CookieSettings): void {
  if (getCookie(c, COOKIE) !== undefined) dropCookie(c, COOKIE, settings);
}

type CookieSettings = Pick<Config, 'CART_TTL' | 'PUBLIC_URL'>;
