// The SMTP side: takes every mail without login or encryption, and answers 250 only once the mail is in the store.
import PostalMime, { type Address } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerEnvelope } from 'smtp-server';
import { newId } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { reasonOf } from '../problem.ts';
import type { Faults } from './faults.ts';
import type { Mail, MailStore } from './store.ts';

/** As large as common mail servers take; a larger one is refused with 552. */
const MAX_MAIL_BYTES = 10_485_760;
/** RFC 5321, 4.5.3.1.8: a server must take at least 100 recipients for one mail. */
const MAX_RECIPIENTS = 100;
/** Time for open sessions and requests to end by themselves when the inbox stops, milliseconds. */
export const CLOSE_TIMEOUT = 1_000;

interface SmtpDeps {
  mails: MailStore;
  faults: Faults;
  logger: Logger;
  /** Aborted when the inbox stops: late answers are then given at once. */
  stopping: AbortSignal;
}

/** An SMTP server that is not yet listening. */
export function createSmtp(deps: SmtpDeps): SMTPServer {
  return new SMTPServer({
    name: 'perdure-inbox',
    banner: 'Perdure inbox: mails stay on this machine',
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    size: MAX_MAIL_BYTES,
    maxRecipients: MAX_RECIPIENTS,
    closeTimeout: CLOSE_TIMEOUT,
    onData: (stream, { envelope }, callback) => void answer(receive(stream, envelope, deps), deps.logger, callback),
  });
}

/** A mail that is not taken, with the code that tells the sender whether to try again (4xx) or not (5xx). */
class Refusal extends Error {
  readonly responseCode: number;
  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

type Callback = Parameters<SMTPServer['onData']>[2];

/** Tells the sender how it went. What failed on our side is 451, so that the mail is sent again. */
async function answer(receiving: Promise<string>, logger: Logger, callback: Callback): Promise<void> {
  const result = await receiving.catch((error: unknown) => {
    logger.warn({ err: error }, 'mail not taken');
    return error instanceof Refusal ? error : new Refusal(451, `4.3.0 ${reasonOf(error)}`);
  });
  if (result instanceof Refusal) callback(result);
  else callback(null, result);
}

/** @returns what the sender is told
 * @throws {Refusal} when the mail is not taken
 */
async function receive(stream: SMTPServerDataStream, envelope: SMTPServerEnvelope, deps: SmtpDeps): Promise<string> {
  const raw = await collect(stream);
  const fault = deps.faults.take();
  if (fault?.kind === 'refuse') throw new Refusal(451, '4.3.2 Refused for now, as the fault asks: try again later');
  const mail = await readMail(raw, envelope, new Date());
  deps.mails.add(mail);
  deps.logger.info({ mailId: mail.id, messageId: mail.messageId }, 'mail taken');
  if (fault?.kind === 'slow') await pause(fault.ms, deps.stopping);
  return `2.0.0 Taken as ${mail.id}`;
}

function pause(milliseconds: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    stopping.addEventListener('abort', done, { once: true });
  });
}

/** The whole mail. What is too long is read to its end, because SMTP gives no way to interrupt it, but not kept. */
async function collect(stream: SMTPServerDataStream): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) if (!stream.sizeExceeded) pieces.push(piece);
  if (stream.sizeExceeded) throw new Refusal(552, `5.3.4 A mail may have ${MAX_MAIL_BYTES} bytes at most`);
  return Buffer.concat(pieces);
}

async function readMail(raw: Buffer, envelope: SMTPServerEnvelope, now: Date): Promise<Mail> {
  const mail = await PostalMime.parse(raw).catch((cause: unknown) => {
    throw new Refusal(554, `5.6.0 The mail cannot be read: ${reasonOf(cause)}`);
  });
  const sender = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
  return {
    id: newId(now),
    at: now.toISOString(),
    messageId: mail.messageId ?? '',
    from: addressOf(mail.from) ?? sender,
    recipients: envelope.rcptTo.map(({ address }) => address),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
  };
}

function addressOf(from: Address | undefined): string | undefined {
  return from?.address === '' ? undefined : from?.address;
}
