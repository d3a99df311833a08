// Ways to break P6, P7, P8, P10 and the mails.
import { randomUUID } from 'node:crypto';
import type { Sight } from '../../../bench/audit/witness.ts';
import type { Case } from './case.ts';
import type { Row } from './glass.ts';

const EVENT = `id = (SELECT id FROM stripe_events WHERE order_id = :paid AND type = 'payment_intent.succeeded')`;

export const P6_CASES: Case[] = [
  { check: 'p6_event_lost', sql: `DELETE FROM stripe_events WHERE ${EVENT}` },
  { check: 'p6_event_not_handled', sql: `UPDATE stripe_events SET handled_at = NULL WHERE ${EVENT}` },
  { check: 'p6_event_altered', sql: `UPDATE stripe_events SET object_id = 'pi_other' WHERE ${EVENT}` },
  {
    check: 'p6_event_without_effect',
    sql: `INSERT INTO stripe_events SELECT 'evt_more', 'payment_intent.succeeded', 'pi_more', order_id, payload, outcome,
      received_at, handled_at FROM stripe_events WHERE ${EVENT}`,
    stripe: ({ orders }) => ({
      '/_sim/events': (rows) => {
        const like = rows.find(({ orderId, type }) => orderId === orders.paid && type === 'payment_intent.succeeded');
        return rows.concat({ ...like, id: 'evt_more', object: 'pi_more' });
      },
    }),
  },
];

/** One more use of a coupon, by the customer of the waiting order. */
const USE = (code: string, order: string) => `INSERT INTO coupon_redemptions
    SELECT ${order}, coupons.id, upper(customer), 'COMMITTED', expires_at, coupon_redemptions.created_at, now()
    FROM coupon_redemptions, coupons WHERE order_id = :waiting AND code = '${code}';
  UPDATE coupons SET used = used + 1 WHERE code = '${code}'`;

export const P7_CASES: Case[] = [
  {
    check: 'p7_over_total',
    sql: `ALTER TABLE coupons DROP CONSTRAINT coupons_never_over_limit; ${USE('ONLYONE', ':confirmed')}`,
  },
  { check: 'p7_over_customer', sql: USE('WELCOME10', ':confirmed') },
  { check: 'p7_used_differs', sql: `UPDATE coupons SET used = used + 1 WHERE code = 'WELCOME10'` },
  { check: 'p7_use_kept', sql: USE('FREE100', ':cancelled') },
  {
    check: 'p7_use_missing',
    sql: `UPDATE coupon_redemptions SET status = 'RELEASED' WHERE order_id = :paid;
      UPDATE coupons SET used = used - 1 WHERE code = 'ONLYONE'`,
  },
];

const AT = { at: '2026-11-21T12:00:00.000Z' };
const ANSWER: Sight = {
  saw: 'answer',
  ...AT,
  method: 'GET',
  route: '/cart',
  status: 500,
  code: null,
  retryAfter: true,
};

export const P8_CASES: Case[] = [
  {
    check: 'p8_foreign_answer',
    sights: () => [401, 403, 404, 503, 200].map((status) => ({ saw: 'foreign', ...AT, route: '/orders/:id', status })),
  },
];

export const P10_CASES: Case[] = [
  { check: 'p10_server_error', sights: () => [{ ...ANSWER, status: 503 }, ANSWER] },
  { check: 'p10_server_error', sights: () => [{ ...ANSWER, status: 503, retryAfter: false }] },
  {
    check: 'p10_order_missing',
    sights: ({ sights }) =>
      sights.flatMap((sight) =>
        sight.saw === 'placed' ? [{ ...sight, cart: randomUUID(), idempotencyKey: 'k', orderId: randomUUID() }] : [],
      ),
  },
  {
    check: 'p10_status_taken_back',
    sights: ({ orders }) => [
      { saw: 'read', ...AT, orderId: orders.waiting, status: 'PAID', paymentStatus: 'PAID' },
      { saw: 'read', ...AT, orderId: orders.paid, status: 'PENDING', paymentStatus: 'PENDING' },
    ],
  },
  {
    check: 'p10_payment_missing',
    sights: ({ orders }) => [{ saw: 'paid', ...AT, orderId: orders.paid, intentId: 'pi_forgotten' }],
  },
];

const PAID_MAIL = `order_id = :paid AND fact = 'paid'`;

/** The mail that says that this order is paid. */
function isPaidMail(orderId: string): (mail: Row) => boolean {
  return ({ messageId }) => String(messageId).startsWith(`<paid.${orderId}@`);
}

export const MAIL_CASES: Case[] = [
  { check: 'mails_missing', sql: `DELETE FROM mails WHERE ${PAID_MAIL}` },
  {
    check: 'mails_undue',
    sql: `INSERT INTO mails (id, order_id, fact, due_at, created_at) VALUES (gen_random_uuid(), :paid, 'expired', now(), now())`,
  },
  {
    check: 'mails_unsent',
    sql: `UPDATE mails SET sent_at = NULL, due_at = now() - interval '1 hour' WHERE ${PAID_MAIL}`,
  },
  {
    check: 'mails_not_received',
    inbox: ({ orders }) => ({ '/messages': (mails) => mails.filter((mail) => !isPaidMail(orders.paid)(mail)) }),
  },
  {
    check: 'mails_repeated',
    inbox: ({ orders }) => ({
      '/messages': (mails) =>
        mails.concat({ ...mails.find(isPaidMail(orders.paid)), messageId: `<paid.${orders.paid}@elsewhere>` }),
    }),
  },
  {
    check: 'mails_repeated',
    inbox: ({ orders }) => ({
      '/messages': (mails) => mails.concat({ ...mails.find(isPaidMail(orders.paid)), messageId: '<another@shop>' }),
    }),
  },
  {
    check: 'mails_to_another',
    inbox: ({ orders }) => ({
      '/messages': (mails) =>
        mails.map((mail) => (isPaidMail(orders.paid)(mail) ? { ...mail, to: 'eve@example.com' } : mail)),
    }),
  },
];
