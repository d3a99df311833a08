// The cookies that carry a token: no script may read them, and no other site's form sends them.
import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { Config } from '../config.ts';
import type { AppEnv } from './router.ts';

/** The login's: its value is the refresh token. */
export const SESSION_COOKIE = 'session';

type Settings = Pick<Config, 'PUBLIC_URL'>;

/** @param maxAge seconds that the browser keeps it */
export function keepCookie(c: Context<AppEnv>, name: string, token: string, maxAge: number, settings: Settings): void {
  setCookie(c, name, token, { ...attributes(c, settings), maxAge });
}

export function dropCookie(c: Context<AppEnv>, name: string, settings: Settings): void {
  deleteCookie(c, name, attributes(c, settings));
}

/** Secure where the shop is reached over TLS, which a proxy may have ended before us. */
function attributes(c: Context<AppEnv>, { PUBLIC_URL }: Settings) {
  const secure = new URL(PUBLIC_URL ?? c.req.url).protocol === 'https:';
  return { httpOnly: true, sameSite: 'Lax', path: '/', secure } as const;
}
