// The mailer's watch: it sends what is due, in batches, until its time is over. A mail that was sent but not yet recorded
// when a worker died is sent again under the same Message-ID. Mails of orders and of accounts wait for each other nowhere: a
// code to log in lives for two minutes.
import {
  type AccountMail,
  claimAccountMails,
  type DueAccountMail,
  markAccountMailFailed,
  markAccountMailSent,
  unsealMail,
} from '../src/accounts/mail-store.ts';
import { renderAccountMail, renderMail } from '../src/notifications/rules.ts';
import { claimMails, type DueMail, markMailFailed, markMailSent } from '../src/notifications/store.ts';
import { isGuests } from '../src/orders/customer-store.ts';
import { findOrders, type OrderRow } from '../src/orders/store.ts';
import { findRefund } from '../src/payments/refund-store.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database.ts';
import type { Logger } from '../src/platform/logger.ts';
import type { Mailer } from '../src/platform/mailer.ts';
import { orderToken } from '../src/platform/tokens.ts';
import { type Sight, watchFor } from './watch.ts';

export interface EmailDependencies {
  db: Database;
  mailer: Mailer;
  clock: Clock;
  logger: Logger;
  /** Where links in mails lead, without a slash at the end. */
  publicUrl: string;
  tokenSecrets: readonly string[];
  /** Fires when the worker stops: the watch ends then, and another worker takes the next one. */
  stopping: AbortSignal;
}

/** A mail waits for half a second at most when nothing else is due. One look is an indexed query on an empty index. */
const WATCH = { lastsMs: 10 * 60_000, lookEveryMs: 500, heartbeatEveryMs: 2_000 } as const;
/** What comes in within half a second on a busy day; the next batch begins when the slowest mail of this one is through. */
const BATCH = 25;
/** A mail server that is down is asked after half a minute, and in the end every five minutes, for about a day. Seconds. */
const FIRST_PAUSE = 30;
const LONGEST_PAUSE = 300;
const MAX_ATTEMPTS = 300;

/** A code to log in is tried four times in the two minutes that it lives; never again before a slow try is given up. Seconds. */
const ACCOUNT_PAUSES = { firstPause: 15, longestPause: LONGEST_PAUSE };
/** Where a mail's link leads: pages of the shop's front, which send the token on to the API. */
const PAGES: Partial<Record<AccountMail['kind'], string>> = {
  verify_email: 'verify-email',
  reset_password: 'reset-password',
};
/** Mail servers like to repeat the recipient in what they say. */
const ADDRESS = /\S+@\S+/g;

export function createEmailActivities(deps: EmailDependencies) {
  return {
    async sendDueMails(): Promise<void> {
      const broken = new AbortController();
      const stopping = AbortSignal.any([deps.stopping, broken.signal]);
      const looks = [() => sendOrderMails(deps), () => sendAccountMails(deps)];
      // One that breaks ends the other: the next try of the activity begins both.
      await Promise.all(looks.map((look) => watchFor({ ...WATCH, stopping }, look).finally(() => broken.abort())));
    },
  };
}

async function sendOrderMails(deps: EmailDependencies): Promise<Sight> {
  const claim = {
    limit: BATCH,
    firstPause: FIRST_PAUSE,
    longestPause: LONGEST_PAUSE,
    maxAttempts: MAX_ATTEMPTS,
    now: deps.clock(),
  };
  const mails = await claimMails(deps.db, claim);
  const ids = mails.map(({ orderId }) => orderId);
  const orders = ids.length === 0 ? [] : await findOrders(deps.db, ids);
  const byId = new Map(orders.map((order) => [order.id, order]));
  // The mails of one order go out one after the other, in the order of what they tell of.
  const ofOrders = Map.groupBy(
    mails.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    ({ orderId }) => orderId,
  );
  await Promise.all(
    [...ofOrders].map(async ([orderId, ofOrder]) => {
      for (const mail of ofOrder) await send(deps, mail, byId.get(orderId));
    }),
  );
  return mails.length < BATCH ? 'nothing' : 'more';
}

async function sendAccountMails(deps: EmailDependencies): Promise<Sight> {
  const mails = await claimAccountMails(deps.db, { limit: BATCH, ...ACCOUNT_PAUSES, now: deps.clock() });
  await Promise.all(mails.map((mail) => sendAccountMail(deps, mail)));
  return mails.length < BATCH ? 'nothing' : 'more';
}

/** Whatever fails stays with this mail: it is tried again until it expires. */
async function sendAccountMail(deps: EmailDependencies, due: DueAccountMail): Promise<void> {
  try {
    const { kind, to, secret } = unsealMail(deps.tokenSecrets, due);
    const page = PAGES[kind];
    const link = `${deps.publicUrl}/${page}?token=${secret}`;
    const content = await renderAccountMail(kind, page === undefined ? secret : link);
    const host = new URL(deps.publicUrl).hostname;
    await deps.mailer.send({ ...content, to, messageId: `<account.${due.id}@${host}>` });
  } catch (error) {
    const told = reasonOf(error).replaceAll(ADDRESS, '[address]');
    deps.logger.warn({ mailId: due.id, attempts: due.attempts, reason: told }, 'a mail about an account was not sent');
    await markAccountMailFailed(deps.db, due.id, told);
    return;
  }
  await markAccountMailSent(deps.db, due.id, deps.clock());
}

/** Opens the order for a guest. A customer logs in: whose mail box it is, an account's address need not prove; who has gone cannot. */
function linkOf({ publicUrl, tokenSecrets }: EmailDependencies, order: OrderRow): string {
  const { id } = order;
  const link = `${publicUrl}/api/v1/orders/${id}`;
  return isGuests(order) ? `${link}?orderToken=${orderToken(tokenSecrets, id)}` : link;
}

async function send(deps: EmailDependencies, mail: DueMail, order: OrderRow | undefined): Promise<void> {
  if (order === undefined) throw new Error(`a mail without its order: ${mail.id}`);
  const refund = mail.fact === 'refunded' ? await findRefund(deps.db, mail.reference) : undefined;
  const content = await renderMail(mail.fact, {
    ...order,
    customerName: order.shippingAddress.name,
    lines: order.items,
    ...(refund && { refund }),
    link: linkOf(deps, order),
  });
  try {
    await deps.mailer.send({
      ...content,
      to: order.email,
      messageId: messageId(mail, new URL(deps.publicUrl).hostname),
    });
  } catch (error) {
    const reason = reasonOf(error);
    deps.logger.warn({ orderId: order.id, fact: mail.fact, attempts: mail.attempts, reason }, 'a mail was not sent');
    await markMailFailed(deps.db, mail.id, reason);
    return;
  }
  await markMailSent(deps.db, mail.id, deps.clock());
}

/** The same for every try of a mail, and for no other mail. */
function messageId({ fact, orderId, reference }: DueMail, host: string): string {
  return `<${[fact, orderId, reference].filter((part) => part !== '').join('.')}@${host}>`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
