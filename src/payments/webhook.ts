// Stripe's webhook. An event is acknowledged only after it is stored under its id and its workflow has been signalled (P6);
// whatever goes wrong before that, Stripe sends it again.
import { WorkflowNotFoundError } from '@temporalio/common';
import Stripe from 'stripe';
import { z } from 'zod';
import {
  type LatePaymentInput,
  paymentChanged,
  paymentFailed,
  paymentSucceeded,
  type RefundInput,
  refundChanged,
  TASK_QUEUES,
  WORKFLOW_IDS,
} from '../../workflows/messages.ts';
import type { AppDeps } from '../http/deps.ts';
import { problem } from '../http/problem.ts';
import { uuid } from '../http/schemas.ts';
import { findRefund } from './refund-store.ts';
import { type EventOutcome, INTENT_EVENTS, type IntentEvent, REFUND_EVENTS } from './rules.ts';
import { findOrderStatus, markEventHandled, saveEvent } from './store.ts';

/** How old a signature may be, in seconds: Stripe's own default. https://docs.stripe.com/webhooks#replay-attacks */
const SIGNATURE_TOLERANCE = 300;
/** Stripe waits about 20 s for the answer; Temporal must have taken what there is to tell well before. */
const TELL_WITHIN_MS = 8_000;

const SUCCEEDED = 'payment_intent.succeeded';
/** What the events of an intent tell its order's checkout. All events that are not told to anybody are stored and acknowledged. */
const INTENT_NEWS: Record<IntentEvent, typeof paymentSucceeded> = {
  [SUCCEEDED]: paymentSucceeded,
  'payment_intent.payment_failed': paymentFailed,
  'payment_intent.canceled': paymentFailed,
  'payment_intent.processing': paymentChanged,
  'payment_intent.requires_action': paymentChanged,
};
const FAILED_REFUND = 'refund.failed';
const REFUND_NEWS: ReadonlySet<string> = new Set(REFUND_EVENTS);

/** Ids and types of Stripe's are short and visible; a text that PostgreSQL cannot keep is none of them. */
const word = z.string().regex(/^[\x21-\x7e]{1,255}$/);
/** What every event has; a signed body without it is not one. */
const eventShape = z.looseObject({ id: word, type: word, data: z.looseObject({ object: z.looseObject({}) }) });
/**
 * What JSON can write and PostgreSQL's jsonb cannot keep: NUL, and halves of surrogate pairs, where they are escaped
 * characters and not text that looks like them. https://www.postgresql.org/docs/current/datatype-json.html
 */
const UNSTORABLE = /(?<=(?:^|[^\\])(?:\\\\)*)\\u(0000|d[89a-f][0-9a-f]{2})/g;

/**
 * The event that Stripe signed. Several secrets may be valid at once, so that they can be rotated.
 * @throws invalid_signature, or malformed_json for a signed body that is no event
 */
export function verifyEvent({ config, stripe }: AppDeps, body: string, signature: string | undefined): Stripe.Event {
  for (const secret of config.STRIPE_WEBHOOK_SECRET) {
    try {
      const event = stripe.webhooks.constructEvent(body, signature ?? '', secret, SIGNATURE_TOLERANCE);
      if (!eventShape.safeParse(event).success) throw new TypeError('a signed body that is no event');
      return event;
    } catch (error) {
      const unsigned = error instanceof Stripe.errors.StripeSignatureVerificationError;
      if (!unsigned) throw problem('malformed_json', {}, error);
    }
  }
  throw problem('invalid_signature');
}

/** Keeps the event and hands it to its workflow, once, however often it comes. @throws when either could not be done */
export async function handleEvent(deps: AppDeps, event: Stripe.Event): Promise<void> {
  const { id: eventId, type } = event;
  const [objectId, orderId] = [objectIdOf(event), namedIn(event, 'orderId')];
  const kept = { id: eventId, type, objectId, orderId, payload: storable(event) };
  if (!(await saveEvent(deps.db, kept, deps.clock()))) return;
  const outcome = REFUND_NEWS.has(type) ? await tellRefund(deps, event) : await tellOrder(deps, event, orderId);
  await markEventHandled(deps.db, eventId, outcome, deps.clock());
  const what = { eventId, type, orderId, outcome };
  if (outcome === 'order_unknown' && type === SUCCEEDED) {
    deps.logger.error(
      { ...what, intentId: objectId },
      'a payment has come that belongs to no order: a person must look',
    );
  } else deps.logger.info(what, 'stripe event');
}

/** The event as JSON that PostgreSQL keeps: what it cannot keep stays readable as the escape that it was. */
function storable(event: Stripe.Event): string {
  return JSON.stringify(event).replaceAll(UNSTORABLE, String.raw`\\u$1`);
}

function objectIdOf({ data }: Stripe.Event): string | null {
  const id = 'id' in data.object ? word.safeParse(data.object.id) : undefined;
  return id?.success === true ? id.data : null;
}

/** The id of ours that the event's object carries in its metadata, when it carries one. */
function namedIn({ data }: Stripe.Event, name: 'orderId' | 'refundId'): string | null {
  const metadata = 'metadata' in data.object ? data.object.metadata : null;
  const parsed = uuid.safeParse(metadata?.[name]);
  return parsed.success ? parsed.data : null;
}

async function tellOrder(deps: AppDeps, event: Stripe.Event, orderId: string | null): Promise<EventOutcome> {
  const news = INTENT_EVENTS.find((type) => type === event.type);
  const intentId = objectIdOf(event);
  if (news === undefined) return 'ignored';
  if (orderId === null || intentId === null) return 'order_unknown';
  const { workflow } = deps.temporal.client;
  const told = await tell(deps, () =>
    workflow.getHandle(WORKFLOW_IDS.checkout(orderId)).signal(INTENT_NEWS[news], { intentId, eventId: event.id }),
  );
  if (told) return 'signalled';
  if ((await findOrderStatus(deps.db, orderId)) === undefined) return 'order_unknown';
  if (event.type !== SUCCEEDED) return 'order_ended';
  await takeLatePayment(deps, { orderId, intentId });
  return 'late_payment';
}

/** What has been decided about this money already, the workflow finds in the database, as often as it is started. */
async function takeLatePayment(deps: AppDeps, input: LatePaymentInput): Promise<void> {
  const { workflow } = deps.temporal.client;
  await tell(deps, () =>
    workflow.start<(input: LatePaymentInput) => Promise<unknown>>('latePayment', {
      workflowId: WORKFLOW_IDS.latePayment(input.intentId),
      taskQueue: TASK_QUEUES.orders,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `Money that came for order ${input.orderId} after its end`,
    }),
  );
}

/** A refund that was not made by us is ignored; one that has come to its end is looked at again when Stripe says it failed. */
async function tellRefund(deps: AppDeps, event: Stripe.Event): Promise<EventOutcome> {
  const refundId = namedIn(event, 'refundId');
  const refund = refundId === null ? undefined : await findRefund(deps.db, refundId);
  if (refund === undefined) return 'ignored';
  const input: RefundInput = { refundId: refund.id };
  const workflowId = WORKFLOW_IDS.refund(refund.id);
  const { workflow } = deps.temporal.client;
  if (await tell(deps, () => workflow.getHandle(workflowId).signal(refundChanged))) return 'signalled';
  if (refund.status !== 'PENDING' && event.type !== FAILED_REFUND) return 'order_ended';
  await tell(deps, () =>
    workflow.signalWithStart<(input: RefundInput) => Promise<unknown>>('refund', {
      workflowId,
      taskQueue: TASK_QUEUES.orders,
      args: [input],
      signal: refundChanged,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `Refund of order ${refund.orderId}`,
    }),
  );
  return 'signalled';
}

/** Tells a workflow, within the time there is. @returns false when there is none that runs */
async function tell({ temporal }: AppDeps, call: () => Promise<unknown>): Promise<boolean> {
  try {
    await temporal.client.withDeadline(Date.now() + TELL_WITHIN_MS, call);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
