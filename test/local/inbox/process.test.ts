// The inbox as `npm start` runs it: a process that can be killed, stopped and refused its port.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createTransport } from 'nodemailer';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

describe('inbox process', () => {
  let home = '';
  const children: ChildProcess[] = [];

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'inbox-process-'));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(home, { recursive: true });
  });

  function launch(httpPort: string) {
    const settings = { PERDURE_HOME: home, INBOX_PORT: httpPort, SMTP_PORT: '0', LOG_LEVEL: 'info' };
    const child = spawn(process.execPath, [MAIN, 'inbox'], { env: { ...process.env, ...settings } });
    children.push(child);
    const errors: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    return { child, errors, ended: once(child, 'close') };
  }

  /** Launches it and reads from its one line where it listens. */
  async function start() {
    const { child, ended } = launch('0');
    for await (const line of createInterface({ input: child.stdout })) {
      const { msg, url, smtp } = JSON.parse(line);
      if (msg === 'listening') return { child, ended, url: String(url), smtp: String(smtp) };
    }
    throw new Error('the inbox ended before it was listening');
  }

  test('every acknowledged mail outlives a kill -9', async () => {
    const first = await start();
    for (const subject of ['one', 'two']) await send(first.smtp, subject);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await start();
    expect(await subjects(second.url)).toEqual(['two', 'one']);
  });

  test('SIGTERM and SIGINT end it well, and it finds its mails again', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { child, ended, smtp } = await start();
      await send(smtp, signal);
      child.kill(signal);
      expect(await ended).toEqual([0, null]);
    }
    expect(await subjects((await start()).url)).toEqual(['SIGINT', 'SIGTERM']);
  });

  test('a taken port is one sentence and exit code 1', async () => {
    const { url } = await start();
    const { errors, ended } = launch(new URL(url).port);
    expect(await ended).toEqual([1, null]);
    expect(errors.join('')).toMatch(/^Port \d+ cannot be had \(.*\): set INBOX_PORT to another port.*\n$/);
  });
});

async function send(smtp: string, subject: string): Promise<void> {
  const transport = createTransport(`smtp://${smtp}`);
  await transport.sendMail({ from: 'shop@perdure.test', to: 'ada@example.com', subject, text: 'x' });
  transport.close();
}

async function subjects(url: string): Promise<string[]> {
  const mails: { subject: string }[] = JSON.parse(await (await fetch(`${url}/messages`)).text());
  return mails.map(({ subject }) => subject);
}
