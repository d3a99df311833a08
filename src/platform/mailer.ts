// Mail over SMTP, by nodemailer. One pooled connection per process; a server that is away is the caller's error to handle.
import { createTransport, type Transporter } from 'nodemailer';

export interface Mail {
  messageId: string;
  to: string;
  subject: string;
  text: string;
  html: string;
}

export interface Mailer {
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** A mail server that does not answer by then counts as away; the mail is tried again later. */
const TIMEOUT_MS = 10_000;

/** @param smtpUrl `smtp://` or `smtps://`, with user and password where the server wants them */
export function openMailer(smtpUrl: string, from: string): Mailer {
  const transport: Transporter = createTransport(
    { url: smtpUrl, pool: true, connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    { from },
  );
  return {
    send: async (mail) => {
      await transport.sendMail(mail);
    },
    close: () => transport.close(),
  };
}
