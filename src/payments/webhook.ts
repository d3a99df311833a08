// Stripe's webhook. An event is acknowledged only after it is stored under its id and its workflow has been signalled (P6);
// whatever goes wrong before that, Stripe sends it again.
import { WorkflowNotFoundError } from '@temporalio/common';
import Stripe from 'stripe';
import { z } from 'zod';
import { paymentFailed, paymentSucceeded, WORKFLOW_IDS } from '../../workflows/messages.ts';
import type { AppDeps } from '../http/deps.ts';
import { problem } from '../http/problem.ts';
import { uuid } from '../http/schemas.ts';
import type { EventOutcome } from './rules.ts';
import { markEventHandled, saveEvent } from './store.ts';

/** How old a signature may be, in seconds: Stripe's own default. https://docs.stripe.com/webhooks#replay-attacks */
const SIGNATURE_TOLERANCE = 300;
/** Stripe waits about 20 s for the answer; Temporal must take the signal well before. */
const SIGNAL_WITHIN_MS = 8_000;

/** The events that move an order, and what they tell its workflow. All others are stored and acknowledged. */
const SIGNALS = new Map<string, typeof paymentSucceeded>([
  ['payment_intent.succeeded', paymentSucceeded],
  ['payment_intent.payment_failed', paymentFailed],
]);

/** What every event has; a signed body without it is not one. */
const eventShape = z.looseObject({
  id: z.string(),
  type: z.string(),
  data: z.looseObject({ object: z.looseObject({}) }),
});

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
  const orderId = orderOf(event);
  const kept = { id: event.id, type: event.type, objectId: objectIdOf(event), orderId, payload: JSON.stringify(event) };
  if (!(await saveEvent(deps.db, kept, deps.clock()))) return;
  const outcome = await signal(deps, event, orderId);
  await markEventHandled(deps.db, event.id, outcome, deps.clock());
  deps.logger.info({ eventId: event.id, type: event.type, orderId, outcome }, 'stripe event');
}

function objectIdOf({ data }: Stripe.Event): string | null {
  return 'id' in data.object && typeof data.object.id === 'string' ? data.object.id : null;
}

/** The order that the event's object names in its metadata, when it names one. */
function orderOf({ data }: Stripe.Event): string | null {
  const metadata = 'metadata' in data.object ? data.object.metadata : null;
  const parsed = uuid.safeParse(metadata?.['orderId']);
  return parsed.success ? parsed.data : null;
}

async function signal({ temporal }: AppDeps, event: Stripe.Event, orderId: string | null): Promise<EventOutcome> {
  const news = SIGNALS.get(event.type);
  if (news === undefined) return 'ignored';
  if (orderId === null) return 'order_unknown';
  const handle = temporal.client.workflow.getHandle(WORKFLOW_IDS.checkout(orderId));
  try {
    await temporal.client.withDeadline(Date.now() + SIGNAL_WITHIN_MS, () =>
      handle.signal(news, { intentId: objectIdOf(event) ?? '', eventId: event.id }),
    );
    return 'signalled';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'order_ended';
    throw error;
  }
}
