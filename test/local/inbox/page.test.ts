// The page and what protects its reader: a mail's content is written by strangers.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFaults } from '../../../src/local/inbox/faults.ts';
import { createApp } from '../../../src/local/inbox/http.ts';
import { type Mail, type MailStore, openMails } from '../../../src/local/inbox/store.ts';
import { createLogger } from '../../../src/platform/logger.ts';

const logger = createLogger('inbox', 'silent');
const hostile = '</pre><script>alert(1)</script><img src="https://example.com/pixel.png">';

function aMail(n: number, change: Partial<Mail> = {}): Mail {
  const at = new Date(n * 1000).toISOString();
  const fields = {
    messageId: `<${n}@perdure.test>`,
    from: 'shop@perdure.test',
    subject: `Order ${n}`,
    text: '',
    html: '',
  };
  return { id: `mail-${n}`, at, recipients: [`buyer${n}@example.com`], ...fields, ...change };
}

function policyOf(answer: Response): Record<string, string> {
  const policy = answer.headers.get('content-security-policy') ?? '';
  const directives = policy.split(';').map((directive) => directive.trim().split(' '));
  return Object.fromEntries(directives.map(([name, ...values]) => [name, values.join(' ')]));
}

describe('inbox page', () => {
  let folder = '';
  let mails: MailStore;
  let app: ReturnType<typeof createApp>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'inbox-page-'));
    mails = openMails(folder);
    app = createApp({ mails, faults: createFaults(), logger, smtp: '127.0.0.1:1025' });
  });
  afterEach(() => {
    mails.close();
    rmSync(folder, { recursive: true });
  });

  async function list(query: string): Promise<{ total: number; items: { id: string; snippet: string }[] }> {
    return JSON.parse(await (await app.request(`/_inbox/list${query}`)).text());
  }

  test('the page is whole without the internet: it names no other host, and its policy allows none', async () => {
    const page = await app.request('/');
    const html = await page.text();
    const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(files.toSorted()).toEqual(['/page.css', '/page.js']);
    const contents = await Promise.all(files.map(async (path) => (await app.request(path)).text()));
    expect([html, ...contents].join('\n').match(/(?:src|href|url|import)\W{0,3}https?:/g)).toBeNull();
    expect(policyOf(page)).toMatchObject({ 'default-src': "'none'", 'script-src': "'self'", 'connect-src': "'self'" });
  });

  test("the page's frame for mails allows no script and no shared origin", async () => {
    const html = await (await app.request('/')).text();
    const sandbox = /<iframe[^>]*sandbox="([^"]*)"/.exec(html)?.[1]?.split(' ');
    expect(sandbox).toEqual(['allow-popups', 'allow-popups-to-escape-sandbox']);
  });

  test("a mail's markup comes with a policy that stops scripts, forms and remote content even outside the frame", async () => {
    mails.add(aMail(1, { html: hostile }));
    const answer = await app.request('/messages/mail-1/html');
    expect(await answer.text()).toContain(hostile);
    const policy = policyOf(answer);
    expect(policy).toMatchObject({ 'default-src': "'none'", 'img-src': 'data:', 'form-action': "'none'" });
    expect(policy).not.toHaveProperty('script-src');
    expect(policy['sandbox']?.split(' ')).toEqual(['allow-popups', 'allow-popups-to-escape-sandbox']);
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('every other answer is never taken for markup', async () => {
    mails.add(aMail(1, { text: hostile, subject: hostile }));
    for (const path of ['/messages', '/messages/mail-1', '/_inbox/list', '/messages/%3Cscript%3E', '/nowhere']) {
      const answer = await app.request(path);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test("the page's script puts no markup from anywhere into the page", () => {
    const script = readFileSync(new URL('../../../src/local/inbox/page/page.js', import.meta.url), 'utf8');
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|eval\(|new Function/);
  });

  test('the list is bounded, says how many there are, and finds by recipient or subject', async () => {
    for (let n = 1; n <= 130; n++) mails.add(aMail(n));
    const first = await list('');
    expect([first.total, first.items.length, first.items[0]?.id]).toEqual([130, 100, 'mail-130']);
    expect((await list('?limit=200')).items).toHaveLength(130);
    expect((await list('?limit=nonsense')).items).toHaveLength(100);
    expect((await list('?q=BUYER77@')).items).toMatchObject([{ id: 'mail-77' }]);
    expect((await list('?q=order%2099')).items).toMatchObject([{ id: 'mail-99' }]);
  });

  test('the list shows the beginning of the text as one line', async () => {
    mails.add(aMail(1, { text: `Hello,\n\n  you\tpaid. ${'x'.repeat(500)}` }));
    const snippet = (await list('')).items[0]?.snippet;
    expect(snippet).toMatch(/^Hello, you paid\. x+$/);
    expect(snippet).toHaveLength(140);
  });
});
