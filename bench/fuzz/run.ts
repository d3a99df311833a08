// A run: so many requests of every role to every route, each answer judged; then those that were refused once more, one batch at
// a time, with a look at all tables before and after.
import { randomUUID } from 'node:crypto';
import type { Stack } from '../../src/local/stack-file.ts';
import { rowsOf } from '../../test/support/backstage.ts';
import { call } from '../../test/support/shopper.ts';
import { randomStream } from '../random.ts';
import { awaitStill, changed, type Digest, digestOf } from './digest.ts';
import { type Route, readRoutes } from './document.ts';
import { judge } from './judge.ts';
import { type Account, createRequests } from './requests.ts';
import { createSender, type Sender } from './send.ts';
import type { Sent } from './sent.ts';
import { createThings, type Things } from './things.ts';

export interface FuzzOptions {
  requests: number;
  seed: number;
  signal: AbortSignal;
}

export interface Finding {
  what: string;
  sent: Sent;
  times: number;
}

export interface Fuzzed {
  requests: number;
  /** By status. */
  answers: Map<number, number>;
  /** Routes that never gave a success, by any role. */
  neverDone: string[];
  /** How many refused requests were sent again, and how many of them were refused again. */
  refused: { again: number; still: number };
  findings: Finding[];
}

const AT_ONCE = 16;
/** Of each route and status; more would say the same again. */
const KEPT_REFUSALS = 12;
const BATCH = 60;
/** Requests. */
const ROLES_KEPT_EVERY = 100;

const OK = 200;
const UNAUTHORIZED = 401;

type Credentials = Record<string, string>;

const isDone = (status: number): boolean => status >= 200 && status < 300;
const isRefused = (status: number): boolean => status >= 400 && status < 500;

export async function fuzz(stack: Stack, { requests, seed, signal }: FuzzOptions): Promise<Fuzzed> {
  const [api = ''] = stack.api;
  const routes = await readRoutes(api);
  const accounts = new Map(Object.entries(stack.accounts));
  const roles = await rolesOf(stack, accounts);
  const things = createThings();
  const random = randomStream(seed, 'fuzz');
  const sender = createSender(api);
  const report = createReport();
  const successes = ({ name }: Route): number => report.done.get(name) ?? 0;
  const next = createRequests({ routes, roles, accounts: [...accounts.values()], things, successes, random, seed });
  try {
    await askForThings(sender, things, api);
    let left = requests;
    const ask = async (): Promise<void> => {
      while (left > 0 && !signal.aborted) {
        const errand = next().slice(0, left);
        left -= errand.length;
        for (const make of errand) await askFor(make());
      }
    };
    let asked = 0;
    const askFor = async (sent: Sent): Promise<void> => {
      const status = await askOne(sent, { sender, things, report });
      await letInAgain(stack, { accounts, roles, sent, status });
      asked += 1;
      if (asked % ROLES_KEPT_EVERY === 0) await keepRoles(stack, accounts);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
    const refused = await refuseAgain(stack.databaseUrl, { sender, report, signal });
    const neverDone = routes.map(({ name }) => name).filter((name) => !report.done.has(name));
    return { requests: requests - left, answers: report.answers, neverDone, refused, findings: report.findings() };
  } finally {
    sender.close();
  }
}

type Roles = Map<string, Credentials>;

/** Everybody who may call: each with what they prove themselves by. */
async function rolesOf(stack: Stack, accounts: Map<string, Account>): Promise<Roles> {
  const roles: Roles = new Map([
    ['none', {}],
    ['guest', {}],
  ]);
  await keepRoles(stack, accounts);
  for (const role of accounts.keys()) await letIn(stack, role, { accounts, roles });
  return roles;
}

/** Some requests give other roles to their own kind. */
async function keepRoles({ databaseUrl }: Stack, accounts: ReadonlyMap<string, Account>): Promise<void> {
  for (const [role, { email }] of accounts) {
    const text = 'update users set role = $1, active = true where email = $2 and (role <> $1 or not active)';
    await rowsOf({ databaseUrl }, text, role, email);
  }
}

/** @returns undefined when the account is none any more, or its password another */
async function logIn(api: string, account: Account): Promise<Credentials | undefined> {
  const { status, body } = await call<{ accessToken: string }>(`${api}/api/v1/auth/login`, { json: account });
  return status === OK ? { Authorization: `Bearer ${body.accessToken}` } : undefined;
}

/** Some requests log their own role out, or end its account. */
async function letInAgain(
  stack: Stack,
  asked: { accounts: Map<string, Account>; roles: Roles; sent: Sent; status: number },
): Promise<void> {
  const { accounts, roles, sent, status } = asked;
  const isTheirs = sent.headers['Authorization'] === roles.get(sent.role)?.['Authorization'];
  if (accounts.has(sent.role) && status === UNAUTHORIZED && isTheirs)
    await letIn(stack, sent.role, { accounts, roles });
}

/** Logs in; with a new account in the place of one that has gone. */
async function letIn(
  stack: Stack,
  role: string,
  { accounts, roles }: { accounts: Map<string, Account>; roles: Roles },
): Promise<void> {
  const [api = ''] = stack.api;
  const known = accounts.get(role);
  const credentials = known && (await logIn(api, known));
  if (credentials !== undefined) {
    roles.set(role, credentials);
    return;
  }
  const account = { email: `${randomUUID()}@example.com`, password: randomUUID() };
  accounts.set(role, account);
  await call(`${api}/api/v1/auth/register`, { json: { ...account, name: `The next ${role}` } });
  await keepRoles(stack, accounts);
  roles.set(role, (await logIn(api, account)) ?? {});
}

/** The catalog, before anybody knows of anything. */
async function askForThings(sender: Sender, things: Things, api: string): Promise<void> {
  const { body } = await call<{ items: { slug: string }[] }>(`${api}/api/v1/products?limit=20`, {});
  things.learn('/api/v1/products', body);
  for (const { slug } of body.items) {
    things.learn('/api/v1/products', (await call(`${api}/api/v1/products/slug/${slug}`, {})).body);
  }
  things.learn('/api/v1/categories', (await call(`${api}/api/v1/categories`, {})).body);
}

async function askOne(
  sent: Sent,
  { sender, things, report }: { sender: Sender; things: Things; report: Report },
): Promise<number> {
  try {
    const answer = await sender.send(sent);
    report.count(sent, answer.status);
    const wrong = judge(sent.route, answer);
    if (wrong !== undefined) report.find(wrong, sent);
    if (isDone(answer.status) && answer.type === 'application/json')
      things.learn(sent.path, JSON.parse(answer.text), sent.headers['X-Cart-Token']);
    return answer.status;
  } catch (error) {
    report.find(`no answer: ${String(error)}`, sent);
    return 0;
  }
}

/** What was refused changes nothing. A batch of which something is not refused any more says nothing, and is left out. */
async function refuseAgain(
  databaseUrl: string,
  { sender, report, signal }: { sender: Sender; report: Report; signal: AbortSignal },
): Promise<Fuzzed['refused']> {
  const refusals = report.refusals();
  const sum = { again: 0, still: 0 };
  let before = await awaitStill(databaseUrl);
  for (let from = 0; from < refusals.length && !signal.aborted; from += BATCH) {
    const batch = refusals.slice(from, from + BATCH);
    const statuses = await Promise.all(batch.map(async (sent) => (await sender.send(sent)).status));
    const still = statuses.filter(isRefused).length;
    sum.again += batch.length;
    sum.still += still;
    const after = still === batch.length ? await digestOf(databaseUrl) : await awaitStill(databaseUrl);
    const tables = still === batch.length ? changed(before, after) : [];
    before = after;
    if (tables.length > 0) before = await blame(databaseUrl, { batch, sender, report, before });
  }
  return sum;
}

/** Which of the batch it was: each alone. */
async function blame(
  databaseUrl: string,
  { batch, sender, report, before }: { batch: Sent[]; sender: Sender; report: Report; before: Digest },
): Promise<Digest> {
  let last = before;
  for (const sent of batch) {
    const { status } = await sender.send(sent);
    const next = await digestOf(databaseUrl);
    const tables = changed(last, next);
    if (isRefused(status) && tables.length > 0) report.find(`${status} and yet changed ${tables.join(', ')}`, sent);
    last = next;
  }
  return last;
}

interface Report {
  answers: Map<number, number>;
  /** Successes by the route's name. */
  done: Map<string, number>;
  count: (sent: Sent, status: number) => void;
  find: (what: string, sent: Sent) => void;
  refusals: () => Sent[];
  findings: () => Finding[];
}

function createReport(): Report {
  const answers = new Map<number, number>();
  const done = new Map<string, number>();
  const kept = new Map<string, Sent[]>();
  const found = new Map<string, Finding>();
  return {
    answers,
    done,
    count(sent, status) {
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (isDone(status)) done.set(sent.route.name, (done.get(sent.route.name) ?? 0) + 1);
      if (!isRefused(status)) return;
      const key = `${sent.route.name} ${sent.role} ${status}`;
      const alike = kept.get(key) ?? [];
      kept.set(key, alike);
      if (alike.length < KEPT_REFUSALS) alike.push(sent);
    },
    find(what, sent) {
      const key = `${sent.route.name} ${what.slice(0, 80)}`;
      const finding = found.get(key) ?? { what, sent, times: 0 };
      finding.times += 1;
      found.set(key, finding);
    },
    refusals: () => [...kept.values()].flat(),
    findings: () => [...found.values()],
  };
}
