// Who is calling: a person, by `Authorization: Bearer <access token>` or by the HttpOnly cookie `session`, or a machine, by
// `X-API-Key`. Roles are read from the database at each request, never from a token. A request without credentials costs no query.
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { mayActAs, type Role } from '../accounts/rules.ts';
import { type ApiKey, findApiKey, noteUse } from '../platform/api-keys.ts';
import { findLogin, hashSessionToken, type Login, readAccessToken } from '../platform/auth.ts';
import type { AppDeps } from './deps.ts';
import { problem } from './problem.ts';
import type { AppEnv } from './router.ts';

export const SESSION_COOKIE = 'session';

/** A person. */
export type Caller = Omit<Login, 'sessionId'>;

/** A person or a machine. */
export interface Actor {
  /** As the audit writes it. */
  name: `user:${string}` | `key:${string}`;
  role: Role;
  /** Undefined for a machine. */
  userId: string | undefined;
}

export type CallerDeps = Pick<AppDeps, 'db' | 'clock'> & {
  config: Pick<AppDeps['config'], 'TOKEN_SECRET' | 'PUBLIC_URL' | 'CORS_ORIGINS'>;
};

/** Methods that change nothing (RFC 9110, section 9.2.1): a page of another origin may send them, and cannot read the answer. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The person who sent this request, or undefined when it carries no login, or one that is wrong, over or ended.
 * @throws forbidden when a page of a foreign origin makes a browser write with its cookie, and for a machine: it is no person;
 *   unauthenticated for an API key that is not good
 */
export async function findCaller(c: Context<AppEnv>, deps: CallerDeps): Promise<Caller | undefined> {
  const login = await findCallerLogin(c, deps);
  return login && { userId: login.userId, email: login.email, role: login.role };
}

/**
 * The same for a route that nobody in particular may call. A cookie of a login that is over is nobody's, because browsers go on to
 * send it; an access token that is over is meant, and must be renewed.
 * @throws unauthenticated, forbidden
 */
export async function findCallerOrNobody(c: Context<AppEnv>, deps: CallerDeps): Promise<Caller | undefined> {
  const caller = await findCaller(c, deps);
  if (caller === undefined && (c.req.header('Authorization') ?? '') !== '') throw problem('unauthenticated');
  return caller;
}

/**
 * The same where the route needs a person of this role or a higher one (admin includes inventory, every role customer).
 * @throws unauthenticated without a valid login; forbidden when the role is too low
 */
export async function requireRole(c: Context<AppEnv>, deps: CallerDeps, role: Role): Promise<Caller> {
  const caller = await findCaller(c, deps);
  if (caller === undefined) throw problem('unauthenticated');
  if (!mayActAs(caller.role, role)) throw problem('forbidden', { detail: `This needs the role ${role}.` });
  return caller;
}

/** Whoever sent this request, person or machine; undefined and throws as with `findCaller`. */
export async function findActor(c: Context<AppEnv>, deps: CallerDeps): Promise<Actor | undefined> {
  const key = await findCallerKey(c, deps);
  if (key !== undefined) return { name: `key:${key.id}`, role: key.role, userId: undefined };
  const caller = await findCaller(c, deps);
  return caller && { name: `user:${caller.userId}`, role: caller.role, userId: caller.userId };
}

/**
 * A person or a machine of this role, for routes that do not ask who it is.
 * @throws unauthenticated without valid credentials; forbidden when the role is too low
 */
export async function requireActor(c: Context<AppEnv>, deps: CallerDeps, role: Role): Promise<Actor> {
  const actor = await findActor(c, deps);
  if (actor === undefined) throw problem('unauthenticated');
  if (!mayActAs(actor.role, role)) throw problem('forbidden', { detail: `This needs the role ${role}.` });
  return actor;
}

/** The same with the session itself, for routes that end or renew it. @throws unauthenticated, forbidden */
export async function requireLogin(c: Context<AppEnv>, deps: CallerDeps): Promise<Login> {
  const login = await findCallerLogin(c, deps);
  if (login === undefined) throw problem('unauthenticated');
  return login;
}

/** The key that the request carries. @throws unauthenticated when it is wrong, over or revoked, whatever else the request carries */
async function findCallerKey(c: Context<AppEnv>, { db, clock }: CallerDeps): Promise<ApiKey | undefined> {
  const given = c.req.header('X-API-Key');
  if (given === undefined || given === '') return undefined;
  const now = clock();
  const key = await findApiKey(db, given, now);
  if (key === undefined) throw problem('unauthenticated', { detail: 'There is no such API key.' });
  c.set('account', `key:${key.id}`);
  noteUse(db, key, now).catch((error: unknown) => {
    c.var.logger().warn({ err: error }, 'the last use of an API key was not noted');
  });
  return key;
}

async function findCallerLogin(c: Context<AppEnv>, deps: CallerDeps): Promise<Login | undefined> {
  if ((await findCallerKey(c, deps)) !== undefined) throw problem('forbidden', { detail: 'This needs a person.' });
  const login = await findSession(c, deps);
  if (login !== undefined) c.set('account', `user:${login.userId}`);
  return login;
}

/** A header is meant, a cookie is only sent along: where there is a header, the cookie does not count. */
async function findSession(c: Context<AppEnv>, deps: CallerDeps): Promise<Login | undefined> {
  const { db, config, clock } = deps;
  const now = clock();
  const header = c.req.header('Authorization');
  if (header !== undefined && header !== '') {
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(header) ?? [];
    const id = readAccessToken(config.TOKEN_SECRET, token, now);
    return id === undefined ? undefined : findLogin(db, { id }, now);
  }
  const cookie = getCookie(c, SESSION_COOKIE);
  if (cookie === undefined || cookie === '') return undefined;
  refuseForeignWrite(c, config);
  return findLogin(db, { tokenHash: hashSessionToken(cookie) }, now);
}

/**
 * Browsers name the origin of every write and no page can forge it (Fetch, "Origin" header); SameSite=Lax stands behind it.
 * @throws forbidden when the page is of a foreign origin
 */
export function refuseForeignWrite(c: Context<AppEnv>, { PUBLIC_URL, CORS_ORIGINS }: CallerDeps['config']): void {
  const origin = c.req.header('Origin');
  if (origin === undefined || SAFE_METHODS.has(c.req.method)) return;
  const own = new URL(PUBLIC_URL ?? c.req.url).origin;
  if (origin === own || CORS_ORIGINS.includes(origin)) return;
  throw problem('forbidden', { detail: 'This page may not write with the cookie of a login here.' });
}
