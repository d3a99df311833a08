// What the simulator and the inbox hold, brought into the auditor's tables. Their lists come whole.
import type { ClientBase } from 'pg';
import { at, moment, number, text, uuid } from './fields.ts';
import { listAt, type Places } from './places.ts';
import { addRows } from './seen.ts';

/** The intents with the orders that they name, the refunds, and which events the shop has acknowledged. */
export async function loadStripe(db: ClientBase, { stripe }: Places): Promise<void> {
  await addRows(db, 'intents', await listAt(`${stripe}/_sim/payment_intents`, intentRow));
  await addRows(db, 'stripe_refunds', await listAt(`${stripe}/_sim/refunds`, refundRow));
  await addRows(db, 'events', await listAt(`${stripe}/_sim/events`, eventRow));
}

function intentRow(intent: unknown): object {
  return {
    id: text(at(intent, 'id')),
    order_id: uuid(at(intent, 'metadata', 'orderId')),
    status: text(at(intent, 'status')),
    amount: number(at(intent, 'amount')),
    received: number(at(intent, 'amount_received')),
    currency: text(at(intent, 'currency')),
    created: moment(at(intent, 'created')),
  };
}

function refundRow(refund: unknown): object {
  return {
    id: text(at(refund, 'id')),
    intent_id: text(at(refund, 'payment_intent')),
    refund_id: uuid(at(refund, 'metadata', 'refundId')),
    status: text(at(refund, 'status')),
    amount: number(at(refund, 'amount')),
    currency: text(at(refund, 'currency')),
  };
}

function eventRow(event: unknown): object {
  return {
    id: text(at(event, 'id')),
    type: text(at(event, 'type')),
    object_id: text(at(event, 'object')),
    order_id: uuid(at(event, 'orderId')),
    created: moment(at(event, 'created')),
    acknowledged_at: text(at(event, 'acknowledged', '0')),
    pending: number(at(event, 'pending')),
  };
}

/** The mails that came, each with the part of its Message-ID that says which mail it is: `<fact>.<order>[.<reference>]`. */
export async function loadInbox(db: ClientBase, { inbox }: Places): Promise<void> {
  await addRows(db, 'places', [{ has_inbox: inbox !== null }]);
  if (inbox === null) return;
  await addRows(db, 'inbox', await listAt(`${inbox}/messages`, mailRow));
}

function mailRow(mail: unknown): object {
  const messageId = text(at(mail, 'messageId')) ?? '';
  return {
    id: text(at(mail, 'id')),
    key: /^<(.+)@[^@]*>$/.exec(messageId)?.[1] ?? messageId,
    message_id: messageId,
    recipient: text(at(mail, 'to')),
    subject: text(at(mail, 'subject')),
    at: text(at(mail, 'at')),
  };
}
