// Mails of accounts, on a real inbox and the real database: quick, sent again when a worker died, and never late.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { issueProof } from '../../src/accounts/proof-store.ts';
import type { Purpose } from '../../src/accounts/rules.ts';
import { account } from '../accounts/people.ts';
import { NOW } from '../support/rows.ts';
import { until } from '../support/wait.ts';
import { type Mailing, openMailing, TOKEN_SECRETS } from './mailing.ts';

const EMAIL = 'ada@example.com';

let mailing: Mailing;
beforeEach(async () => {
  mailing = await openMailing();
});
afterEach(() => mailing.close());

function issue(purpose: Purpose = 'otp', email = EMAIL, secrets = TOKEN_SECRETS): Promise<void> {
  return issueProof(mailing.db, { purpose, email, secrets, ttl: 120, now: mailing.now });
}

const rows = () => mailing.db.selectFrom('accountMails').selectAll().orderBy('createdAt').execute();

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
  const watch = mailing.startWatch();
  const { id, sealed } = await sent();
  await watch.stop();
  expect(sealed).toBeNull();
  const [mail, ...others] = await mailing.received();
  expect(others).toEqual([]);
  expect(mail?.messageId).toBe(`<account.${id}@shop.example.com>`);
  expect(mail?.text).toMatch(/^\d{6}$/m);
});

test.each([
  ['verify_email', 'verify-email', false],
  ['reset_password', 'reset-password', true],
] as const)('the mail of %s carries a link with its token', async (purpose, page, emailVerified) => {
  await account(mailing.db, { email: EMAIL, emailVerified });
  await issue(purpose);
  const watch = mailing.startWatch();
  await sent();
  await watch.stop();
  const [mail] = await mailing.received();
  expect(mail?.text).toMatch(new RegExp(`^https://shop\\.example\\.com/${page}\\?token=${purpose}_[\\w-]{43}$`, 'm'));
});

test('while a mail waits, neither its code nor its mailbox can be read in its row', async () => {
  await issue();
  const { rows: found } = await sql<{ line: string }>`
    SELECT to_jsonb(account_mails)::text || encode(sealed, 'escape') AS line FROM account_mails`.execute(mailing.db);
  const watch = mailing.startWatch();
  await sent();
  await watch.stop();
  const code = /^\d{6}$/m.exec((await mailing.received())[0]?.text ?? '')?.[0] ?? '';
  expect(code).toHaveLength(6);
  const readable = (found[0]?.line ?? '').replaceAll(/\d{4}-\d\d-\d\dT[\d:.+]+/g, '');
  expect(readable.includes(EMAIL)).toBe(false);
  expect(readable.includes(`"${code}"`)).toBe(false);
});

test('a mail whose record was lost with its worker is sent again, under the same Message-ID', async () => {
  await issue();
  const [waiting] = await rows();
  const first = mailing.startWatch();
  const { id } = await sent();
  await first.stop();
  await mailing.db
    .updateTable('accountMails')
    .set({ sentAt: null, sealed: waiting?.sealed ?? null })
    .execute();
  mailing.now = new Date(NOW.getTime() + 15_000);
  const second = mailing.startWatch();
  await sent();
  await second.stop();
  const messageId = `<account.${id}@shop.example.com>`;
  expect((await mailing.received()).map((mail) => mail.messageId)).toEqual([messageId, messageId]);
});

test('two watches at once send each mail once', async () => {
  for (let at = 0; at < 30; at += 1) await issue('otp', `ada-${at}@example.com`);
  const watches = [mailing.startWatch(), mailing.startWatch()];
  await until('all are sent', async () => (await rows()).every(({ sentAt }) => sentAt !== null));
  await Promise.all(watches.map((watch) => watch.stop()));
  const ids = (await mailing.received()).map(({ messageId }) => messageId);
  expect([ids.length, new Set(ids).size]).toEqual([30, 30]);
});

test('a mail that is refused comes at its next try, and neither log nor row tells whom it is for', async () => {
  await mailing.refuse(1);
  await issue();
  const watch = mailing.startWatch();
  const { dueAt, lastError } = await mailIs('refused', (row) => row.lastError !== null);
  expect(dueAt.getTime() - NOW.getTime()).toBe(15_000);
  mailing.now = dueAt;
  await sent();
  await watch.stop();
  expect(await mailing.received()).toHaveLength(1);
  expect(mailing.lines).toContain('a mail about an account was not sent');
  expect(`${mailing.lines}${lastError}`).not.toContain(EMAIL);
});

test('a code that has expired is never sent, and its mail is cleared', async () => {
  await issue();
  mailing.now = new Date(NOW.getTime() + 120_000);
  const watch = mailing.startWatch();
  await mailIs('cleared', ({ sealed }) => sealed === null);
  await watch.stop();
  expect((await rows())[0]).toMatchObject({ sentAt: null, lastError: 'expired' });
  expect(await mailing.received()).toEqual([]);
});

test('a mail that was sealed under an older secret goes out after a rotation, and one under a lost secret holds up no other', async () => {
  await issue('otp', 'old@example.com');
  const rotated = mailing.startWatch({ tokenSecrets: ['a-new-secret-of-a-test-32-characters', ...TOKEN_SECRETS] });
  await sent();
  await rotated.stop();
  await issue('otp', 'lost@example.com');
  const tokenSecrets = ['another-secret-of-a-test-32-characters'];
  await issue('otp', 'fine@example.com', tokenSecrets);
  const watch = mailing.startWatch({ tokenSecrets });
  await until('the other is sent', async () => (await rows()).filter(({ sentAt }) => sentAt !== null).length === 2);
  await watch.stop();
  expect((await mailing.received()).length).toBe(2);
});
