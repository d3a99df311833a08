// How a guest's cart is known: the header X-Cart-Token, or the HttpOnly cookie `cart_token`.
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Config } from '../config.ts';
import { hashToken } from '../platform/tokens.ts';
import { type CallerDeps, refuseForeignWrite } from './caller.ts';
import { dropCookie, keepCookie } from './cookies.ts';
import type { AppEnv } from './router.ts';

export const CART_TOKEN_HEADER = 'X-Cart-Token';
const COOKIE = 'cart_token';

/** The token that the request carries, whoever has sent it, or undefined. To tell requests apart, not to open a cart. */
export function sentCartToken(c: Context<AppEnv>): string | undefined {
  return (c.req.header(CART_TOKEN_HEADER) ?? getCookie(c, COOKIE)) || undefined;
}

/** The same, to open a cart with. @throws forbidden when a page of a foreign origin writes with the cookie */
export function cartToken(c: Context<AppEnv>, settings: OriginSettings): string | undefined {
  const token = sentCartToken(c);
  if (token !== undefined && c.req.header(CART_TOKEN_HEADER) === undefined) refuseForeignWrite(c, settings);
  return token;
}

/** The hash of the token that the request carries, or undefined. @throws forbidden */
export function cartTokenHash(c: Context<AppEnv>, settings: OriginSettings): Buffer | undefined {
  const token = cartToken(c, settings);
  return token === undefined ? undefined : hashToken(token);
}

/** Gives the shopper the token of a new cart: in the header, and as a cookie for browsers. */
export function giveCartToken(c: Context<AppEnv>, token: string, settings: CookieSettings): void {
  c.header(CART_TOKEN_HEADER, token);
  keepCookie(c, COOKIE, token, settings.CART_TTL, settings);
}

/** The cart lives on, so its cookie must too. */
export function renewCartCookie(c: Context<AppEnv>, settings: CookieSettings): void {
  const token = getCookie(c, COOKIE);
  if (token !== undefined && c.req.header(CART_TOKEN_HEADER) === undefined) {
    keepCookie(c, COOKIE, token, settings.CART_TTL, settings);
  }
}

/** The cart is not there any more: its token names nothing. */
export function dropCartCookie(c: Context<AppEnv>, settings: CookieSettings): void {
  if (getCookie(c, COOKIE) !== undefined) dropCookie(c, COOKIE, settings);
}

type OriginSettings = CallerDeps['config'];
type CookieSettings = Pick<Config, 'CART_TTL' | 'PUBLIC_URL'>;
