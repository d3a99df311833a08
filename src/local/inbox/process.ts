// `node src/main.ts inbox`: the mail inbox as a process of its own, until it is told to stop.
import { once } from 'node:events';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { createLogger } from '../../platform/logger.ts';
import { StartProblem } from '../problem.ts';
import { type Inbox, startInbox } from './server.ts';

/** Runs the inbox and returns after it has stopped in order on SIGTERM or SIGINT. A port that cannot be had is exit code 1. */
export async function run(config: Config): Promise<void> {
  const logger = createLogger('inbox', config.LOG_LEVEL);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(signal));
  const inbox = await startOrSay(config, logger);
  if (inbox === undefined) return;
  const { url, smtpPort } = inbox;
  logger.info({ url, smtp: `127.0.0.1:${smtpPort}` }, 'listening');
  if (!stop.signal.aborted) await once(stop.signal, 'abort');
  await inbox.close();
  logger.info({ signal: stop.signal.reason }, 'stopped');
}

async function startOrSay(config: Config, logger: ReturnType<typeof createLogger>): Promise<Inbox | undefined> {
  try {
    return await startInbox({
      httpPort: config.INBOX_PORT,
      smtpPort: config.SMTP_PORT,
      dataDir: join(config.PERDURE_HOME, 'inbox'),
      logger,
    });
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return undefined;
  }
}
