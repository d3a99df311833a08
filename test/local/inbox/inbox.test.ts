// The inbox as its users meet it: mails go in through nodemailer, and come out over HTTP.
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { type Inbox, startInbox } from '../../../src/local/inbox/server.ts';
import { createLogger } from '../../../src/platform/logger.ts';

interface PublicMail {
  id: string;
  messageId: string;
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  at: string;
}

const logger = createLogger('inbox', 'silent');
/** How long a condition that must come may take on a busy machine, milliseconds. */
const PATIENCE = 4_000;

describe('inbox', () => {
  let dataDir = '';
  let inbox: Inbox;

  const open = () => startInbox({ httpPort: 0, smtpPort: 0, dataDir, logger });

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'inbox-'));
    inbox = await open();
  });
  afterEach(async () => {
    await inbox.close();
    rmSync(dataDir, { recursive: true });
  });

  async function send(mail: SendMailOptions) {
    const transport = createTransport({ host: '127.0.0.1', port: inbox.smtpPort });
    try {
      return await transport.sendMail({ from: 'Shop <shop@perdure.test>', to: 'ada@example.com', ...mail });
    } finally {
      transport.close();
    }
  }

  async function messages(query = ''): Promise<PublicMail[]> {
    const answer = await fetch(`${inbox.url}/messages${query}`);
    expect(answer.status).toBe(200);
    return readJson<PublicMail[]>(answer);
  }

  const order = (fault: unknown) =>
    fetch(`${inbox.url}/_inbox/faults`, { method: 'POST', body: JSON.stringify(fault) });

  test('a mail comes out as it went in, with its subject, both parts and its message id', async () => {
    const before = Date.now();
    const sent = await send({ subject: 'Paid: ordér 17 ✓', text: 'Grüße\n\n.dot', html: '<p>Grüße</p>' });
    const [mail, ...others] = await messages();
    expect(others).toEqual([]);
    expect(mail).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      messageId: sent.messageId,
      from: 'shop@perdure.test',
      to: 'ada@example.com',
      subject: 'Paid: ordér 17 ✓',
      text: 'Grüße\n\n.dot\n',
      html: expect.stringContaining('<p>Grüße</p>'),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(Date.parse(mail?.at ?? '')).toBeGreaterThanOrEqual(before);
  });

  test('the newest mail comes first', async () => {
    for (const subject of ['one', 'two', 'three']) await send({ subject, text: subject });
    expect((await messages()).map(({ subject }) => subject)).toEqual(['three', 'two', 'one']);
  });

  test('a mail is found by any of its recipients, blind copies included, without regard to case, and by no part of one', async () => {
    await send({ to: 'Ada@Example.com', cc: 'bob@example.com', bcc: 'eve@example.com', subject: 'all', text: 'x' });
    await send({ to: 'zoe@example.com', subject: 'other', text: 'x' });
    const found = await Promise.all(
      ['ada@example.com', 'BOB@example.com', 'eve@example.com', 'nobody@example.com', 'example.com', ''].map(
        async (to) => (await messages(`?to=${encodeURIComponent(to)}`)).map(({ subject }) => subject),
      ),
    );
    expect(found).toEqual([['all'], ['all'], ['all'], [], [], ['other', 'all']]);
  });

  test('one mail is read by its id, and an unknown id is 404', async () => {
    await send({ subject: 'one', text: 'x' });
    const [mail] = await messages();
    const answer = await fetch(`${inbox.url}/messages/${mail?.id}`);
    expect(await answer.json()).toEqual({ ...mail, recipients: ['ada@example.com'] });
    expect((await fetch(`${inbox.url}/messages/unknown`)).status).toBe(404);
  });

  test('DELETE forgets all mails, also for the next start', async () => {
    await send({ subject: 'one', text: 'x' });
    expect((await fetch(`${inbox.url}/messages`, { method: 'DELETE' })).status).toBe(204);
    expect(await messages()).toEqual([]);
    await inbox.close();
    inbox = await open();
    expect(await messages()).toEqual([]);
  });

  test('what was acknowledged is there after a restart, even when the process was killed while it wrote the next mail', async () => {
    for (const subject of ['one', 'two', 'torn']) await send({ subject, text: 'x' });
    const before = await messages();
    await inbox.close();
    const file = join(dataDir, 'mails.jsonl');
    truncateSync(file, statSync(file).size - 5);
    inbox = await open();
    expect(await messages()).toEqual(before.slice(1));
  });

  test('refused mails get a temporary failure and are not kept; the one after them is taken', async () => {
    expect((await order({ times: 2, kind: 'refuse' })).status).toBe(200);
    for (const subject of ['one', 'two']) {
      await expect(send({ subject, text: 'x' })).rejects.toMatchObject({ responseCode: 451 });
    }
    await send({ subject: 'three', text: 'x' });
    expect((await messages()).map(({ subject }) => subject)).toEqual(['three']);
  });

  test('times 0 ends the trouble', async () => {
    await order({ times: 5, kind: 'refuse' });
    await order({ times: 0 });
    await send({ subject: 'one', text: 'x' });
    expect(await messages()).toHaveLength(1);
  });

  test('a slow answer comes after the mail is kept, and at the latest when the inbox stops', async () => {
    await order({ times: 1, kind: 'slow', ms: 600_000 });
    let answered = false;
    const sending = send({ subject: 'slow', text: 'x' }).finally(() => {
      answered = true;
    });
    await until(async () => (await messages()).length === 1);
    expect(answered).toBe(false);
    await inbox.close();
    expect((await sending).response).toMatch(/^250 /);
    inbox = await open();
    expect(await messages()).toHaveLength(1);
  });

  test('a slow answer comes by itself', async () => {
    await order({ times: 1, kind: 'slow', ms: 20 });
    expect((await send({ subject: 'slow', text: 'x' })).response).toMatch(/^250 /);
  });

  test('a fault that makes no sense is refused and changes nothing', async () => {
    for (const wrong of [{}, { times: 1 }, { times: -1, kind: 'slow' }, { times: 1, kind: 'burn' }, null]) {
      expect((await order(wrong)).status).toBe(422);
    }
    await send({ subject: 'one', text: 'x' });
    expect(await messages()).toHaveLength(1);
  });

  test('a mail above the size limit is refused for good', async () => {
    const lines = `${'x'.repeat(70)}\n`.repeat(160_000);
    await expect(send({ subject: 'large', text: lines })).rejects.toMatchObject({ responseCode: 552 });
    expect(await messages()).toEqual([]);
  });

  test('health answers 200', async () => {
    expect((await fetch(`${inbox.url}/_inbox/health`)).status).toBe(200);
  });

  test('a taken port is a sentence that names its setting, and leaves nothing open', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await until(async () => taken.listening);
    const port = portOf(taken.address());
    const folder = join(dataDir, 'second');
    await expect(startInbox({ httpPort: port, smtpPort: 0, dataDir: folder, logger })).rejects.toThrow(
      new RegExp(`^Port ${port} cannot be had .* set INBOX_PORT to another port`),
    );
    await expect(startInbox({ httpPort: 0, smtpPort: port, dataDir: folder, logger })).rejects.toThrow(/SMTP_PORT/);
    taken.close();
  });
});

async function readJson<T>(answer: Response): Promise<T> {
  return JSON.parse(await answer.text());
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Waits for a condition by asking again, and fails after a while. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await condition()); ) {
    if (Date.now() > end) throw new Error('the condition did not come');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
