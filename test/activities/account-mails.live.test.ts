// Mails of accounts, on a real inbox and the real database: quick, sent again when a worker died, and never late.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { pino } from 'pino';
import { createEmailActivities } from '../../activities/email.ts';
import { issueProof } from '../../src/accounts/proof-store.ts';
import type { Purpose } from '../../src/accounts/rules.ts';
import { type Inbox, startInbox } from '../../src/local/inbox/server.ts';
import { type Mailer, openMailer } from '../../src/platform/mailer.ts';
import { type OwnDatabase, ownDatabase } from '../support/database.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { NOW } from '../support/rows.ts';
import { call } from '../support/shopper.ts';
import { until } from '../support/wait.ts';

const SECRET = 'the-secret-of-a-test-32-characters';
const EMAIL = 'ada@example.com';

let database: OwnDatabase;
let folder: string;
let inbox: Inbox;
let mailer: Mailer;
let now: Date;
let lines: string;

beforeEach(async () => {
  folder = temporaryFolder();
  [now, lines] = [NOW, ''];
  const logger = pino({ level: 'silent' });
  [database, inbox] = await Promise.all([
    ownDatabase(),
    startInbox({ httpPort: 0, smtpPort: 0, dataDir: folder, logger }),
  ]);
  mailer = openMailer(`smtp://127.0.0.1:${inbox.smtpPort}`, 'Shop <shop@example.com>');
});
afterEach(async () => {
  mailer.close();
  await Promise.all([database.leave(), inbox.close()]);
  removeFolder(folder);
});

/** The mailer's watch of one worker. @param tokenSecrets newest first */
function startWatch(tokenSecrets = [SECRET]) {
  const stopping = new AbortController();
  const logger = pino({}, { write: (line: string) => void (lines += line) });
  const deps = { db: database.db, mailer, clock: () => now, logger, publicUrl: 'https://shop.example.com' };
  const activities = createEmailActivities({ ...deps, tokenSecrets, stopping: stopping.signal });
  const running = new MockActivityEnvironment().run(() => activities.sendDueMails());
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

function issue(purpose: Purpose = 'otp', email = EMAIL): Promise<void> {
  return issueProof(database.db, { purpose, email, secrets: [SECRET], ttl: 120, now });
}

async function received() {
  return (await call<{ messageId: string; subject: string; text: string; to: unknown }[]>(`${inbox.url}/messages`))
    .body;
}

const rows = () => database.db.selectFrom('accountMails').selectAll().orderBy('createdAt').execute();

/** Waits until the only mail is as it should be, and gives its row. */
async function mailIs(what: string, holds: (row: Awaited<ReturnType<typeof rows>>[number]) => boolean) {
  return until(`the mail is ${what}`, async () => {
    const [row] = await rows();
    return row !== undefined && holds(row) && row;
  });
}

const sent = () => mailIs('sent', ({ sentAt }) => sentAt !== null);

test('a code goes to its mailbox once, under the Message-ID of its row, and nothing of it stays', async () => {
  await issue();
  const watch = startWatch();
  const { id, sealed } = await sent();
  await watch.stop();
  expect(sealed).toBeNull();
  const [mail, ...others] = await received();
  expect(others).toEqual([]);
  expect(mail?.messageId).toBe(`<account.${id}@shop.example.com>`);
  expect(mail?.text).toMatch(/^\d{6}$/m);
});

test.each([
  ['verify_email', 'verify-email', false],
  ['reset_password', 'reset-password', true],
] as const)('the mail of %s carries a link with its token', async (purpose, page, emailVerified) => {
  await database.db
    .insertInto('users')
    .values({ id: crypto.randomUUID(), email: EMAIL, name: 'Ada', emailVerified })
    .execute();
  await issue(purpose);
  const watch = startWatch();
  await sent();
  await watch.stop();
  const [mail] = await received();
  expect(mail?.text).toMatch(new RegExp(`^https://shop\\.example\\.com/${page}\\?token=${purpose}_[\\w-]{43}$`, 'm'));
});

test('while a mail waits, neither its code nor its mailbox can be read in its row', async () => {
  await issue();
  const { rows: found } = await sql<{ line: string }>`
    SELECT to_jsonb(account_mails)::text || encode(sealed, 'escape') AS line FROM account_mails`.execute(database.db);
  const watch = startWatch();
  await sent();
  await watch.stop();
  const code = /^\d{6}$/m.exec((await received())[0]?.text ?? '')?.[0] ?? '';
  expect(code).toHaveLength(6);
  const readable = (found[0]?.line ?? '').replaceAll(/\d{4}-\d\d-\d\dT[\d:.+]+/g, '');
  expect(readable.includes(EMAIL)).toBe(false);
  expect(readable.includes(`"${code}"`)).toBe(false);
});

test('a mail whose record was lost with its worker is sent again, under the same Message-ID', async () => {
  await issue();
  const [waiting] = await rows();
  const first = startWatch();
  const { id } = await sent();
  await first.stop();
  await database.db
    .updateTable('accountMails')
    .set({ sentAt: null, sealed: waiting?.sealed ?? null })
    .execute();
  now = new Date(NOW.getTime() + 15_000);
  const second = startWatch();
  await sent();
  await second.stop();
  const messageId = `<account.${id}@shop.example.com>`;
  expect((await received()).map((mail) => mail.messageId)).toEqual([messageId, messageId]);
});

test('two watches at once send each mail once', async () => {
  for (let at = 0; at < 30; at += 1) await issue('otp', `ada-${at}@example.com`);
  const watches = [startWatch(), startWatch()];
  await until('all are sent', async () => (await rows()).every(({ sentAt }) => sentAt !== null));
  await Promise.all(watches.map((watch) => watch.stop()));
  const ids = (await received()).map(({ messageId }) => messageId);
  expect([ids.length, new Set(ids).size]).toEqual([30, 30]);
});

test('a mail that is refused comes at its next try, and neither log nor row tells whom it is for', async () => {
  await call(`${inbox.url}/_inbox/faults`, { json: { times: 1, kind: 'refuse' } });
  await issue();
  const watch = startWatch();
  const { dueAt, lastError } = await mailIs('refused', (row) => row.lastError !== null);
  expect(dueAt.getTime() - NOW.getTime()).toBe(15_000);
  now = dueAt;
  await sent();
  await watch.stop();
  expect(await received()).toHaveLength(1);
  expect(lines).toContain('a mail about an account was not sent');
  expect(`${lines}${lastError}`).not.toContain(EMAIL);
});

test('a code that has expired is never sent, and its mail is cleared', async () => {
  await issue();
  now = new Date(NOW.getTime() + 120_000);
  const watch = startWatch();
  await mailIs('cleared', ({ sealed }) => sealed === null);
  await watch.stop();
  expect((await rows())[0]).toMatchObject({ sentAt: null, lastError: 'expired' });
  expect(await received()).toEqual([]);
});

test('a mail that was sealed under an older secret goes out after a rotation, and one under a lost secret holds up no other', async () => {
  await issue('otp', 'old@example.com');
  const rotated = startWatch(['a-new-secret-of-a-test-32-characters', SECRET]);
  await sent();
  await rotated.stop();
  await issue('otp', 'lost@example.com');
  const other = 'another-secret-of-a-test-32-characters';
  await issueProof(database.db, { purpose: 'otp', email: 'fine@example.com', secrets: [other], ttl: 120, now });
  const watch = startWatch([other]);
  await until('the other is sent', async () => (await rows()).filter(({ sentAt }) => sentAt !== null).length === 2);
  await watch.stop();
  expect((await received()).length).toBe(2);
});
