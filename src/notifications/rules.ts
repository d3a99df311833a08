// The mails that an order's customer gets, one per fact: pure functions from the order to what is read.
import { html } from 'hono/html';
import { formatMoney } from '../pricing/rules.ts';

export type MailFact = 'placed' | 'paid' | 'confirmed' | 'expired' | 'cancelled' | 'refunded';

/** What a mail needs to know. Amounts in minor units; `link` opens the order. */
export interface MailOrder {
  number: string;
  customerName: string;
  currency: string;
  lines: readonly { title: string; quantity: number; lineTotal: number }[];
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

/** @param locale BCP 47, for the amounts */
export async function renderMail(fact: MailFact, order: MailOrder, locale = 'en-US'): Promise<MailContent> {
  const { subject, sentence } = FACTS[fact];
  const money = (amount: number, currency = order.currency) => formatMoney(amount, currency, locale);
  const refunded = order.refund && `Refunded: ${money(order.refund.amount, order.refund.currency)}`;
  const lines = order.lines.map((line) => `${line.quantity} x ${line.title}: ${money(line.lineTotal)}`);
  const text = [
    `Hello ${order.customerName},`,
    sentence,
    [
      `Order ${order.number}`,
      ...lines,
      `Total: ${money(order.total)}`,
      ...(refunded === undefined ? [] : [refunded]),
    ].join('\n'),
    `Your order: ${order.link}`,
  ].join('\n\n');
  const rows = order.lines.map(
    (line) => html`<tr>
      <td style="padding:6px 0">${line.quantity} &times; ${line.title}</td>
      <td style="padding:6px 0;text-align:right">${money(line.lineTotal)}</td>
    </tr>`,
  );
  const page = await html`<!doctype html>
<html lang="en">
  <body style="margin:0;padding:24px;background:#f4f4f1;font-family:system-ui,sans-serif;color:#1c1c1a">
    <div style="max-width:520px;margin:0 auto;padding:28px;background:#fff;border-radius:12px">
      <h1 style="margin:0 0 12px;font-size:20px">${subject(order.number)}</h1>
      <p>Hello ${order.customerName},</p>
      <p>${sentence}</p>
      <table style="width:100%;border-collapse:collapse">
        ${rows}
        <tr>
          <td style="padding:10px 0;border-top:1px solid #ddd"><strong>Total</strong></td>
          <td style="padding:10px 0;border-top:1px solid #ddd;text-align:right"><strong>${money(order.total)}</strong></td>
        </tr>
      </table>
      ${refunded === undefined ? '' : html`<p><strong>${refunded}</strong></p>`}
      <p><a href="${order.link}" style="color:#0b5d4b">See your order</a></p>
    </div>
  </body>
</html>`;
  return { subject: subject(order.number), text, html: page.toString() };
}
