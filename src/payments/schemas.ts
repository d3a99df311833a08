// What the payments' routes take and give.
import { z } from '@hono/zod-openapi';
import { currency, listOf, money, timestamp, uuid } from '../http/schemas.ts';
import type { PaymentRow } from './store.ts';

export const createIntentBody = z.strictObject({ orderId: uuid });

/** A payment by our id, or by Stripe's of its intent: that one is in the answer of POST /orders. */
export const paymentId = z
  .union([uuid, z.string().regex(/^pi_\w{1,250}$/)])
  .openapi({ type: 'string', description: "Its id, or Stripe's id of its intent", example: 'pi_3Ab' });

export const paymentAnswer = z
  .object({
    id: uuid,
    orderId: uuid,
    attempt: z.int().nullable().openapi({
      description: 'From 1; the newest is the one to pay. Null for money that came otherwise: it goes back',
    }),
    intentId: z.string(),
    clientSecret: z.string().nullable().openapi({ description: "For the order's owner, while it waits for a payment" }),
    status: z.string().openapi({ description: "The PaymentIntent's status in Stripe's own words" }),
    amount: money,
    captured: money,
    refunded: money,
    currency,
    createdAt: timestamp,
  })
  .openapi('Payment');

export const paymentsAnswer = listOf(paymentAnswer);

/** The payment as it goes out. With the client secret one can pay, and read who pays: it is for the owner only. */
export function presentPayment(row: PaymentRow, { isOwner }: { isOwner: boolean }): z.input<typeof paymentAnswer> {
  const { id, orderId, attempt, intentId, amount, captured, refunded, orderStatus } = row;
  const canBePaid = attempt !== null && orderStatus === 'PENDING';
  return {
    id,
    orderId,
    attempt,
    intentId,
    clientSecret: isOwner && canBePaid ? row.clientSecret : null,
    status: row.intentStatus,
    amount,
    captured,
    refunded,
    currency: row.currency,
    createdAt: row.createdAt.toISOString(),
  };
}

export const paymentExample: z.input<typeof paymentAnswer> = {
  id: '01960000-0000-7000-8000-000000000030',
  orderId: '01960000-0000-7000-8000-000000000020',
  attempt: 1,
  intentId: 'pi_3Ab',
  clientSecret: 'pi_3Ab_secret_4Cd',
  status: 'requires_payment_method',
  amount: 4998,
  captured: 0,
  refunded: 0,
  currency: 'usd',
  createdAt: '2026-11-20T12:00:00.000Z',
};
