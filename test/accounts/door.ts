// The doors of the shop, for tests of accounts: API processes with the accounts' routes on one database, clocks that the test
// moves, and what was put into people's mailboxes.
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { sql } from 'kysely';
import { type AccountMail, unsealMail } from '../../src/accounts/mail-store.ts';
import { accountRoutes } from '../../src/accounts/routes.ts';
import { STAFF_ROLES } from '../../src/accounts/rules.ts';
import type { Guests } from '../../src/accounts/welcome.ts';
import { requirePerson, requireRole } from '../../src/http/caller.ts';
import { createRouter } from '../../src/http/router.ts';
import type { Act } from '../../src/platform/audit.ts';
import { type Database, openDatabase } from '../../src/platform/database.ts';
import { type Answered, asking } from '../http/asking.ts';
import { ENVIRONMENT, floor } from '../http/floor.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { until } from '../support/wait.ts';
import { type Credentials, PASSWORD } from './people.ts';

const SECRETS = [ENVIRONMENT.TOKEN_SECRET];

export interface DoorParts {
  guests?: Partial<Guests>;
  record?: (act: Act) => Promise<void>;
  environment?: Record<string, string>;
}

/** An API process as far as accounts go, with a route for each role. @param parts what differs from one where no guest has a cart */
function door(db: Database, parts: DoorParts = {}) {
  const state = { now: new Date() };
  const acts: Act[] = [];
  const claimed: Parameters<Guests['claimOrders']>[0][] = [];
  const guests: Guests = {
    mergeCart: () => Promise.resolve(false),
    claimOrders: async (user) => {
      claimed.push(user);
    },
    ...parts.guests,
  };
  const keep = async (act: Act) => {
    acts.push(act);
  };
  const { app, lines, deps } = floor(
    (all) => {
      const router = createRouter();
      router.route('/', accountRoutes(all, guests));
      router.all('/customer', async (c) => c.json(await requirePerson(c, all)));
      for (const role of STAFF_ROLES) router.all(`/${role}`, async (c) => c.json(await requireRole(c, all, role)));
      return router;
    },
    parts.environment,
    { db, clock: () => state.now, record: parts.record ?? keep },
  );
  const ask = asking(app);
  const post = (path: string, json?: unknown, headers: Credentials = {}) => ask('POST', path, { headers, json });
  return {
    ask,
    post,
    lines,
    deps,
    acts,
    /** Whose orders were claimed. */
    claimed,
    /** Seconds pass. */
    pass: (seconds: number) => {
      state.now = new Date(state.now.getTime() + Math.round(seconds * 1_000));
    },
    now: () => state.now,
    logIn: (email: string, password = PASSWORD) => post('auth/login', { email, password }),
    register: (email: string, password = PASSWORD) => post('auth/register', { email, password, name: 'Ada' }),
    /** Who the credentials are, or 401. */
    whoIs: async (headers: Credentials): Promise<string | number> => {
      const { status, body } = await ask('GET', 'customer', { headers });
      return status === 200 ? body.email : status;
    },
  };
}

export type Door = ReturnType<typeof door>;

/** The doors of a test file, onto a database that is made before its first test and dropped after its last. */
export function doors() {
  let own: OwnDatabase;
  let statements: string[] = [];
  const opened: Database[] = [];
  beforeAll(async () => {
    own = await ownDatabase(({ query }) => statements.push(query.sql));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((db) => db.destroy()));
  });
  afterAll(() => own.leave());
  const shop = (parts?: DoorParts) => door(own.db, parts);
  /** What it answers, and the statements that it runs. */
  const costOf = async (act: () => Promise<Answered>) => {
    statements = [];
    const { status, text } = await act();
    return { status, text, statements };
  };
  return {
    database: {
      get db() {
        return own.db;
      },
    },
    shop,
    costOf,
    /** What it costs to ask for a mail to each of these addresses. */
    mailCosts: async (path: string, emails: readonly string[]) => {
      const costs: Awaited<ReturnType<typeof costOf>>[] = [];
      for (const email of emails) costs.push(await costOf(() => shop().post(path, { email })));
      return costs;
    },
    /** A process of its own in all but its address: another app, on other connections. @param timeout seconds for a statement */
    anotherProcess: (timeout = 5) => {
      const limits = { DATABASE_POOL_SIZE: 4, DATABASE_STATEMENT_TIMEOUT: timeout, DATABASE_LOCK_TIMEOUT: timeout };
      const db = openDatabase({ ...limits, DATABASE_URL: own.url }, floor(null).deps.logger);
      opened.push(db);
      return door(db);
    },
  };
}

/** The session cookie that an answer sets: its value, and its attributes. */
export function cookieOf(headers: Headers): { header: { Cookie: string }; value: string; attributes: string[] } {
  const set = headers.getSetCookie().find((one) => one.startsWith('session=')) ?? '';
  const [pair = '', ...attributes] = set.split('; ');
  return { header: { Cookie: pair }, value: pair.replace('session=', ''), attributes };
}

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
