// The door of the shop, for tests of accounts: the app with the accounts' routes on real tables, a clock that the test moves,
// and what was put into people's mailboxes.
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type AccountMail, unsealMail } from '../../src/accounts/mail-store.ts';
import { accountRoutes } from '../../src/accounts/routes.ts';
import type { Guests } from '../../src/accounts/welcome.ts';
import { requireRole } from '../../src/http/caller.ts';
import { createRouter } from '../../src/http/router.ts';
import type { Act } from '../../src/platform/audit.ts';
import type { Database } from '../../src/platform/database.ts';
import { hashPassword } from '../../src/platform/passwords.ts';
import { ENVIRONMENT, floor } from '../http/floor.ts';
import { until } from '../support/wait.ts';

export const PASSWORD = 'correct horse battery staple';
const SECRETS = [ENVIRONMENT.TOKEN_SECRET];

export const NO_GUESTS: Guests = { mergeCart: () => Promise.resolve(false), claimOrders: () => Promise.resolve() };

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever JSON came
  body: any;
}

/** An API process as far as accounts go. @param parts what differs from one where nobody is a guest */
export function door(
  db: Database,
  parts: { guests?: Partial<Guests>; record?: (act: Act) => Promise<void>; environment?: Record<string, string> } = {},
) {
  const state = { now: new Date() };
  const acts: Act[] = [];
  const keep = async (act: Act) => {
    acts.push(act);
  };
  const { app, lines, deps } = floor(
    (all) => {
      const router = createRouter();
      router.route(
        '/',
        accountRoutes(all, { ...NO_GUESTS, ...parts.guests }, () => Promise.resolve()),
      );
      router.get('/customer', async (c) => c.json(await requireRole(c, all, 'customer')));
      return router;
    },
    parts.environment,
    { db, clock: () => state.now, record: parts.record ?? keep },
  );
  const send = async (
    path: string,
    json?: unknown,
    headers: Record<string, string> = {},
    method = 'POST',
  ): Promise<Answered> => {
    const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
    const answer = await app.request(`http://shop.test/api/v1/${path}`, {
      method,
      headers: { ...type, ...headers },
      body: json === undefined ? null : JSON.stringify(json),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: text === '' ? null : JSON.parse(text) };
  };
  return {
    send,
    lines,
    deps,
    acts,
    /** Seconds pass. */
    pass: (seconds: number) => {
      state.now = new Date(state.now.getTime() + seconds * 1_000);
    },
    now: () => state.now,
    logIn: (email: string, password = PASSWORD) => send('auth/login', { email, password }),
    register: (email: string, password = PASSWORD) => send('auth/register', { email, password, name: 'Ada' }),
    /** Who the credentials are, or 401. */
    whoIs: async (headers: Record<string, string>) => {
      const { status, body } = await send('customer', undefined, headers, 'GET');
      return status === 200 ? (body.email as string) : status;
    },
  };
}

export type Door = ReturnType<typeof door>;

export const bearer = (accessToken: string) => ({ Authorization: `Bearer ${accessToken}` });
export const cookie = (refreshToken: string) => ({ Cookie: `session=${refreshToken}` });

/** An address that nobody has. */
export const newAddress = () => `${randomUUID()}@example.com`;

/** What waits to be mailed to this address, in the order in which it was written. */
export async function mailed(db: Database, email: string): Promise<AccountMail[]> {
  const rows = await db.selectFrom('accountMails').select(['id', 'sealed', 'attempts']).orderBy('createdAt').execute();
  const mails = rows.flatMap(({ sealed, ...row }) =>
    sealed === null ? [] : [unsealMail(SECRETS, { ...row, sealed })],
  );
  return mails.filter(({ to }) => to === email);
}

/** The newest secret of this kind that waits to be mailed to the address. @throws when there is none */
export async function secretFor(db: Database, email: string, kind: AccountMail['kind']): Promise<string> {
  const mail = (await mailed(db, email)).findLast((one) => one.kind === kind);
  if (mail === undefined) throw new Error(`no ${kind} waits for ${email}`);
  return mail.secret;
}

/** A person with a password, whose address is confirmed. */
export async function person(db: Database, columns: { active?: boolean; emailVerified?: boolean } = {}) {
  const [id, email] = [randomUUID(), newAddress()];
  await db
    .insertInto('users')
    .values({ id, email, name: 'Ada', active: true, emailVerified: true, ...columns })
    .execute();
  const password = await hashPassword(PASSWORD);
  await db
    .insertInto('accounts')
    .values({ id: randomUUID(), userId: id, providerId: 'credential', accountId: id, password })
    .execute();
  return { id, email };
}

export const everyTime = <T>(times: number, act: (at: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, (_, at) => act(at)));

/** Their statuses, the smallest first. */
export const statusesOf = (answers: readonly Answered[]): number[] =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

/**
 * Waits until so many statements of this database wait for a lock: requests that are then let go race with each other.
 * @param db outside any transaction: within one, PostgreSQL shows the same picture again and again
 */
export async function waitingForLocks(db: Database, count: number): Promise<void> {
  await until(`${count} statements wait for a lock`, async () => {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*)::integer FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(db);
    return rows[0]?.count === count;
  });
}
