// What the tests of the mailer share: a real inbox and database, watches as workers keep them, and a clock that the test moves.
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { createEmailActivities } from '../../activities/email.ts';
import { startInbox } from '../../src/local/inbox/server.ts';
import { type Mailer, openMailer } from '../../src/platform/mailer.ts';
import { ownDatabase } from '../support/database.ts';
import { removeFolder, temporaryFolder } from '../support/folders.ts';
import { NOW } from '../support/rows.ts';
import { call } from '../support/shopper.ts';

/** Newest first. */
export const TOKEN_SECRETS = ['the-secret-of-a-test-32-characters'];

interface Received {
  messageId: string;
  text: string;
}

export type Mailing = Awaited<ReturnType<typeof openMailing>>;

/** Opens it. `now` is the watches' clock, `lines` their log. */
export async function openMailing() {
  const folder = temporaryFolder();
  const [database, inbox] = await Promise.all([
    ownDatabase(),
    startInbox({ httpPort: 0, smtpPort: 0, dataDir: folder, logger: pino({ level: 'silent' }) }),
  ]);
  const { db } = database;
  const mailers: Mailer[] = [];
  const state = { now: NOW, lines: '' };
  const logger = pino({}, { write: (line: string) => void (state.lines += line) });
  return Object.assign(state, {
    db,
    /** The mailer's watch of one worker. @param how what differs: the secrets, newest first; where it finds a mail server */
    startWatch: (how: { tokenSecrets?: string[]; smtpPort?: number } = {}) => {
      const { tokenSecrets = TOKEN_SECRETS, smtpPort = inbox.smtpPort } = how;
      const mailer = openMailer(`smtp://127.0.0.1:${smtpPort}`, 'Shop <shop@example.com>');
      mailers.push(mailer);
      const stopping = new AbortController();
      const deps = { db, mailer, clock: () => state.now, logger, publicUrl: 'https://shop.example.com' };
      const activities = createEmailActivities({ ...deps, tokenSecrets, stopping: stopping.signal });
      const environment = new MockActivityEnvironment();
      const running = environment.run(() => activities.sendDueMails());
      return {
        /** Stops it as a stopping worker does, and waits for its end. */
        stop: async () => {
          stopping.abort();
          await running;
        },
        /** Cancels it as its workflow does, and waits for its end. */
        cancel: async () => {
          environment.cancel();
          await running;
        },
      };
    },
    received: async () => (await call<Received[]>(`${inbox.url}/messages`)).body,
    /** The mail server will refuse so many mails. */
    refuse: (times: number) => call(`${inbox.url}/_inbox/faults`, { json: { times, kind: 'refuse' } }),
    close: async () => {
      for (const mailer of mailers) mailer.close();
      await Promise.all([database.leave(), inbox.close()]);
      removeFolder(folder);
    },
  });
}
