// What a customer reads: the amounts of a mail add up, and text that a person typed is text.
import { expect, test } from '@jest/globals';
import { type MailOrder, renderMail } from '../../src/notifications/rules.ts';

const ORDER: MailOrder = {
  number: 'PD-100001',
  customerName: 'Ada Lovelace',
  currency: 'usd',
  lines: [
    { title: 'White T-shirt, M', quantity: 2, lineTotal: 4_998 },
    { title: 'Mug', quantity: 1, lineTotal: 1_800 },
  ],
  subtotal: 6_798,
  discount: 680,
  couponCode: 'WELCOME10',
  shipping: 1_499,
  tax: 612,
  total: 8_229,
  link: 'https://shop.example.com/orders/1',
};

/** The block of the text that names amounts. */
async function amounts(order: MailOrder): Promise<string[]> {
  const { text } = await renderMail('paid', order);
  return (text.split('\n\n')[2] ?? '').split('\n').slice(1);
}

test('a mail names everything that its total is made of', async () => {
  expect(await amounts(ORDER)).toEqual([
    '2 x White T-shirt, M: $49.98',
    '1 x Mug: $18.00',
    'Discount (WELCOME10): -$6.80',
    'Shipping: $14.99',
    'Tax: $6.12',
    'Total: $82.29',
  ]);
  const { html } = await renderMail('paid', ORDER);
  for (const amount of ['$49.98', '$18.00', '-$6.80', '$14.99', '$6.12', '$82.29']) expect(html).toContain(amount);
});

test('what is not there is not named, and tax that is in the prices is not added', async () => {
  const plain = { ...ORDER, discount: 0, couponCode: null, shipping: 0, tax: 0, total: 6_798 };
  expect((await amounts(plain)).slice(2)).toEqual(['Total: $67.98']);
  expect((await amounts({ ...plain, tax: 1_085 })).slice(2)).toEqual(['Total: $67.98 (with $10.85 tax in it)']);
});

test('an order without anything to pay is not told of a payment', async () => {
  const free = { ...ORDER, discount: 6_798, couponCode: 'FREE100', shipping: 0, tax: 0, total: 0 };
  const { text } = await renderMail('paid', free);
  expect(text).not.toContain('payment');
  expect(text).toContain('Total: $0.00');
});

test('a refund tells its own amount in its own currency', async () => {
  const { text } = await renderMail('refunded', { ...ORDER, refund: { amount: 5_000, currency: 'jpy' } });
  expect(text).toContain('Refunded: ¥5,000');
});

test('what a person typed is no markup', async () => {
  const { html } = await renderMail('paid', { ...ORDER, customerName: '<b>Ada</b>' });
  expect(html).not.toContain('<b>Ada</b>');
  expect(html).toContain('&lt;b&gt;Ada&lt;/b&gt;');
});

test('each fact has a subject of its own that names the order', async () => {
  const facts = ['placed', 'paid', 'confirmed', 'expired', 'cancelled', 'refunded'] as const;
  const subjects = await Promise.all(facts.map(async (fact) => (await renderMail(fact, ORDER)).subject));
  expect(new Set(subjects).size).toBe(facts.length);
  for (const subject of subjects) expect(subject).toContain(ORDER.number);
});
