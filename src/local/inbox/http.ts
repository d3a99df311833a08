// The HTTP side: the mails as JSON for tests and scripts, and as a page for people. What a mail contains is treated as
// hostile: it is shown in a sandbox that runs no script and loads nothing from elsewhere.
import { readFileSync } from 'node:fs';
import { type Context, Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Logger } from '../../platform/logger.ts';
import { type Faults, faultsSchema } from './faults.ts';
import type { Mail, MailStore } from './store.ts';

/** How much of a mail's text the list shows. */
const SNIPPET_LENGTH = 140;
/** The page asks for more when a person does; beyond this nobody scrolls, they search. */
const DEFAULT_ROWS = 100;
const MAX_ROWS = 2_000;

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Also when it is opened outside the page's frame: no script, no form, no remote picture; links open in a new tab. */
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";
/** Put before a mail's own markup, where its element is the first of its kind and therefore the one that counts. */
const MAIL_HEAD = '<!doctype html><meta charset="utf-8"><base target="_blank">';

const PAGE_FILES = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
};

interface HttpDeps {
  mails: MailStore;
  faults: Faults;
  logger: Logger;
  /** host:port, told to the reader of an empty inbox. */
  smtp: string;
}

export function createApp({ mails, faults, logger, smtp }: HttpDeps): Hono {
  const app = new Hono();
  app.use(secureHeaders({ strictTransportSecurity: false, xFrameOptions: false, crossOriginOpenerPolicy: false }));
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('content-security-policy')) c.header('Content-Security-Policy', PAGE_POLICY);
    c.header('Cache-Control', 'no-store');
  });

  addPage(app);
  app.get('/messages', (c) => c.json(mails.newest({ to: c.req.query('to') }).map(publicMail)));
  app.get('/messages/:id', (c) =>
    withMail(c, mails, (mail) => c.json({ ...publicMail(mail), recipients: mail.recipients })),
  );
  app.get('/messages/:id/html', (c) =>
    withMail(c, mails, (mail) => {
      c.header('Content-Security-Policy', MAIL_POLICY);
      return c.html(MAIL_HEAD + mail.html);
    }),
  );
  app.delete('/messages', (c) => {
    mails.clear();
    return c.body(null, 204);
  });

  app.get('/_inbox/health', (c) => c.json({ status: 'ok' }));
  app.get('/_inbox/list', (c) => {
    const found = mails.newest({ words: c.req.query('q') });
    return c.json({ smtp, total: found.length, items: found.slice(0, rowsAsked(c.req.query('limit'))).map(row) });
  });
  app.post('/_inbox/faults', async (c) => {
    const order = faultsSchema.safeParse(await c.req.json().catch(() => undefined));
    if (!order.success) return c.json({ error: order.error.issues.map(sentence).join('; ') }, 422);
    faults.order(order.data);
    return c.json(order.data);
  });

  app.notFound((c) => c.json({ error: 'there is nothing here' }, 404));
  app.onError((error, c) => {
    logger.error({ err: error }, 'request failed');
    return c.json({ error: 'the inbox failed; its log says why' }, 500);
  });
  return app;
}

/** A mail as scripts see it: `to` is the first recipient, and asking by `?to=` finds it by any of them. */
function publicMail({ id, messageId, from, recipients, subject, text, html, at }: Mail) {
  return { id, messageId, from, to: recipients[0] ?? '', subject, text, html, at };
}

/** A mail as the page's list shows it. */
function row({ id, from, recipients, subject, text, html, at }: Mail) {
  const snippet = text.replaceAll(/\s+/g, ' ').trim().slice(0, SNIPPET_LENGTH);
  return { id, from, recipients, subject, snippet, hasHtml: html !== '', at };
}

function withMail(c: Context, mails: MailStore, answer: (mail: Mail) => Response): Response {
  const mail = mails.find(c.req.param('id') ?? '');
  return mail === undefined ? c.json({ error: 'there is no such mail' }, 404) : answer(mail);
}

function rowsAsked(limit: string | undefined): number {
  const rows = Number(limit ?? DEFAULT_ROWS);
  return Number.isInteger(rows) && rows > 0 ? Math.min(rows, MAX_ROWS) : DEFAULT_ROWS;
}

function sentence({ path, message }: { path: PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

function addPage(app: Hono): void {
  for (const [path, { file, type }] of Object.entries(PAGE_FILES)) {
    const content = readFileSync(new URL(`page/${file}`, import.meta.url), 'utf8');
    app.get(path, (c) => c.body(content, 200, { 'Content-Type': type }));
  }
}
