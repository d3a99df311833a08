// Who is calling: a person, by `Authorization: Bearer <access token>` or by the HttpOnly cookie `session`, or a machine, by
// `X-API-Key`. Roles are read from the database at each request, never from a token. A request without credentials costs no query.
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { mayActAs, type Role, type Scope, type StaffRole } from '../accounts/rules.ts';
import { type ApiKey, findApiKey, noteUse } from '../platform/api-keys.ts';
import { findLogin, hashSessionToken, type Login, readAccessToken } from '../platform/auth.ts';
import { SESSION_COOKIE } from './cookies.ts';
import type { AppDeps } from './deps.ts';
import { SAFE_METHODS } from './methods.ts';
import { problem } from './problem.ts';
import type { AppEnv, Proven } from './router.ts';

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

/** The same where the route needs a person, of whatever role. @throws unauthenticated without a valid login; as above */
export async function requirePerson(c: Context<AppEnv>, deps: CallerDeps): Promise<Caller> {
  const caller = await findCaller(c, deps);
  if (caller === undefined) throw problem('unauthenticated');
  return caller;
}

/**
 * The same where they must be of this role or a higher one (admin includes inventory).
 * @throws unauthenticated without a valid login; forbidden when the role is too low
 */
export async function requireRole(c: Context<AppEnv>, deps: CallerDeps, role: StaffRole): Promise<Caller> {
  const caller = await requirePerson(c, deps);
  if (!mayActAs(caller.role, role)) throw problem('forbidden', { detail: `This needs the role ${role}.` });
  return caller;
}

/**
 * Whoever sent this request, person or machine.
 * @param scope what a machine's key must be for
 * @returns and throws as with `findCaller`; forbidden also for a key without the scope
 */
export async function findActor(c: Context<AppEnv>, deps: CallerDeps, scope: Scope): Promise<Actor | undefined> {
  const proven = await prove(c, deps);
  if (proven.key?.scopes.includes(scope) === false) {
    throw problem('forbidden', { detail: `This needs a key with the scope ${scope}.` });
  }
  return actorOf(proven);
}

/**
 * The same for what comes before the handler, whatever the key is for: the handler's own asking is then answered with it, at no
 * further cost.
 */
export async function identify(c: Context<AppEnv>, deps: CallerDeps): Promise<Actor | undefined> {
  const proven = await prove(c, deps);
  c.set('proven', proven);
  return actorOf(proven);
}

/**
 * A person or a machine of this role, for routes that do not ask who it is.
 * @param scope what a machine's key must be for
 * @throws unauthenticated without valid credentials; forbidden when the role is too low, and for a key without the scope
 */
export async function requireActor(
  c: Context<AppEnv>,
  deps: CallerDeps,
  role: StaffRole,
  scope: Scope,
): Promise<Actor> {
  const actor = await findActor(c, deps, scope);
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
  const { key, login } = await prove(c, deps);
  if (key !== undefined) throw problem('forbidden', { detail: 'This needs a person.' });
  return login;
}

async function prove(c: Context<AppEnv>, deps: CallerDeps): Promise<Proven> {
  const before = c.var.proven;
  c.set('proven', undefined);
  if (before !== undefined) return before;
  const key = await findCallerKey(c, deps);
  if (key !== undefined) return { key };
  const login = await findSession(c, deps);
  if (login !== undefined) c.set('account', `user:${login.userId}`);
  return { login };
}

function actorOf({ key, login }: Proven): Actor | undefined {
  if (key !== undefined) return { name: `key:${key.id}`, role: key.role, userId: undefined };
  return login && { name: `user:${login.userId}`, role: login.role, userId: login.userId };
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
 * Whether a page of a foreign origin makes a browser write. Browsers name the origin of every write and no page can forge it (Fetch,
 * "Origin" header); SameSite=Lax stands behind it.
 */
export function isForeignWrite(c: Context<AppEnv>, { PUBLIC_URL, CORS_ORIGINS }: CallerDeps['config']): boolean {
  const origin = c.req.header('Origin');
  if (origin === undefined || SAFE_METHODS.has(c.req.method)) return false;
  return origin !== new URL(PUBLIC_URL ?? c.req.url).origin && !CORS_ORIGINS.includes(origin);
}

/** Where a cookie is the credential. @throws forbidden when the page is of a foreign origin */
export function refuseForeignWrite(c: Context<AppEnv>, config: CallerDeps['config']): void {
  if (isForeignWrite(c, config))
    throw problem('forbidden', { detail: 'This page may not write with a cookie of this shop.' });
}
