// The mails of the shop: those that an order's customer gets, one per fact, and those about an account. Pure functions from
// the facts to what is read.
import { html } from 'hono/html';
import { formatMoney } from '../pricing/rules.ts';

export type MailFact = 'placed' | 'paid' | 'confirmed' | 'expired' | 'cancelled' | 'refunded';

/** What a mail needs to know. Amounts in minor units; `link` opens the order. */
export interface MailOrder {
  number: string;
  customerName: string;
  currency: string;
  lines: readonly { title: string; quantity: number; lineTotal: number }[];
  subtotal: number;
  discount: number;
  couponCode: string | null;
  shipping: number;
  tax: number;
  total: number;
  /** What went back, for the mail that tells of it. */
  refund?: { amount: number; currency: string };
  link: string;
}

export interface MailContent {
  subject: string;
  text: string;
  html: string;
}

const FACTS: Record<MailFact, { subject: (number: string) => string; sentence: string }> = {
  placed: {
    subject: (number) => `Order ${number} received`,
    sentence: 'We have received your order and hold its items for you. We will confirm it soon; you pay on delivery.',
  },
  paid: {
    subject: (number) => `Order ${number} is paid`,
    sentence: 'Your payment has arrived. Thank you! We are getting your order ready.',
  },
  confirmed: {
    subject: (number) => `Order ${number} is confirmed`,
    sentence: 'Your order is confirmed. You pay on delivery.',
  },
  expired: {
    subject: (number) => `Order ${number} has expired`,
    sentence: 'Your order was not completed in time, so its items are for sale again. Your cart is as you left it.',
  },
  cancelled: {
    subject: (number) => `Order ${number} is cancelled`,
    sentence: 'Your order is cancelled. If anything was paid, it is on its way back to you.',
  },
  refunded: {
    subject: (number) => `Order ${number} is refunded`,
    sentence: 'Your money is on its way back to you. Your bank may take some days to show it.',
  },
};

/** There was nothing to pay, so nothing has arrived. */
const NOTHING_TO_PAY = 'There is nothing to pay. Thank you! We are getting your order ready.';

/** What stands between the lines and the total, with its sign: whatever is not there is not named. */
function sumsOf({ subtotal, discount, couponCode, shipping, tax, total }: MailOrder): [string, number][] {
  const isAdded = subtotal - discount + shipping + tax === total;
  const sums: [string, number][] = [
    [couponCode === null ? 'Discount' : `Discount (${couponCode})`, -discount],
    ['Shipping', shipping],
    ['Tax', isAdded ? tax : 0],
  ];
  return sums.filter(([, amount]) => amount !== 0);
}

/** Tax that the prices contain is told below the total, and not counted again. */
function containedTax({ subtotal, discount, shipping, tax, total }: MailOrder): number {
  return subtotal - discount + shipping === total ? tax : 0;
}

/** @param locale BCP 47, for the amounts */
export async function renderMail(fact: MailFact, order: MailOrder, locale = 'en-US'): Promise<MailContent> {
  const { subject } = FACTS[fact];
  const sentence = fact === 'paid' && order.total === 0 ? NOTHING_TO_PAY : FACTS[fact].sentence;
  const money = (amount: number, currency = order.currency) => formatMoney(amount, currency, locale);
  const refunded = order.refund && `Refunded: ${money(order.refund.amount, order.refund.currency)}`;
  const sums = sumsOf(order).map(([name, amount]) => ({ name, amount: money(amount) }));
  const contained = containedTax(order);
  const total = `${money(order.total)}${contained === 0 ? '' : ` (with ${money(contained)} tax in it)`}`;
  const lines = order.lines.map((line) => `${line.quantity} x ${line.title}: ${money(line.lineTotal)}`);
  const text = [
    `Hello ${order.customerName},`,
    sentence,
    [
      `Order ${order.number}`,
      ...lines,
      ...sums.map(({ name, amount }) => `${name}: ${amount}`),
      `Total: ${total}`,
      ...(refunded === undefined ? [] : [refunded]),
    ].join('\n'),
    `Your order: ${order.link}`,
  ].join('\n\n');
  const goods = order.lines.map(({ quantity, title, lineTotal }) => ({
    name: html`${quantity} &times; ${title}`,
    amount: money(lineTotal),
  }));
  const rows = [...goods, ...sums].map(
    ({ name, amount }) => html`<tr>
      <td style="padding:6px 0">${name}</td>
      <td style="padding:6px 0;text-align:right">${amount}</td>
    </tr>`,
  );
  const page = await pageOf(
    subject(order.number),
    html`<p>Hello ${order.customerName},</p>
      <p>${sentence}</p>
      <table style="width:100%;border-collapse:collapse">
        ${rows}
        <tr>
          <td style="padding:10px 0;border-top:1px solid #ddd"><strong>Total</strong></td>
          <td style="padding:10px 0;border-top:1px solid #ddd;text-align:right"><strong>${total}</strong></td>
        </tr>
      </table>
      ${refunded === undefined ? '' : html`<p><strong>${refunded}</strong></p>`}
      <p><a href="${order.link}" style="color:#0b5d4b">See your order</a></p>`,
  );
  return { subject: subject(order.number), text, html: page };
}

export const ACCOUNT_MAILS = ['verify_email', 'reset_password', 'otp', 'known_address'] as const;

interface AccountWords {
  subject: string;
  sentence: string;
  /** What the link is called, where there is one. */
  link?: string;
  end: string;
}

const ACCOUNT_WORDS: Record<(typeof ACCOUNT_MAILS)[number], AccountWords> = {
  verify_email: {
    subject: 'Confirm your mail address',
    sentence:
      'An account was made with this mail address. If it was you, open the link to say so: what you have ordered as a guest is in your account then.',
    link: 'Confirm the address',
    end: 'If you have made no account, do not open the link: whoever made it would see what you have ordered. As long as you do not, nothing of yours comes into that account.',
  },
  reset_password: {
    subject: 'Choose a new password',
    sentence: 'Somebody asked for a new password for your account. The link works once, for an hour.',
    link: 'Choose a new password',
    end: 'If it was not you, leave the link alone: your password stays as it is.',
  },
  otp: {
    subject: 'Your code to log in',
    sentence: 'This is your code to log in. It works once, and soon no more.',
    end: 'If you did not ask for it, somebody typed your address. Give the code to nobody.',
  },
  known_address: {
    subject: 'You have an account already',
    sentence: 'Somebody tried to register with your mail address. You have an account, so none was made.',
    end: 'If it was you, log in, or ask for a new password. If it was not, there is nothing to do.',
  },
};

/** @param secret the link, or the code; empty where the mail carries none */
export async function renderAccountMail(kind: (typeof ACCOUNT_MAILS)[number], secret: string): Promise<MailContent> {
  const { subject, sentence, link, end } = ACCOUNT_WORDS[kind];
  const text = ['Hello,', sentence, ...(secret === '' ? [] : [secret]), end].join('\n\n');
  const code = html`<p style="font-size:28px;letter-spacing:6px"><strong>${secret}</strong></p>`;
  const main = link === undefined ? code : html`<p><a href="${secret}" style="color:#0b5d4b">${link}</a></p>`;
  const body = html`<p>Hello,</p>
      <p>${sentence}</p>
      ${secret === '' ? '' : main}
      <p>${end}</p>`;
  return { subject, text, html: await pageOf(subject, body) };
}

async function pageOf(title: string, body: ReturnType<typeof html>): Promise<string> {
  const page = await html`<!doctype html>
<html lang="en">
  <body style="margin:0;padding:24px;background:#f4f4f1;font-family:system-ui,sans-serif;color:#1c1c1a">
    <div style="max-width:520px;margin:0 auto;padding:28px;background:#fff;border-radius:12px">
      <h1 style="margin:0 0 12px;font-size:20px">${title}</h1>
      ${body}
    </div>
  </body>
</html>`;
  return page.toString();
}
