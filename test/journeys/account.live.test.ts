// A person's account over HTTP and by real mails, on a running stack: registered, confirmed, refreshed, forgotten, reset, and
// entered by a code. Afterwards none of its secrets is in the database or in a log.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inMail, mailsTo, rowsOf } from '../support/backstage.ts';
import { type Answer, call } from '../support/shopper.ts';
import { type RunningStack, startStack } from '../support/stack.ts';
import { until } from '../support/wait.ts';

interface Login {
  user: { id: string; emailVerified: boolean };
  accessToken: string;
  refreshToken: string;
}

const [FIRST, SECOND, THIRD] = [
  'correct horse battery staple',
  'wrong donkey cell paperclip',
  'silent otter under glass',
];
const EMAIL = 'grace@example.com';

let shop: RunningStack;
beforeAll(async () => {
  shop = await startStack({ env: { PERDURE_LOGS: 'files', LOG_LEVEL: 'debug', WORKER_PROCESSES: '2' } });
});
afterAll(async () => {
  await shop.stop();
});

function auth<Body = Login>(route: string, json: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
  return call<Body>(`${shop.api}/api/v1/auth/${route}`, { json, headers });
}

/** Everything that a table holds, as text. */
async function everyRow(): Promise<string> {
  const tables = await rowsOf<{ name: string }>(
    shop.stack,
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  const texts = await Promise.all(
    tables.map(({ name }) =>
      rowsOf<{ line: string }>(shop.stack, `SELECT to_jsonb("${name}")::text AS line FROM "${name}"`),
    ),
  );
  return texts
    .flat()
    .map(({ line }) => line)
    .join('\n');
}

function logs(): string {
  const files = readdirSync(join(shop.home, 'logs'), { recursive: true, withFileTypes: true });
  const ours = files.filter((entry) => entry.isFile());
  return ours.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
}

test('a person registers, confirms, refreshes, forgets, resets, and comes back by a code; no secret of theirs is left', async () => {
  const secrets: string[] = [FIRST, SECOND, THIRD];
  const keep = ({ body }: Answer<Login>): Login => {
    secrets.push(body.accessToken, body.refreshToken);
    return body;
  };
  const registered = await auth('register', { email: EMAIL, password: FIRST, name: 'Grace' });
  expect(registered).toMatchObject({ status: 201, body: { user: { emailVerified: false } } });
  const first = keep(registered);

  const confirm = await inMail(shop.stack, EMAIL, /\/verify-email\?token=(\S+)/);
  expect((await auth('verify-email', { token: confirm })).status).toBe(204);
  expect((await auth('verify-email', { token: confirm })).status).toBe(422);

  const second = keep(await auth('refresh', { refreshToken: first.refreshToken }));
  const bearer = { Authorization: `Bearer ${second.accessToken}` };
  const change = { currentPassword: FIRST, newPassword: SECOND };
  expect((await auth('change-password', change, bearer)).status).toBe(204);

  expect((await auth('forgot-password', { email: EMAIL })).status).toBe(202);
  const reset = await inMail(shop.stack, EMAIL, /\/reset-password\?token=(\S+)/);
  expect((await auth('reset-password', { token: reset, newPassword: THIRD })).status).toBe(204);
  expect((await auth('refresh', { refreshToken: second.refreshToken })).status).toBe(401);
  expect((await auth('login', { email: EMAIL, password: SECOND })).status).toBe(401);
  expect(keep(await auth('login', { email: EMAIL, password: THIRD })).user.emailVerified).toBe(true);

  expect((await auth('send-otp', { email: EMAIL })).status).toBe(202);
  const otp = await inMail(shop.stack, EMAIL, /^(\d{6})$/m);
  const back = await auth('verify-otp', { email: EMAIL, otp });
  expect(back).toMatchObject({ status: 200, body: { user: { id: first.user.id } } });
  keep(back);

  expect((await auth('register', { email: EMAIL, password: FIRST, name: 'Grace' })).status).toBe(422);
  await inMail(shop.stack, EMAIL, /(You have an account)/);
  await auth('forgot-password', { email: 'nobody@example.com' });

  secrets.push(confirm, reset);
  const rows = await everyRow();
  expect(rows).toContain(EMAIL);
  const written = await until('the last request is in the log', async () => {
    const text = logs();
    return text.split('/api/v1/auth/forgot-password').length > 2 && text;
  });
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(15);
    expect([secret, rows.includes(secret), written.includes(secret)]).toEqual([secret, false, false]);
  }
  expect(rows.includes(`"${otp}"`)).toBe(false);
  const waiting = await rowsOf<{ sealed: unknown }>(
    shop.stack,
    'SELECT sealed FROM account_mails WHERE sealed IS NOT NULL',
  );
  expect(waiting).toEqual([]);
  expect(await mailsTo(shop.stack, 'nobody@example.com')).toEqual([]);
  expect(await mailsTo(shop.stack, EMAIL)).toHaveLength(4);
});

test('a worker that is killed with -9 keeps nobody from their code', async () => {
  const email = 'killed@example.com';
  await auth('send-otp', { email });
  for (const pid of shop.stack.pids.worker) if (pid !== null) process.kill(pid, 'SIGKILL');
  const otp = await until(
    'the code comes by another worker',
    async () => /^(\d{6})$/m.exec((await mailsTo(shop.stack, email))[0]?.text ?? '')?.[1],
    60_000,
  );
  expect(await auth('verify-otp', { email, otp })).toMatchObject({
    status: 200,
    body: { user: { emailVerified: true } },
  });
});
