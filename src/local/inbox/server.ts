// The local stack's mail inbox: a real SMTP server that keeps every mail, and a page and an HTTP interface to read them.
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from '../../platform/logger.ts';
import { reasonOf, StartProblem } from '../problem.ts';
import { createFaults } from './faults.ts';
import { createApp } from './http.ts';
import { CLOSE_TIMEOUT, createSmtp } from './smtp.ts';
import { openMails } from './store.ts';

export interface InboxOptions {
  /** 0 means any free port, for both. */
  httpPort: number;
  smtpPort: number;
  host?: string;
  /** The folder that the mails are kept in. */
  dataDir: string;
  logger: Logger;
}

export interface Inbox {
  url: string;
  httpPort: number;
  smtpPort: number;
  /** Ends open requests and SMTP sessions, then gives the mails' file back. */
  close(): Promise<void>;
}

/**
 * Starts the inbox; it is listening when this returns.
 * @throws {StartProblem} when one of the ports cannot be had
 */
export async function startInbox(options: InboxOptions): Promise<Inbox> {
  const { httpPort, smtpPort, host = '127.0.0.1', dataDir, logger } = options;
  const mails = openMails(dataDir);
  const faults = createFaults();
  const stopping = new AbortController();
  const smtp = createSmtp({ mails, faults, logger, stopping: stopping.signal });
  smtp.on('error', (error) => logger.debug({ err: error }, 'SMTP session failed'));
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    stopping.abort();
    await Promise.all(closers.map((closer) => closer()));
    mails.close();
  };
  try {
    const smtpAt = await listen(smtp.server, 'SMTP_PORT', smtpPort, host);
    closers.push(() => new Promise<void>((resolve) => smtp.close(resolve)));
    const app = createApp({ mails, faults, logger, smtp: `${host}:${smtpAt}` });
    const handle = getRequestListener(app.fetch);
    const http = createServer((request, response) => void handle(request, response));
    const httpAt = await listen(http, 'INBOX_PORT', httpPort, host);
    closers.push(() => endHttp(http));
    return { url: `http://${host}:${httpAt}`, httpPort: httpAt, smtpPort: smtpAt, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listen(server: Server, setting: string, port: number, host: string): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new StartProblem(
      `Port ${port} cannot be had (${reasonOf(cause)}): set ${setting} to another port, 0 means any free one.`,
    );
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Lets running requests end, but not a connection that says nothing keep the inbox from stopping. */
async function endHttp(server: HttpServer): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT);
  await closed;
  clearTimeout(timer);
}
